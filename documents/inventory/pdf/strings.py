"""Texts in the strings, names and bytes of a PDF, outside content streams."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pikepdf

from documents.inventory.pdf.vocabulary import KNOWN_NAMES
from documents.readers.text.plausibility import LIKELY, commonness

_DATE = re.compile(r"D:\d{4,14}(?:[Z+-](?:\d\d)?'?(?:\d\d)?'?)?")
_RESOURCE = re.compile(r"[A-Za-z]{1,3}\d{0,5}")
_NUMBER_AFTER_LETTERS = re.compile(r"[A-Za-z]+(\d.*)", re.DOTALL)
_SUBSET = re.compile(r"[A-Z]{6}\+")
_UTF8_RUN = re.compile(r"[^\x00-\x1f\x7f-\x9f\ufffd]{6,}|[\u3400-\u9fff\U00020000-\U0003ffff]{2,}")
_UTF16 = (b"\xfe\xff", b"\xff\xfe")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_LEAST_DIGITS = 6
_HASH_SIZE = 16


def texts_of_string(data: bytes) -> Iterator[str]:
    """What a string says: as the standard reads it, and as some programs write it.

    That is PDFDocEncoding, UTF-16 or UTF-8 with a mark (ISO 32000-2, 7.9.2.2), and GB18030 and
    UTF-8 without one. Dates are left out.
    """
    text = str(pikepdf.String(data))
    if not text.strip() or _DATE.fullmatch(text):
        return
    yield text
    if data.startswith(_UTF16) or data.isascii():
        return
    for encoding in ("utf-8", "gb18030", "utf-16-be", "utf-16-le"):
        try:
            other = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if other != text and _HAN.search(other):
            yield other


def text_of_name(name: str) -> str:
    """A name without its escapes; empty if it is one of the standard's or a usual short one.

    A name that begins with letters and goes on with a number is followed by the number alone, on a
    line of its own: software puts letters before a value that it uses as a name.
    """
    text = _plain_name(name)
    number = _NUMBER_AFTER_LETTERS.match(text)
    return f"{text}\n{number[1]}" if number else text


def _plain_name(name: str) -> str:
    plain = name.removeprefix("/")
    if plain in KNOWN_NAMES or _RESOURCE.fullmatch(plain):
        return ""
    plain = _SUBSET.sub("", plain)
    data = re.sub(
        rb"#([0-9A-Fa-f]{2})",
        lambda match: bytes([int(match[1], 16)]),
        plain.encode("utf-8", "surrogateescape"),
    )
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def text_of_number(value: object) -> str:
    """The digits of a number that is too long for a measure; empty for others."""
    digits = str(value)
    whole = digits.split(".", maxsplit=1)[0]
    return digits if sum(char.isdigit() for char in whole) > _LEAST_DIGITS else ""


def text_of_bytes(data: bytes) -> str | None:
    """Bytes that are text in UTF-8, UTF-16 or GB18030; None if they are not."""
    if data.startswith(_UTF16):
        return data.decode("utf-16", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if sum(not char.isprintable() and char not in "\r\n\t\f" for char in text) * 100 <= len(
            text
        ):
            return text
    return None


def is_hash(data: bytes) -> bool:
    """Whether the bytes of a string may be a hash and are no text."""
    if len(data) != _HASH_SIZE:
        return False
    text = text_of_bytes(data)
    if text is None:
        return True
    if data.startswith(_UTF16) or is_utf8(data):
        return False
    # Many hashes are characters of GB 18030, but rarely common ones.
    return commonness(text, "gb18030") < LIKELY


def is_utf8(data: bytes) -> bool:
    """Whether bytes are printable text in UTF-8; a hash rarely is."""
    try:
        return data.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


def runs_in(data: bytes) -> str:
    """The runs of six printable or two Chinese characters in binary data.

    In UTF-8; in UTF-16, where any bytes are some Chinese characters, runs of six.
    """
    found = []
    for encoding in ("utf-8", "utf-16-be", "utf-16-le"):
        text = data.decode(encoding, "replace")
        if encoding == "utf-8":
            found += _UTF8_RUN.findall(text)
        else:
            found += re.findall(r"[\x20-\x7e\u3000-\u9fff\uff00-\uffef]{6,}", text)
    return "\n".join(found)
