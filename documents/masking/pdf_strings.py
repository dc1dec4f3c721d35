"""Every string in the bytes of a PDF, for the final check of a masked file."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_STREAM = re.compile(rb"stream\r?\n")
_END = b"endstream"
_LITERAL = re.compile(rb"\(((?:[^()\\]|\\.)*)\)", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f\s]{4,})>")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b""}
_PICTURE = re.compile(rb"/Subtype\s*/Image|/FontFile|/DCTDecode")
_SHOWS = re.compile(rb"T[jJ]\b")
_UTF16 = (b"\xfe\xff", b"\xff\xfe")


def strings_of(file: bytes) -> Iterator[str]:
    """Strings of the file's objects and decompressed streams, except pictures and fonts."""
    outside, at = [], 0
    for match in _STREAM.finditer(file):
        if match.start() < at:
            continue
        end = file.find(_END, match.end())
        if end < 0:
            continue
        head = file[max(at, file.rfind(b" obj", at, match.start())) : match.start()]
        outside.append(file[at : match.start()])
        at = end
        if not _PICTURE.search(head):
            yield from _strings(_unpacked(file[match.end() : end]))
    outside.append(file[at:])
    yield from _strings(b"\n".join(outside))


def _unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return stream


def _strings(data: bytes) -> Iterator[str]:
    literals = [_unescaped(match[1]) for match in _LITERAL.finditer(data)]
    literals += [bytes.fromhex(_even(match[1])) for match in _HEX.finditer(data)]
    texts = [_text(literal) for literal in literals]
    yield from texts
    if _SHOWS.search(data):
        # A viewer joins the strings of a line.
        yield "".join(texts)


def _even(digits: bytes) -> str:
    text = re.sub(rb"\s", b"", digits).decode("ascii")
    return text if len(text) % 2 == 0 else f"{text}0"


def _text(string: bytes) -> str:
    if string.startswith(_UTF16):
        return string.decode("utf-16", "replace")
    return string.decode("latin-1")


def _unescaped(literal: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if code[0] in b"01234567":
            return bytes([int(code, 8) & 0xFF])
        return _ESCAPED.get(code, code)

    return _ESCAPE.sub(plain, literal)
