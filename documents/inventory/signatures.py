"""Signatures and notes of servers in e-mails, which are bytes of no meaning to anybody else.

What they hold as text is searched; that the rest is not understood is not named.
"""

from __future__ import annotations

import re
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from documents.inventory.encodings import CONTAINER, binary_text
from documents.inventory.entry import Entry, EntryKind

# RFC 6376, RFC 8617, RFC 4870, and what services call their own.
_TAGGED = re.compile(
    r"(?:x-[a-z0-9-]{0,60})?(?:dkim|domainkey)-sign(?:ature)?|arc-(?:seal|message-signature)"
    r"|x-[a-z0-9-]{1,60}-(?:signature|sig)|autocrypt",
    re.IGNORECASE,
)
# Encrypted notes, checksums and lists of features that mail servers and filters write for
# themselves: of Google, Microsoft, Tencent, Coremail and NetEase, Alibaba, Amazon, SendGrid,
# Mailgun, Yahoo, Mimecast, Proofpoint, Cisco, Barracuda, Cloudmark, Sophos.
_NOTES = re.compile(
    r"x-(?:gm|google|microsoft|ms-(?:exchange|office365)|qq|coremail|cm|ntes|aliyun|alimail|ses|sg"
    r"|mailgun|ymail|mimecast|mc|proofpoint|ipas|bess|asg|cmae|sophos)-[a-z0-9-]{1,80}"
    r"|ironport-[a-z0-9-]{1,60}|thread-index",
    re.IGNORECASE,
)
_BYTES = frozenset(("b", "bh", "fh", "keydata"))
# RFC 9580, 4.2 and 5.5.1: the packet of a public key, with a length of either form.
_KEY = re.compile(rb"[\x98-\x9a\xc6]")
_KEY_DATA = "keydata"
# Eight times the digits of a signature with a key of 4,096 bits.
_DIGITS = re.compile(r"[A-Za-z0-9+/_-]{16,5500}={0,2}")
_RUN = re.compile(r"[A-Za-z0-9+/_-]+(?:\s+[A-Za-z0-9+/_-]+)*={0,2}")
_PICTURE = re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF")
_ZLIB = re.compile(rb"[\x08\x18\x28\x38\x48\x58\x68\x78]")
_MOST_INFLATED, _LEAST_STREAM = 1 << 20, 64
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


class ServerBytes(NamedTuple):
    """Bytes in a header: the name of their tag, their digits without white space, and they."""

    tag: str
    digits: str
    data: bytes


def has_server_bytes(name: str) -> bool:
    """Whether a header of this name may have bytes of signatures or of notes of servers."""
    return _NOTES.fullmatch(name) is not None or _TAGGED.fullmatch(name) is not None


def divided(name: str, value: str) -> tuple[str, Sequence[ServerBytes]]:
    """Divide a header into text and the bytes of signatures and of notes of servers in it.

    White space in the digits has no meaning (RFC 6376, 3.5). A header that has no such bytes is all
    text, and so are bytes in a known form: compressed data, documents and pictures.
    """
    if _NOTES.fullmatch(name):
        return _without_runs(value)
    if not _TAGGED.fullmatch(name):
        return value, ()
    if found := _bytes("value", value):
        return "", [found]
    texts, signatures = [], []
    for piece in value.split(";"):
        tag, _, digits = piece.partition("=")
        tag = tag.strip().lower()
        if tag in _BYTES and (found := _bytes(tag, digits)):
            signatures.append(found)
        else:
            texts.append(piece)
    return ";".join(texts), signatures


def _without_runs(value: str) -> tuple[str, Sequence[ServerBytes]]:
    found: list[ServerBytes] = []

    def taken(match: re.Match[str]) -> str:
        run = _bytes("value", match[0])
        if run is None:
            return match[0]
        found.append(run)
        return ""

    return _RUN.sub(taken, value), found


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


def _bytes(tag: str, written: str) -> ServerBytes | None:
    digits = "".join(written.split())
    if _DIGITS.fullmatch(digits) is None:
        return None
    whole = digits.rstrip("=").replace("+", "-").replace("/", "_")
    data = urlsafe_b64decode(whole[: -1 if len(whole) % 4 == 1 else None] + "==")
    if tag == _KEY_DATA and _KEY.match(data) is None:
        return None
    return None if is_known_form(data) else ServerBytes(tag, digits, data)


def is_known_form(data: bytes) -> bool:
    """Whether the bytes are compressed, or a document or picture is among them."""
    if CONTAINER.search(data) or _PICTURE.search(data):
        return True
    # Few bytes may be a stream without a header by chance.
    streams = [(data, -zlib.MAX_WBITS)] if len(data) >= _LEAST_STREAM else []
    streams += [(data[match.start() :], zlib.MAX_WBITS) for match in _ZLIB.finditer(data)]
    return any(_is_deflated(stream, window) for stream, window in streams)


def _is_deflated(data: bytes, window: int) -> bool:
    """Whether the bytes begin with a whole compressed stream. Random bytes are none by chance."""
    inflater = zlib.decompressobj(window)
    try:
        text = inflater.decompress(data, _MOST_INFLATED)
    except zlib.error:
        return False
    is_whole = inflater.eof and (window > 0 or not inflater.unused_data)
    return bool(inflater.unconsumed_tail) or (is_whole and bool(text))
