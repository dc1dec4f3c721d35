"""Runs of a text that are bytes in other digits than those of Base64."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from documents.readers.text.encoding import strict

_SEPARATOR = r"[ ]?,\s{0,4}"
_NUMBER = r"(?:0[xX][0-9A-Fa-f]{1,5}|\d{1,6})"
_MOST_CODE = 0x10FFFF
# Base85 of RFC 1924, of Ascii85, and of ZeroMQ (RFC 32), which has the digits of the first in
# another order.
_RFC_1924 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
_Z85 = str.maketrans(
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",
    _RFC_1924,
)
_BASE64_WORD = re.compile(r"[A-Za-z0-9+/=_-]*")
_AROUND = "\"'`,.;:()[]{}<>"
_FIRST = 10  # digits of eight bytes
_LEAST_DIFFERENT = 6
_YENC_ESCAPE = re.compile(r"=([\x00-\xff])")
_KNOWN_WORDS, _SHORT_WORD = 4_096, 100  # the same words are searched in several forms of a text
_CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")
_HAN = re.compile(rb"[ -~]{0,7}[\xe3-\xe9\xf0]")
_TELLING = re.compile(r"\d{7}|@|[\u3400-\u9fff\U00020000-\U0003ffff]{2}")


class ByteRun(NamedTuple):
    """A run from `start` to `end`. `is_data`: it is data, even if it does not stand for text."""

    start: int
    end: int
    data: bytes
    is_data: bool


def byte_runs(text: str) -> Iterator[ByteRun]:
    """Yield the runs. A row of figures is a run too: what the bytes mean is not known here."""
    for form in _FORMS:
        for match in form.run.finditer(text) if form.hint.search(text) else ():
            if data := form.decode(match):
                yield ByteRun(*match.span(), data, form.is_data)


def _of_numbers(match: re.Match[str]) -> bytes:
    codes = [
        int(number, 16 if number[:2] in {"0x", "0X"} else 10)
        for number in re.split(_SEPARATOR, match[0])
    ]
    if max(codes) <= 0xFF:
        return bytes(codes)
    if max(codes) > _MOST_CODE:
        return b""
    return "".join(map(chr, codes)).encode("utf-8", "replace")


def _of_pairs(match: re.Match[str]) -> bytes:
    return bytes.fromhex(match[0].replace(match[1], ""))


def _of_base32(match: re.Match[str]) -> bytes:
    digits = "".join(match[0].split()).rstrip("=")
    try:
        return base64.b32decode(digits + "=" * (-len(digits) % 8))
    except binascii.Error:
        return b""


def _of_base85(match: re.Match[str]) -> bytes:
    try:
        return base64.a85decode(match[1])
    except ValueError:
        return b""


def _of_unmarked_base85(match: re.Match[str]) -> bytes:
    run = match[0]
    return _of_short_word(run) if len(run) <= _SHORT_WORD else _of_word(run)


def _of_word(run: str) -> bytes:
    """The bytes of a word in one of three alphabets, if they are a text that tells something.

    Without its marks, Base85 looks like any other word, of which the bytes are hardly ever text.
    """
    if _BASE64_WORD.fullmatch(run) or len(set(run)) < _LEAST_DIFFERENT:
        return b""
    for word in dict.fromkeys((run, run.strip(_AROUND))):
        for decode in (base64.b85decode, base64.a85decode, _of_z85):
            try:
                if _is_ascii_or_longer(decode(word[:_FIRST])) and _is_telling(data := decode(word)):
                    return data
            except ValueError:
                continue
    return b""


_of_short_word = lru_cache(_KNOWN_WORDS)(_of_word)


def _of_z85(word: str) -> bytes:
    return base64.b85decode(word.translate(_Z85))


def _is_ascii_or_longer(first: bytes) -> bool:
    """Whether the first bytes may be those of a text in UTF-8."""
    return _CONTROLS.search(first) is None and (first.isascii() or _HAN.match(first) is not None)


def _is_telling(data: bytes) -> bool:
    text = strict(data, "utf-8")
    return text is not None and text.isprintable() and _TELLING.search(text) is not None


def _of_uuencode(match: re.Match[str]) -> bytes:
    data = bytearray()
    for line in match[1].splitlines():
        try:
            data += binascii.a2b_uu(line)
        except binascii.Error:
            break
    return bytes(data)


def _of_yenc(match: re.Match[str]) -> bytes:
    """The bytes; zero for one that the decoding of the text has lost, so that they are no text."""
    digits = _YENC_ESCAPE.sub(lambda escape: chr((ord(escape[1]) - 64) % 256), match[1])
    kept = (ord(one) if one < "\u0100" else 42 for one in digits if one not in "\r\n")
    return bytes((code - 42) % 256 for code in kept)


class _Form(NamedTuple):
    """A way to write bytes. `hint` is found in each text with such a run, in less time than it."""

    hint: re.Pattern[str]
    run: re.Pattern[str]
    decode: Callable[[re.Match[str]], bytes]
    is_data: bool


_FORMS: Sequence[_Form] = (
    # `0x31, 0x33` and `49,51,56` are bytes, `24352, 20255` the codes of characters.
    _Form(
        re.compile(r",\s{0,4}\d"),
        re.compile(rf"(?<![\w.,]){_NUMBER}(?:{_SEPARATOR}{_NUMBER})++"),
        _of_numbers,
        is_data=False,
    ),
    _Form(
        re.compile(r"[ :\-](?=[0-9A-Fa-f]{2}[ :\-][0-9A-Fa-f]{2}[ :\-])"),
        re.compile(r"(?<!\w)[0-9A-Fa-f]{2}([ :\-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4,}+"),
        _of_pairs,
        is_data=False,
    ),
    # RFC 4648, 6, in one line or several.
    _Form(
        re.compile(r"[A-Z](?=[A-Z2-7]{6})"),
        re.compile(
            r"[A-Z2-7](?<![A-Za-z0-9].)[A-Z2-7]{7,}+(?:(?<=[A-Z2-7]{16})\r?\n[A-Z2-7]{2,}+)*+={0,6}"
        ),
        _of_base32,
        is_data=False,
    ),
    _Form(re.compile("<~"), re.compile(r"<~([!-uz\s]{5,}+)~>"), _of_base85, is_data=True),
    _Form(
        re.compile(r"[!-~]{14}"),
        re.compile(r"[!-~]{14,}+"),
        _of_unmarked_base85,
        is_data=False,
    ),
    _Form(
        re.compile("begin "),
        re.compile(r"^begin [0-7]{3,4} [^\n]{0,255}\n((?:[!-`][ -`]{0,90}\n)+)", re.MULTILINE),
        _of_uuencode,
        is_data=True,
    ),
    # yEnc 1.3: bytes of 8 bits, of which the text may have other characters.
    _Form(
        re.compile("=ybegin "),
        re.compile(
            r"^=ybegin [^\n]{1,500}\n(?:=ypart [^\n]{1,500}\n)?((?:(?!=yend )[^\n]*\n?)*+)",
            re.MULTILINE,
        ),
        _of_yenc,
        is_data=True,
    ),
)
