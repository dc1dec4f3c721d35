"""Decodes the headers and text parts of an e-mail."""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.quoprimime import header_decode

from documents.readers.html import declared_encoding
from documents.readers.mail.content import content_of
from documents.readers.text.encoding import Decoding, NotText, decoding, strict

# Programs also decode words with white space in them, which RFC 2047, 2, does not allow.
_ENCODED = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=")
_SPACE_IN_WORD = re.compile(r"(?<==[0-9A-Fa-f]{2})\s++(?==[0-9A-Fa-f]{2})|[\r\n]\s*+")
_MARKUP = re.compile(r"<[^>]*(?:>|$)|&nbsp;|\s")
_PATH = re.compile(r"[\\/]")
_UNKNOWN = "The text has no encoding that is known."


def decoded(value: object) -> str:
    """A header's value on one line, with encoded words (RFC 2047) and raw bytes decoded."""
    # Values with other than ASCII characters are `Header` objects, which hold the bytes.
    text = value if isinstance(value, str) else _joined(value)
    if _ENCODED.search(text):
        text = "".join(_decoded_words(text))
    return " ".join(text.split())


def body_of(part: Message) -> str:
    """The text of `body_decoding`."""
    return body_decoding(part).text


def body_decoding(part: Message) -> Decoding:
    """The decoded text of a text part. Bytes that cannot be decoded are replaced."""
    data = content_of(part)
    if data is None:
        return Decoding("", "ascii")
    declared = part.get_content_charset()
    if declared is None and part.get_content_subtype() == "html":
        declared = declared_encoding(data)
    return _decoding(data, declared)


def name_of(part: Message) -> str:
    """The file name of an attachment without folders; its media type if it has no name."""
    name = _file_name(part)
    if not name:
        inner = part.get_payload(0) if part.is_multipart() else None
        name = decoded(inner.get("Subject", "")) if isinstance(inner, Message) else ""
    return _PATH.split(name)[-1].strip() or part.get_content_type()


def _file_name(part: Message) -> str:
    for header, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        value = part.get_param(parameter, header=header)
        if isinstance(value, tuple):
            # RFC 2231: the encoding, the language, and bytes as characters of Latin-1.
            charset, _, text = value
            return decoded_bytes(text.encode("latin-1", errors="replace"), charset)
        if isinstance(value, str) and value:
            raw = _raw(part, header, parameter) if "\ufffd" in value else value
            return decoded(raw or value)
    return ""


def _raw(part: Message, header: str, parameter: str) -> str:
    """A parameter with bytes that are not ASCII, which the parser replaces."""
    for name, value in part.raw_items():
        match = re.search(rf"{parameter}=\s*\"?([^\";]*)", str(value))
        if name.lower() == header and match:
            return guessed(match[1].encode("utf-8", errors="surrogateescape"))
    return ""


def has_text(part: Message) -> bool:
    """Whether a text part has text other than markup."""
    text = body_of(part)
    return bool(_MARKUP.sub("", text) if part.get_content_subtype() == "html" else text.strip())


def _decoded_words(text: str) -> Iterator[str]:
    """The pieces of a header with encoded words decoded (RFC 2047).

    Words with nothing but space between them are decoded together: a character may be divided. The
    standard library takes time that grows with the square of their number.
    """
    data, charset, at = bytearray(), "", 0
    for word in _ENCODED.finditer(text):
        between, own = text[at : word.start()], word[1].lower()
        content = _content(word[2], word[3])
        is_next = bool(data) and not between.strip() and content is not None
        if data and (own != charset or not is_next):
            yield _decoding(bytes(data), charset).text
            data.clear()
        if not is_next:
            yield between
        if content is None:
            yield word[0]
        data += content or b""
        charset, at = own, word.end()
    if data:
        yield _decoding(bytes(data), charset).text
    yield text[at:]


def _content(form: str, written: str) -> bytes | None:
    """The bytes of an encoded word; None if it is damaged."""
    if form in "qQ":
        together = _SPACE_IN_WORD.sub("", written)
        return header_decode(together).encode("latin-1", errors="replace")
    written = "".join(written.split())
    try:
        return a2b_base64(written + "=" * (-len(written) % 4))
    except ValueError:
        return None


def _joined(value: object) -> str:
    try:
        pieces = decode_header(value)  # type: ignore[arg-type]
    except MessageError:
        return str(value)
    return "".join(
        piece if isinstance(piece, str) else _decoding(piece, charset).text
        for piece, charset in pieces
    )


def decoded_bytes(data: bytes, charset: str | None) -> str:
    """The bytes of a parameter (RFC 2231) on one line."""
    return " ".join(_decoding(data, charset).text.split())


def guessed(data: bytes) -> str:
    """`data` decoded without a declared encoding."""
    return _decoding(data, None).text


def _decoding(data: bytes, declared: str | None) -> Decoding:
    try:
        return decoding(data, declared)
    except NotText:
        if b"\x00" in data:
            # No program shows them; text in which they mean something was recognised before.
            return _decoding(data.replace(b"\x00", b""), declared)
        # Programs show text among control characters too.
        for encoding in ("utf-8", "gb18030"):
            if (text := strict(data, encoding)) is not None:
                return Decoding(text, encoding, _UNKNOWN)
        return Decoding(data.decode("ascii", errors="replace"), "ascii", _UNKNOWN)
