"""Signatures in e-mails, which are bytes of no meaning to a reader.

What they hold as text is searched; that the rest is not understood is not named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from documents.inventory.encodings import binary_text
from documents.inventory.entry import Entry, EntryKind

_ARMOUR = ("-----BEGIN PGP SIGNATURE-----", "-----END PGP SIGNATURE-----")
_MOST_ARMOURED = 16_384
# RFC 9580, 4.2: a packet of type 2, with a length of either form.
_PACKET = re.compile(rb"[\x88-\x8a\xc2]")
# RFC 5652, 5.1: `SignedData` whose content is outside, with lengths known or not.
_SIGNED_DATA = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
_DATA = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
_DETACHED = (b"\x30\x0b" + _DATA, b"\x30\x80" + _DATA + b"\x00\x00")
_HEAD = 160
_SMIME = re.compile(r"application/(?:x-)?pkcs7-signature")


def armoured(text: str) -> Sequence[tuple[int, int]]:
    """The spans of signatures of OpenPGP in ASCII (RFC 9580, 6.2)."""
    spans = []
    at = text.find(_ARMOUR[0])
    while at >= 0:
        end = text.find(_ARMOUR[1], at, at + _MOST_ARMOURED)
        if end >= 0:
            spans.append((at, end))
        at = text.find(_ARMOUR[0], at + 1)
    return spans


def is_packet(data: bytes) -> bool:
    """Whether the bytes begin as a signature of OpenPGP."""
    return _PACKET.match(data) is not None


def is_smime(media_type: str, data: bytes) -> bool:
    """Whether a part is a signature of S/MIME and does not enclose what it signs."""
    head = data[:_HEAD]
    return (
        _SMIME.fullmatch(media_type) is not None
        and _SIGNED_DATA in head
        and any(content in head for content in _DETACHED)
    )


def signature_entries(where: str, data: bytes) -> Iterator[Entry]:
    """Yield the text in the bytes of a signature, such as the names in certificates."""
    yield Entry(where, binary_text(data), EntryKind.hidden)
