"""Detects the encoding of text and decodes it."""

from __future__ import annotations

import codecs
import re
import string
from functools import cache

from charset_normalizer import from_bytes

from documents.errors import UnsupportedDocument

# The UTF-32 little-endian mark begins with that of UTF-16, so it is checked first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x19\x1c-\x1f]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_PLAIN = frozenset(string.printable)
_CHINESE = ("gb18030", "big5hkscs")
_SAMPLE = 20_000
LIKELY = 0.6
_DAMAGE = 0.005
# Text in UTF-16 has at least this share of common characters; other bytes have fewer.
_SURELY = 0.9
# Fewer bytes can look like UTF-16 by chance.
_ENOUGH = 16


class NotText(Exception):
    """The bytes are not text in any supported encoding."""


def decode(data: bytes, *, cut: bool = False) -> str:
    """Decode `data`. With `cut` it may end in the middle of a character.

    A byte order mark decides. Without one, UTF-16 and HZ are recognised by their bytes; then strict
    UTF-8 is tried, then GB18030 or Big5, whichever gives more common characters, then other
    encodings. Raises `NotText`.
    """
    text = _decode(data, cut=cut)
    sample = text[:_SAMPLE]
    controls = _CONTROLS.findall(sample)
    if "\x00" in text or len(controls) > len(sample) / 100:
        raise NotText
    return text


def read_text(data: bytes) -> str:
    """Decode a whole file. Raises `UnsupportedDocument`."""
    try:
        return decode(data)
    except NotText as error:
        raise UnsupportedDocument(
            "The file begins like text but is not text in a supported encoding. Save it as UTF-8."
        ) from error


def decode_as(data: bytes, encoding: str) -> str | None:
    """Decode `data` strictly; None if it is not in the named encoding or the name is unknown."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return None
    # Pages that declare GB2312 use characters of its successors.
    return strict(data, "gb18030" if name in {"gb2312", "gbk"} else name)


def strict(data: bytes, encoding: str, *, cut: bool = False) -> str | None:
    try:
        if not cut:
            return data.decode(encoding)
        return codecs.getincrementaldecoder(encoding)().decode(data)
    except (UnicodeDecodeError, LookupError):
        return None


def _decode(data: bytes, *, cut: bool) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = strict(data[len(mark) :], encoding, cut=cut)
            if text is None:
                raise NotText
            return text
    if b"\x00" in data:
        text = _wide(data, cut=cut)
        if text is None:
            raise NotText
        return text
    text = _escaped(data, cut=cut) or strict(data, "utf-8", cut=cut)
    return _chinese(data, cut=cut) if text is None else text


def _wide(data: bytes, *, cut: bool) -> str | None:
    """Decode UTF-16 without a mark; None if it is not likely to be UTF-16."""
    for encoding in ("utf-16-le", "utf-16-be"):
        sample = strict(data[: 2 * _SAMPLE], encoding, cut=cut or len(data) > 2 * _SAMPLE)
        if sample and max(_plainness(sample, common) for common in _CHINESE) >= _SURELY:
            text = strict(data, encoding, cut=cut)
            if text is not None:
                return text
    return None


def _plainness(text: str, encoding: str) -> float:
    """The share of characters that are printable ASCII or common in the encoding."""
    common = _common(encoding)
    return sum(char in common or char in _PLAIN for char in text) / len(text)


def _escaped(data: bytes, *, cut: bool) -> str | None:
    """HZ (RFC 1843): Chinese characters in ASCII, between ~{ and ~}."""
    if b"~{" not in data or not data.isascii():
        return None
    text = strict(data, "hz", cut=cut)
    foreign = len(_NOT_ASCII.findall(text)) if text else 0
    return text if text and foreign > 1 and commonness(text, "gb18030") >= LIKELY else None


def _chinese(data: bytes, *, cut: bool) -> str:
    weighed = [
        (commonness(text, encoding), text)
        for encoding in _CHINESE
        if (text := strict(data, encoding, cut=cut)) is not None
    ]
    # GB18030 comes first: it is the national standard.
    best = max(weighed, key=lambda pair: pair[0], default=None)
    if best is not None and best[0] >= LIKELY:
        return best[1]
    wide = _wide(data, cut=cut) if len(data) >= _ENOUGH else None
    likely = wide or _damaged(data)
    if likely is not None:
        return likely
    if best is not None and not _mostly_ascii(data):
        return best[1]
    western = strict(data, "cp1252", cut=cut) if _mostly_ascii(data) else None
    if western is not None:
        return western
    guess = from_bytes(data[:_SAMPLE]).best()
    if guess is not None:
        return data.decode(guess.encoding, errors="replace")
    if best is not None:
        return best[1]
    raise NotText


def _damaged(data: bytes) -> str | None:
    """Decode text with a few damaged characters, shown as U+FFFD; else None."""
    for encoding in ("utf-8", "gb18030", "big5hkscs"):
        text = data.decode(encoding, errors="replace")
        words = len(_NOT_ASCII.findall(text)) - text.count("\ufffd")
        allowed = max(1, words * _DAMAGE)
        if words < 10 or text.count("\ufffd") > allowed:
            continue
        if encoding == "utf-8" or commonness(text, encoding) >= LIKELY:
            return text
    return None


def _mostly_ascii(data: bytes) -> bool:
    sample = data[:_SAMPLE]
    return sum(byte > 0x7F for byte in sample) < len(sample) * 0.15


def commonness(text: str, encoding: str) -> float:
    """The share of non-ASCII characters that are common in the encoding."""
    foreign = _NOT_ASCII.findall(text[:_SAMPLE])
    common = _common(encoding)
    return sum(char in common for char in foreign) / len(foreign) if foreign else 1.0


@cache
def _common(encoding: str) -> frozenset[str]:
    """The punctuation and level-1 characters, which both standards arrange by frequency."""
    leads = [*range(0xA1, 0xA4)]
    leads += range(0xB0, 0xD8) if encoding == "gb18030" else range(0xA4, 0xC7)
    trails = [*range(0xA1, 0xFF)]
    trails += [] if encoding == "gb18030" else range(0x40, 0x7F)
    pairs = (bytes((lead, trail)) for lead in leads for trail in trails)
    return frozenset("".join(pair.decode(encoding, errors="ignore") for pair in pairs))
