"""Decodes the headers and text parts of an e-mail."""

from __future__ import annotations

import re
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value

from documents.readers.text.encoding import NotText, decode, decode_as

_ENCODED = re.compile(r"(=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=)")
_MARKUP = re.compile(r"<[^>]*(?:>|$)|&nbsp;|\s")
_PATH = re.compile(r"[\\/]")


def decoded(value: object) -> str:
    """A header's value on one line, with encoded words (RFC 2047) and raw bytes decoded."""
    # Values with other than ASCII characters are `Header` objects, which hold the bytes.
    text = value if isinstance(value, str) else _joined(value)
    if _ENCODED.search(text):
        text = _joined(text)
    return " ".join(text.split())


def body_of(part: Message) -> str:
    """The decoded text of a text part. Bytes that cannot be decoded are replaced."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    named = part.get_content_charset()
    return (named and decode_as(data, named)) or guessed(data)


def name_of(part: Message) -> str:
    """The file name of an attachment without folders; its media type if it has no name."""
    name = part.get_filename()
    if name is None:
        inner = part.get_payload(0) if part.is_multipart() else None
        name = inner.get("Subject") if isinstance(inner, Message) else None
    text = decoded(collapse_rfc2231_value(name)) if isinstance(name, str | tuple) else ""
    return _PATH.split(text)[-1].strip() or part.get_content_type()


def has_text(part: Message) -> bool:
    """Whether a text part has text other than markup."""
    text = body_of(part)
    return bool(_MARKUP.sub("", text) if part.get_content_subtype() == "html" else text.strip())


def _joined(value: object) -> str:
    try:
        pieces = decode_header(value)  # type: ignore[arg-type]
    except MessageError:
        return str(value)
    words = ""
    for piece, charset in pieces:
        if isinstance(piece, str):
            words += piece
        elif charset in {None, "unknown-8bit"}:
            words += guessed(piece)
        else:
            words += decode_as(piece, str(charset)) or guessed(piece)
    return words


def guessed(data: bytes) -> str:
    try:
        return decode(data)
    except NotText:
        return data.decode("ascii", errors="replace")
