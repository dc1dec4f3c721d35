"""Signatures in e-mails: their bytes are searched as they are, and are no data of unknown form."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Sequence

from documents.inventory.encodings import binary_text
from documents.inventory.entry import Entry, EntryKind

# RFC 6376, RFC 8617, RFC 4870, and what services call their own.
_TAGGED = re.compile(
    r"(?:x-[a-z0-9-]{0,60})?(?:dkim|domainkey)-signature|arc-(?:seal|message-signature)"
    r"|x-[a-z0-9-]{1,60}-(?:signature|sig)",
    re.IGNORECASE,
)
# Encrypted notes that the servers of Google and Microsoft write for themselves.
_TOKENS = re.compile(
    r"x-gm-message-state|x-microsoft-antispam-message-info"
    r"|x-ms-exchange-antispam-messagedata(?:-original)?-\d",
    re.IGNORECASE,
)
_BYTES = frozenset(("b", "bh"))
# Eight times the digits of a signature with a key of 4,096 bits.
_DIGITS = re.compile(r"[A-Za-z0-9+/_-]{16,5500}={0,2}")
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


def divided(name: str, value: str) -> tuple[str, Sequence[tuple[str, bytes]]]:
    """Divide a header into text and the bytes of signatures in it, each with the name of its tag.

    White space in the digits of a signature has no meaning (RFC 6376, 3.5). A header that has no
    signature is all text.
    """
    is_tagged, is_token = _TAGGED.fullmatch(name), _TOKENS.fullmatch(name)
    if not (is_tagged or is_token):
        return value, ()
    if data := _bytes(value):
        return "", [("value", data)]
    texts, signatures = [], []
    for piece in value.split(";") if is_tagged else [value]:
        tag, _, digits = piece.partition("=")
        data = _bytes(digits) if tag.strip().lower() in _BYTES else b""
        if data:
            signatures.append((tag.strip(), data))
        else:
            texts.append(piece)
    return ";".join(texts), signatures


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


def _bytes(digits: str) -> bytes:
    digits = "".join(digits.split())
    if _DIGITS.fullmatch(digits) is None:
        return b""
    digits = digits.rstrip("=").replace("+", "-").replace("/", "_")
    return urlsafe_b64decode(digits[: -1 if len(digits) % 4 == 1 else None] + "==")
