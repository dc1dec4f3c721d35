"""Text that is written in an encoding inside other text: percent-encoding, escapes, Base64."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from documents.readers.text.encoding import LIKELY, commonness, strict

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_UNICODE = re.compile(r"\\u\{([0-9A-Fa-f]{1,6})\}|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")
_STYLE = re.compile(r"\\([0-9A-Fa-f]{4,6})[ \t\r\n\f]?")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}|&[#\w]|\\[ux0-9A-Fa-f]")
_DATA = re.compile(r"data:[^,\s\"'<>]{0,200},([^\s\"'<>)]*)")
# Only long lines continue on the next one.
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{40,}+\r?\n[ \t]*+)*[A-Za-z0-9+/_-]{2,}+={0,2}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){6,}")
_RUN_OF_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]+")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WHITE = dict.fromkeys(map(ord, "\t\r\n"))
_MOST_TIMES = 4
# The shortest names have two characters: six bytes in UTF-8, eight characters in Base64.
_LEAST = 8
_DATA_FROM = 256
"""Base64 of this many characters is data; shorter runs may be identifiers."""


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


def encoded(text: str) -> Iterator[tuple[str, bytes]]:
    """The text in Base64 and hexadecimal runs of `text`; or, for longer ones, the bytes.

    Yields pairs of which one is empty.
    """
    if "data:" in text:
        for match in _DATA.finditer(text):
            if data := _bytes(match[1]):
                yield "", data
    for match in _BASE64.finditer(text):
        run = match[0]
        if len(run) >= _LEAST and (data := _bytes(run)):
            if words := _words(data):
                yield words, b""
            elif len(run) >= _DATA_FROM and not _HEX.fullmatch(run):
                yield "", data
    for match in _HEX.finditer(text):
        data = bytes.fromhex(match[0])
        if words := _words(data):
            yield words, b""


def binary_text(data: bytes) -> str:
    """The printable characters of binary data, as UTF-8 and as UTF-16 at both alignments."""
    texts = (
        data.decode("utf-8", errors="replace"),
        data.decode("utf-16-le", errors="replace"),
        data[1:].decode("utf-16-le", errors="replace"),
    )
    return "\n".join(_RUN_OF_CONTROLS.sub("\n", text) for text in texts)


def _unquoted(match: re.Match[str]) -> str:
    data = unquote_to_bytes(match[0])
    words = strict(data, "utf-8")
    words = strict(data, "gb18030") if words is None else words
    return match[0] if words is None else words


def _character(match: re.Match[str]) -> str:
    code = int(next(filter(None, match.groups())), 16)
    return chr(code) if code <= 0x10FFFF else match[0]


def _bytes(run: str) -> bytes:
    if "\n" in run:
        run = "".join(run.split())
    run = run.rstrip("=")
    if len(run) % 4 == 1:
        return b""
    try:
        return base64.b64decode(
            run + "=" * (-len(run) % 4), altchars=b"-_" if "-" in run or "_" in run else None
        )
    except (ValueError, binascii.Error):
        return b""


def _words(data: bytes) -> str:
    """The text in the bytes; empty if they are not surely text."""
    # In UTF-8 and GB18030 these bytes are control characters.
    has_controls = _CONTROLS.search(data) is not None
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        is_wide = encoding.startswith("utf-16")
        if len(data) % 2 if is_wide else has_controls:
            continue
        words = strict(data, encoding)
        if words and _is_text(words, encoding):
            return words
    return ""


def _is_text(words: str, encoding: str) -> bool:
    if not words.isprintable() and not words.translate(_WHITE).isprintable():
        return False
    if encoding == "utf-8":
        return True
    # Almost any bytes are some text in the other encodings, but rarely of common characters.
    return not words.isascii() and commonness(words, "gb18030") >= LIKELY
