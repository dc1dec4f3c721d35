"""Text that is written in an encoding inside other text: percent-encoding, escapes, Base64."""

from __future__ import annotations

import binascii
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from documents.readers.text.encoding import LIKELY, commonness, strict

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})++")
_UNICODE = re.compile(r"\\u\{([0-9A-Fa-f]{1,6})\}|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")
_STYLE = re.compile(r"\\([0-9A-Fa-f]{4,6})[ \t\r\n\f]?")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}|&[#\w]|\\[ux0-9A-Fa-f]")
_DATA = re.compile(r"data:[^,\s\"'<>]{0,200},([^\s\"'<>)]*)")
# Only long lines continue on the next one. Readers write a space for the end of a line.
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{40,}+(?:\r?\n[ \t]*+| ))*[A-Za-z0-9+/_-]{2,}+={0,2}")
_PIECE = re.compile(r"\S+")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){6,}+")
_RUN_OF_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]+")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WHITE = dict.fromkeys(map(ord, "\t\r\n"))
_MOST_TIMES = 4
# The shortest names have two characters: six bytes in UTF-8, eight characters in Base64.
_LEAST = 8
_MOST_SHIFTED = 4_096
# Words of programs and formats, and numbers.
_NOT_BASE64 = re.compile(r"[0-9]*+|[a-z_-]++|[A-Z_]++|[A-Z]?[a-z]+(?:[A-Z][a-z]+)*\d?")
_HAN_OR_ASCII = re.compile(r"[ -~\u3400-\u9fff\U00020000-\U0003ffff]")
_TELLING = re.compile(r"\d{4}|@|[\u3400-\u9fff\U00020000-\U0003ffff]{2}")
# A byte of each of these in UTF-8: most other bytes have none.
_TELLING_BYTES = re.compile(rb"\d{4}|[@\xe3-\xe9\xf0]")
# What is not found in Chinese text. It is most of what other bytes are as UTF-16.
_IMPLAUSIBLE = re.compile(
    r"[^\t\r\n -~\u00b7\u2010-\u2027\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
    r"\U00020000-\U0003ffff]"
)
_MOST_IMPLAUSIBLE = 0.1
# The upper bytes of the other characters, and of surrogates, in UTF-16.
_PLAUSIBLE_UPPER = bytes((0x00, 0x20, 0x30, *range(0x34, 0xA0), *range(0xD8, 0xE0), 0xFF))
_SURELY = 3
_DATA_FROM = 256
"""Encoded bytes of this many characters are data; shorter runs may be identifiers."""
_CONTAINER = re.compile(
    rb"PK\x03\x04|%PDF-|\x1f\x8b\x08|\xd0\xcf\x11\xe0|BZh[1-9]|7z\xbc\xaf\x27\x1c|\xfd7zXZ\x00"
)
"""Beginnings of files that hold others, or compressed data: shorter runs are data too."""


def decoded(text: str) -> str:
    """The text without percent-encoding, character references and escapes, however often applied.

    Bytes are UTF-8 or GB18030.
    """
    for _ in range(_MOST_TIMES):
        if not _ESCAPED.search(text):
            break
        before = text
        text = html.unescape(_PERCENT.sub(_unquoted, text))
        # A surrogate pair is two escapes, which form one character.
        text = _STYLE.sub(_character, _UNICODE.sub(_character, text))
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        if text == before:
            break
    return text


@dataclass(frozen=True, slots=True)
class EncodedRun:
    """A run of Base64 or hexadecimal digits in a text, from `start` to `end`.

    `texts` are what it may stand for. If there are none, `data` are the bytes of a longer run.
    """

    start: int
    end: int
    texts: Sequence[str]
    data: bytes = b""


def encoded(text: str) -> Iterator[EncodedRun]:
    """Yield the runs in Base64 and hexadecimal that stand for text, and longer ones of data."""
    for match in _DATA.finditer(text) if "data:" in text else ():
        if data := _bytes(match[1]):
            yield EncodedRun(*match.span(), (), data)
    for match in _BASE64.finditer(text):
        run = _base64(match[0], match.start())
        if run is not None:
            yield run
        elif _PIECE.fullmatch(match[0]) is None:
            pieces = _PIECE.finditer(text, *match.span())
            yield from filter(None, (_base64(piece[0], piece.start()) for piece in pieces))
    for match in _HEX.finditer(text):
        data = bytes.fromhex(match[0])
        if texts := _texts(data):
            yield EncodedRun(*match.span(), texts)
        elif len(match[0]) >= _DATA_FROM or _CONTAINER.match(data):
            yield EncodedRun(*match.span(), (), data)


def _base64(run: str, start: int) -> EncodedRun | None:
    if len(run) < _LEAST or _NOT_BASE64.fullmatch(run):
        return None
    data, end = _bytes(run), start + len(run)
    if texts := [*_texts(data), *_texts_after_word(run)]:
        return EncodedRun(start, end, texts)
    is_long = len(run) >= _DATA_FROM
    if is_long and not data:
        data = _bytes("".join(run.split()).rstrip("=")[:-1])
    is_hex = all(_HEX.fullmatch(piece) for piece in run.split())
    if data and not is_hex and (is_long or _CONTAINER.match(data)):
        return EncodedRun(start, end, (), data)
    return None


def binary_text(data: bytes) -> str:
    """The printable characters of binary data, as UTF-8 and as UTF-16 at both alignments."""
    texts = (
        data.decode("utf-8", errors="replace"),
        data.decode("utf-16-le", errors="replace"),
        data[1:].decode("utf-16-le", errors="replace"),
    )
    return "\n".join(_RUN_OF_CONTROLS.sub("\n", text) for text in texts)


def _unquoted(match: re.Match[str]) -> str:
    data = bytes.fromhex(match[0].replace("%", ""))
    words = strict(data, "utf-8")
    words = strict(data, "gb18030") if words is None else words
    return match[0] if words is None else words


def _character(match: re.Match[str]) -> str:
    code = int(next(filter(None, match.groups())), 16)
    return chr(code) if code <= 0x10FFFF else match[0]


def _bytes(run: str) -> bytes:
    if not run.isalnum():
        # RFC 4648, both alphabets.
        run = "".join(run.split()).rstrip("=").replace("-", "+").replace("_", "/")
    if len(run) % 4 == 1:
        return b""
    try:
        return binascii.a2b_base64(run + "=" * (-len(run) % 4))
    except (ValueError, binascii.Error):
        return b""


def _texts(data: bytes) -> list[str]:
    """What the bytes may be as text; empty if that is none."""
    # In UTF-8 and GB 18030 these bytes are control characters.
    has_controls = _CONTROLS.search(data) is not None
    words = "" if has_controls else strict(data, "utf-8")
    if words and _is_printable(words):
        return [words]
    texts = [_wide_text(data[at:], order) for at in (0, 1) for order in ("le", "be")]
    words = "" if has_controls else strict(data, "gb18030")
    # Almost any bytes are some text in GB 18030, but rarely of common characters.
    if words and _is_printable(words) and not words.isascii():
        texts += [words] if commonness(words, "gb18030") >= LIKELY else []
    return list(filter(None, texts))


def _texts_after_word(run: str) -> Iterator[str]:
    """The text of a run whose first characters belong to a word before it."""
    for at in (1, 2, 3) if len(run) <= _MOST_SHIFTED else ():
        data = _bytes(run[at:])
        words = strict(data, "utf-8") if _TELLING_BYTES.search(data) else ""
        if words and _is_printable(words) and _TELLING.search(words):
            yield words


def _wide_text(data: bytes, order: str) -> str:
    """The text if the bytes are UTF-16, of ASCII or with Chinese characters; else empty."""
    data = data[: len(data) // 2 * 2]
    upper = data[order == "le" :: 2]
    if len(upper.translate(None, _PLAUSIBLE_UPPER)) > len(upper) * _MOST_IMPLAUSIBLE:
        return ""  # known without decoding
    words = data.decode(f"utf-16-{order}", errors="replace")
    others, known = len(_IMPLAUSIBLE.findall(words)), len(_HAN_OR_ASCII.findall(words))
    is_text = known > 0 and others <= len(words) * _MOST_IMPLAUSIBLE
    if known < _SURELY:
        # A few bytes may be rare characters by chance.
        is_text = is_text and commonness(words, "gb18030") >= LIKELY
    return _IMPLAUSIBLE.sub("\n", words) if is_text else ""


def _is_printable(words: str) -> bool:
    return words.isprintable() or words.translate(_WHITE).isprintable()
