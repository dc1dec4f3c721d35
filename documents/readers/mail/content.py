"""Decodes the transfer encoding of a part of an e-mail (RFC 2045, 6)."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, a2b_qp
from copy import copy
from email.message import Message

_FIELD = "Content-Transfer-Encoding"
_NAME = re.compile(r"[\w-]+")
_PADDED = re.compile(rb"[^=]+=*")
_NO_DIGITS = re.compile(rb"[^A-Za-z0-9+/]+")
# Programs that carry mail may add white space at the end of a line (RFC 2045, 6.7, rule 3).
_SPACED_BREAK = re.compile(rb"=[ \t]++(?=\r?\n|\Z)")


def transfer_encoding(part: Message) -> str:
    """The transfer encoding in small letters, without comments; empty if none is declared."""
    name = _NAME.search(str(part.get(_FIELD, "")))
    return name[0].lower() if name else ""


def content_of(part: Message) -> bytes | None:
    """The decoded bytes of a part; None if it consists of parts.

    Base64 that goes on after its padding is decoded to its end, as many mail programs do. Base64
    that is damaged is returned as it is written.
    """
    encoding = transfer_encoding(part)
    if encoding == "base64":
        written = _written(part)
        return written if written is None else _from_base64(written)
    if encoding == "quoted-printable":
        written = _written(part)
        return written if written is None else a2b_qp(_SPACED_BREAK.sub(b"=", written))
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else None


def _written(part: Message) -> bytes | None:
    plain = copy(part)
    del plain[_FIELD]
    data = plain.get_payload(decode=True)
    return data if isinstance(data, bytes) else None


def _from_base64(written: bytes) -> bytes:
    data = bytearray()
    for piece in _PADDED.findall(written):
        digits = _NO_DIGITS.sub(b"", piece)
        try:
            data += a2b_base64(digits + b"=" * (-len(digits) % 4))
        except Error:
            return written
    return bytes(data)
