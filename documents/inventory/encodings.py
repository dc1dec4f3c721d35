"""Text that is written in an encoding inside other text: percent-encoding, escapes, Base64, lists
of bytes.
"""

from __future__ import annotations

import binascii
import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from documents.inventory.byte_runs import byte_runs
from documents.inventory.escapes import ESCAPE, has_escapes, unescaped
from documents.readers.text.encoding import NotText, decode, strict
from documents.readers.text.plausibility import LIKELY, commonness

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})++")
# In vCards, for example.
_QUOTED = re.compile(r"(?:=[0-9A-F]{2}(?:=\r?\n)?+){2,}+")
_SIGNS = str.maketrans("", "", "%=\r\n")
_NAME = re.compile(ESCAPE)
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}|=[0-9A-F]{2}=|&[#\w]")
_DATA = re.compile(r"data:([^,\s\"'<>]{0,200}),([^\s\"'<>)]*)")
_BASE64_TYPE = ";base64"
# Only lines longer than `_SHORT_RUN` continue on the next one. Readers write a space for the end of
# a line.
_BASE64 = re.compile(
    r"[A-Za-z0-9+/_-](?:[A-Za-z0-9+/_-]{24,}+(?:\r?\n[ \t]*+| )"
    r"(?:[A-Za-z0-9+/_-]{25,}+(?:\r?\n[ \t]*+| ))*[A-Za-z0-9+/_-]{2,}+|[A-Za-z0-9+/_-]++)={0,2}"
)
_PIECE = re.compile(r"\S+")
_HEX_LINES = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{16,}+\r?\n[ \t]*+)+[0-9A-Fa-f]{2,}+")
_HEX = re.compile(r"[0-9A-Fa-f](?<![0-9A-Fa-f].)[0-9A-Fa-f](?:[0-9A-Fa-f]{2}){5,}+")
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
# The same in UTF-8. Patterns that begin with a set are searched in less time.
_TELLING_BYTES = re.compile(
    rb"[@\d\xe3-\xe9\xf0](?:(?<=@)|(?<=\d)\d{3}"
    rb"|(?<=[\xe3-\xe9\xf0])[\x80-\xbf]{2,3}[\xe3-\xe9\xf0][\x80-\xbf]{2})"
)
# What is not found in Chinese text. It is most of what other bytes are as UTF-16.
_IMPLAUSIBLE = re.compile(
    r"[^\t\r\n -~\u00b7\u2010-\u2027\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
    r"\U00020000-\U0003ffff]"
)
_MOST_IMPLAUSIBLE = 0.1
# The upper bytes of the other characters, and of surrogates, in UTF-16.
_PLAUSIBLE_UPPER = bytes((0x00, 0x20, 0x30, *range(0x34, 0xA0), *range(0xD8, 0xE0), 0xFF))
# What `_texts` takes for text if it is short. Most other bytes are none of these, which is known in
# less time than by decoding. In UTF-16 all characters must be plausible, because one of less than
# ten is more than `_MOST_IMPLAUSIBLE`.
_SHORT_RUN = 24
_SHORT = 18  # bytes
_UTF_8 = re.compile(
    rb"(?:[\t\n\r -~]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})++"
)
_GB18030 = re.compile(
    rb"(?:[\t\n\r -~\x80]|[\x81-\xfe][@-~\x80-\xfe]|[\x81-\xfe]\d[\x81-\xfe]\d)++"
)
_WIDE = {
    "le": re.compile(
        rb"(?:.[\x34-\x9f]|[\t\n\r -~\xb7]\0|[\x10-\x27]\x20|[\0-?]0|[\0-\xef]\xff"
        rb"|[@-\xbf]\xd8.[\xdc-\xdf])++.?",
        re.DOTALL,
    ),
    "be": re.compile(
        rb"(?:[\x34-\x9f].|\0[\t\n\r -~\xb7]|\x20[\x10-\x27]|0[\0-?]|\xff[\0-\xef]"
        rb"|\xd8[@-\xbf][\xdc-\xdf].)++.?",
        re.DOTALL,
    ),
}
_ALIGNED = [(at, order) for at in (0, 1) for order in ("le", "be")]
# Any of these.
_MAY_BE_SHORT_TEXT = re.compile(
    b"|".join(
        [
            _UTF_8.pattern,
            _GB18030.pattern,
            *(b"." * at + _WIDE[order].pattern for at, order in _ALIGNED),
        ]
    ),
    re.DOTALL,
)
# ISO 2022 (RFC 1468, 1922) and HZ (RFC 1843): from the first escape to the last one of a line.
_OTHER_SETS = re.compile(r"\x1b\$[ -~\x0e\x0f\x1b]{2,4000}|~\{[!-~]{2,4000}")
# Completes the digits of a run from its second, third and fourth character, by its length.
_PADS = [tuple("A" * (4 + (at - length) % 4) for at in (1, 2, 3)) for length in range(4)]
# Runs are searched again in other forms of the same text, such as the rows of a sheet.
_KNOWN_RUNS = 16_384
_SURELY = 3
_DATA_FROM = 256
"""Encoded bytes of this many characters are data; shorter runs may be identifiers."""
CONTAINER = re.compile(
    rb"PK\x03\x04|%PDF-|\x1f\x8b\x08|\xd0\xcf\x11\xe0|BZh[1-9]|7z\xbc\xaf\x27\x1c|\xfd7zXZ\x00"
)
"""Beginnings of files that hold others, or compressed data: shorter runs are data too."""


def decoded(text: str) -> str:
    """The text without percent-encoding, quoted-printable, references, Punycode and escapes,
    however often applied.

    Bytes are UTF-8 or GB18030.
    """
    for _ in range(_MOST_TIMES):
        before = text
        if has_escapes(text):
            text = _NAME.sub(unescaped, text)
        if text == before and not _ESCAPED.search(text):
            break
        text = html.unescape(_PERCENT.sub(_unquoted, _QUOTED.sub(_unquoted, text)))
        if text == before:
            break
    return text


@dataclass(frozen=True, slots=True)
class EncodedRun:
    """A run of Base64 or other digits of bytes in a text, from `start` to `end`.

    `texts` are what it may stand for. If there are none, `data` are the bytes of a longer run.
    """

    start: int
    end: int
    texts: Sequence[str]
    data: bytes = b""


def encoded(text: str) -> Iterator[EncodedRun]:
    """Yield the runs of digits of bytes that stand for text, and longer ones of data."""
    for match in _DATA.finditer(text) if "data:" in text else ():
        if data := _of_uri(match[1], match[2]):
            yield EncodedRun(*match.span(), (), data)
    for match in _BASE64.finditer(text):
        run = match[0]
        if meaning := _short_base64(run) if len(run) <= _SHORT_RUN else _base64(run):
            yield EncodedRun(*match.span(), *meaning)
        elif len(run) > _SHORT_RUN and _PIECE.fullmatch(run) is None:
            yield from _pieces(text, *match.span())
    yield from _other_digits(text)
    yield from _in_other_sets(text)


def _in_other_sets(text: str) -> Iterator[EncodedRun]:
    """Yield the characters in ISO 2022 and HZ in a text that is in another encoding."""
    if not ("\x1b$" in text or "~{" in text):
        return
    for match in _OTHER_SETS.finditer(text):
        with suppress(NotText):
            words = decode(match[0].encode("ascii"))
            if _TELLING.search(unicodedata.normalize("NFKC", words)):
                yield EncodedRun(*match.span(), [words])


def _other_digits(text: str) -> Iterator[EncodedRun]:
    for match in _HEX_LINES.finditer(text):
        digits = "".join(match[0].split())
        # Lines that are no text together are hashes, for example.
        if texts := _texts(bytes.fromhex(digits[: len(digits) // 2 * 2])):
            yield EncodedRun(*match.span(), texts)
    for match in _HEX.finditer(text):
        data = bytes.fromhex(match[0])
        if texts := _texts(data):
            yield EncodedRun(*match.span(), texts)
        elif len(match[0]) >= _DATA_FROM or CONTAINER.match(data):
            yield EncodedRun(*match.span(), (), data)
    for run in byte_runs(text):
        if texts := _texts(run.data):
            yield EncodedRun(run.start, run.end, texts)
        elif run.is_data or CONTAINER.match(run.data):
            yield EncodedRun(run.start, run.end, (), run.data)


def _pieces(text: str, start: int, end: int) -> Iterator[EncodedRun]:
    """Yield the runs in Base64 of a part of the text that is none as a whole."""
    for piece in _PIECE.finditer(text, start, end):
        if meaning := _base64(piece[0]):
            yield EncodedRun(*piece.span(), *meaning)


def _base64(run: str) -> tuple[Sequence[str], bytes] | None:
    """The texts and the data that a run stands for; None if it is probably not Base64."""
    if len(run) < _LEAST or _NOT_BASE64.fullmatch(run):
        return None
    # A digit more than bytes have is a hyphen, for example.
    data = _bytes(run) or _bytes("".join(run.split()).rstrip("=")[:-1])
    if texts := [*_texts(data), *_texts_after_word(run)]:
        return texts, b""
    is_long = len(run) >= _DATA_FROM
    if not data or not (is_long or CONTAINER.match(data)):
        return (texts, b"") if (texts := [*_texts_in_data(run)]) else None
    is_hex = all(_HEX.fullmatch(piece) for piece in run.split())
    return None if is_hex else ((), data)


@lru_cache(_KNOWN_RUNS)
def _short_base64(run: str) -> tuple[Sequence[str], bytes] | None:
    return _base64(run)


def binary_text(data: bytes) -> str:
    """The printable characters of binary data, as UTF-8, GB18030, and UTF-16 of both byte orders at
    both alignments.
    """
    utf_16 = [_printable(data[at:], f"utf-16-{order}") for at, order in _ALIGNED]
    return "\n".join((_printable(data), _printable(data, "gb18030"), *utf_16))


def _printable(data: bytes, encoding: str = "utf-8") -> str:
    return _RUN_OF_CONTROLS.sub("\n", data.decode(encoding, errors="replace"))


def _unquoted(match: re.Match[str]) -> str:
    data = bytes.fromhex(match[0].translate(_SIGNS))
    words = strict(data, "utf-8")
    words = strict(data, "gb18030") if words is None else words
    return match[0] if words is None else words


def _of_uri(media_type: str, data: str) -> bytes:
    """The bytes of a data URI, in Base64 unless its media type says that they are not."""
    is_text = "/" in media_type and not media_type.lower().endswith(_BASE64_TYPE)
    return unquote_to_bytes(data) if is_text else _bytes(data)


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
    if len(data) <= _SHORT:
        return _short_texts(data) if _MAY_BE_SHORT_TEXT.fullmatch(data) else []
    # In UTF-8 and GB 18030 these are control characters.
    has_controls = _CONTROLS.search(data) is not None
    texts = [] if has_controls else _printable_text(data, "utf-8")
    if texts:
        return texts
    texts = [text for at, order in _ALIGNED if (text := _wide_text(data[at:], order))]
    return texts if has_controls else [*texts, *_text_in_gb18030(data)]


def _short_texts(data: bytes) -> list[str]:
    texts = _printable_text(data, "utf-8") if _UTF_8.fullmatch(data) else []
    if texts and not data.isascii():
        return texts
    # Two bytes of ASCII may also be a Chinese character, but never all of a long text.
    for at, order in _ALIGNED:
        if _WIDE[order].fullmatch(data, at) and (text := _wide_text(data[at:], order)):
            texts.append(text)
    if _GB18030.fullmatch(data):
        texts += _text_in_gb18030(data)
    return texts


def _printable_text(data: bytes, encoding: str) -> list[str]:
    words = strict(data, encoding)
    return [words] if words and _is_printable(words) else []


def _text_in_gb18030(data: bytes) -> list[str]:
    """The text, if not of ASCII only: almost any bytes are some text in GB 18030, but rarely of
    common characters.
    """
    if data.isascii():
        return []
    texts = _printable_text(data, "gb18030")
    return [text for text in texts if commonness(text, "gb18030") >= LIKELY]


def _texts_after_word(run: str) -> Iterator[str]:
    """The text of a run whose first characters belong to a word before it."""
    if len(run) > _MOST_SHIFTED or (len(run) <= _SHORT_RUN and not _is_telling(_shifted(run))):
        return
    for at in (1, 2, 3):
        data = _bytes(run[at:])
        words = strict(data, "utf-8") if _is_telling(data) else ""
        if words and _is_printable(words) and _TELLING.search(words):
            yield words


def _texts_in_data(run: str) -> Iterator[str]:
    """The text among other bytes of a run, which may begin and end within a file."""
    if not _SHORT_RUN < len(run) <= _MOST_SHIFTED:
        return
    digits = "".join(run.split()).rstrip("=")
    for at in range(4):
        data = _bytes(digits[at : at + (len(digits) - at) // 4 * 4])
        if _is_telling(data):
            text = _printable(data)
            if _TELLING.search(text):
                yield text


def _shifted(run: str) -> bytes:
    """The bytes of a run without spaces from its second, third and fourth character.

    They are decoded together, with bytes of zero between them.
    """
    if not run.isalnum():
        run = run.rstrip("=").replace("-", "+").replace("_", "/")
    one, two, three = _PADS[len(run) % 4]
    return binascii.a2b_base64(f"{run[1:]}{one}{run[2:]}{two}{run[3:]}{three}")


def _is_telling(data: bytes) -> bool:
    return _TELLING_BYTES.search(data) is not None


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
