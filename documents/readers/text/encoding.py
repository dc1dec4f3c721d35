"""Which characters the bytes of a text stand for."""

from __future__ import annotations

import codecs
import re
import string
from functools import cache

from charset_normalizer import from_bytes

from documents.errors import UnsupportedDocument

# UTF-32's little-endian mark begins with UTF-16's, so it is looked for first.
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
_LIKELY = 0.6
_DAMAGE = 0.005
# Of text in two bytes a character, so many are common ones; of other bytes, few.
_SURELY = 0.9
# Fewer bytes of Chinese alone could be that by chance.
_ENOUGH = 16


class NotText(Exception):
    """The bytes are no text in any encoding that is read."""


def decode(data: bytes, *, cut: bool = False) -> str:
    """The text of `data`; `cut` says that it may end in the middle of a character.

    A byte order mark is believed; UTF-16 without one and HZ are told by what only they have; then
    strict UTF-8 is tried, then GB18030 is weighed against Big5, then other encodings. Raises
    `NotText`.
    """
    text = _decode(data, cut=cut)
    sample = text[:_SAMPLE]
    controls = _CONTROLS.findall(sample)
    if "\x00" in text or len(controls) > len(sample) / 100:
        raise NotText
    return text


def read_text(data: bytes) -> str:
    """The text of a whole file that was taken for text. Raises `UnsupportedDocument`."""
    try:
        return decode(data)
    except NotText as error:
        raise UnsupportedDocument(
            "The file begins like text but is not text in an encoding that is read. "
            "Save it as UTF-8."
        ) from error


def decode_as(data: bytes, encoding: str) -> str | None:
    """The text of `data` if it is wholly in the named encoding; None for an unknown name too."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return None
    # Pages that say GB2312 use the characters of its successors.
    return strict(data, "gb18030" if name in {"gb2312", "gbk"} else name)


def strict(data: bytes, encoding: str, *, cut: bool = False) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data, not cut)
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
    """UTF-16 without a mark. Zeros in the bytes are of its ASCII; few other bytes make words."""
    for encoding in ("utf-16-le", "utf-16-be"):
        sample = strict(data[: 2 * _SAMPLE], encoding, cut=cut or len(data) > 2 * _SAMPLE)
        if sample and max(_plainness(sample, common) for common in _CHINESE) >= _SURELY:
            text = strict(data, encoding, cut=cut)
            if text is not None:
                return text
    return None


def _plainness(text: str, encoding: str) -> float:
    """The share of its characters that are plain ASCII or common in the encoding."""
    common = _common(encoding)
    return sum(char in common or char in _PLAIN for char in text) / len(text)


def _escaped(data: bytes, *, cut: bool) -> str | None:
    """HZ (RFC 1843): Chinese characters in ASCII, between ~{ and ~}."""
    if b"~{" not in data or not data.isascii():
        return None
    text = strict(data, "hz", cut=cut)
    foreign = len(_NOT_ASCII.findall(text)) if text else 0
    return text if text and foreign > 1 and _commonness(text, "gb18030") >= _LIKELY else None


def _chinese(data: bytes, *, cut: bool) -> str:
    weighed = [
        (_commonness(text, encoding), text)
        for encoding in _CHINESE
        if (text := strict(data, encoding, cut=cut)) is not None
    ]
    # GB18030 wins a draw: it is the encoding that the state prescribes.
    best = max(weighed, key=lambda pair: pair[0], default=None)
    if best is not None and best[0] >= _LIKELY:
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
    """The text where a few of its characters are broken, each shown as U+FFFD."""
    for encoding in ("utf-8", "gb18030", "big5hkscs"):
        text = data.decode(encoding, errors="replace")
        words = len(_NOT_ASCII.findall(text)) - text.count("\ufffd")
        allowed = max(1, words * _DAMAGE)
        if words < 10 or text.count("\ufffd") > allowed:
            continue
        if encoding == "utf-8" or _commonness(text, encoding) >= _LIKELY:
            return text
    return None


def _mostly_ascii(data: bytes) -> bool:
    sample = data[:_SAMPLE]
    return sum(byte > 0x7F for byte in sample) < len(sample) * 0.15


def _commonness(text: str, encoding: str) -> float:
    """The share of its characters beyond ASCII that are among the encoding's common ones."""
    foreign = _NOT_ASCII.findall(text[:_SAMPLE])
    common = _common(encoding)
    return sum(char in common for char in foreign) / len(foreign) if foreign else 1.0


@cache
def _common(encoding: str) -> frozenset[str]:
    """The punctuation and first-level characters, which both standards order by use."""
    leads = [*range(0xA1, 0xA4)]
    leads += range(0xB0, 0xD8) if encoding == "gb18030" else range(0xA4, 0xC7)
    trails = [*range(0xA1, 0xFF)]
    trails += [] if encoding == "gb18030" else range(0x40, 0x7F)
    pairs = (bytes((lead, trail)) for lead in leads for trail in trails)
    return frozenset("".join(pair.decode(encoding, errors="ignore") for pair in pairs))
