"""Unpacks the streams of a PDF and joins its strings without a PDF library; reads its pages."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import pypdfium2 as pdfium

_STREAM = re.compile(rb"(?<!end)stream(?:\r\n|\n|\r)")
_STRING = re.compile(
    rb"\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.|\([^()]*\))*\))*)\)|<([0-9A-Fa-f\s]+)>", re.DOTALL
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPES = {
    b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"",
    b"\r\n": b"",
}  # fmt: skip
_LARGEST = 64 * 1024 * 1024


def pdf_streams(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Every stream, by every filter that accepts it. Filters in a row are left to the caller."""
    for match in _STREAM.finditer(data):
        end = data.find(b"endstream", match.end())
        body = data[match.end() : end if end >= 0 else len(data)]
        yield "stream", body
        yield from _unfiltered(body)
        # A stream may hold `endstream`; zlib knows its own end.
        if body[:1] == b"\x78":
            yield from _unfiltered(data[match.end() :], only="flate")


def _unfiltered(body: bytes, only: str | None = None) -> Iterator[tuple[str, bytes]]:
    for name, decode in _FILTERS.items():
        if only is None or name == only:
            with suppress(ValueError, zlib.error, IndexError):
                if inner := decode(body):
                    yield name, inner
                    # The next filter of a chain finds no `stream` around its input.
                    if only is None and name != "run length":
                        yield from (
                            (f"{name}, {other}", more)
                            for other, more in _unfiltered_once(inner, skip=name)
                        )


def _unfiltered_once(body: bytes, skip: str) -> Iterator[tuple[str, bytes]]:
    for name, decode in _FILTERS.items():
        if name != skip:
            with suppress(ValueError, zlib.error, IndexError):
                if inner := decode(body):
                    yield name, inner


def _flate(body: bytes) -> bytes:
    return zlib.decompressobj().decompress(body, _LARGEST)


def _ascii85(body: bytes) -> bytes:
    text = body.split(b"~>")[0].strip()
    return base64.a85decode(text) if len(text) > 4 else b""


def _ascii_hex(body: bytes) -> bytes:
    digits = re.sub(rb"\s", b"", body.split(b">")[0])
    if not digits or re.search(rb"[^0-9A-Fa-f]", digits):
        return b""
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def _run_length(body: bytes) -> bytes:
    out, at = bytearray(), 0
    while at < len(body) and body[at] != 128:
        length = body[at]
        if length < 128:
            out += body[at + 1 : at + length + 2]
            at += length + 2
        else:
            out += body[at + 1 : at + 2] * (257 - length)
            at += 2
    return bytes(out) if len(out) < _LARGEST else b""


def _lzw(body: bytes) -> bytes:
    """PDF's LZW with early change. Raises `IndexError` for a code that cannot occur."""
    table: list[bytes] = []
    out, bits, width, code_bits, last = bytearray(), 0, 0, 9, b""
    for byte in body:
        bits, width = bits << 8 | byte, width + 8
        while width >= code_bits:
            code = bits >> (width - code_bits)
            width -= code_bits
            bits &= (1 << width) - 1
            if code == 257:
                return bytes(out)
            if code == 256:
                table, code_bits, last = [bytes((one,)) for one in range(256)] + [b"", b""], 9, b""
                continue
            word = table[code] if code < len(table) else last + last[:1]
            out += word
            if last:
                table.append(last + word[:1])
            last = word
            if len(table) + 1 >= 1 << code_bits and code_bits < 12:
                code_bits += 1
    return bytes(out)


_FILTERS: Mapping[str, Callable[[bytes], bytes]] = {
    "flate": _flate, "ASCII85": _ascii85, "ASCIIHex": _ascii_hex, "run length": _run_length,
    "LZW": _lzw,
}  # fmt: skip


def pdf_texts(data: bytes) -> Iterator[tuple[str, str]]:
    """The joined strings of the bytes by each encoding, and the pages as PDFium reads them."""
    strings = [_bytes_of(match) for match in _STRING.finditer(data)]
    for encoding in ("latin-1", "utf-8", "gb18030", "utf-16-be"):
        yield f"strings {encoding}", "".join(one.decode(encoding, "ignore") for one in strings)
    if b"%PDF" not in data[:1024]:
        return
    streams = [stream for _, stream in pdf_streams(data)]
    maps = [one for stream in streams if b"begincmap" in stream and (one := _map(stream))]
    for stream in streams if maps else ():
        if b"Tj" in stream or b"TJ" in stream:
            pieces = [_bytes_of(match) for match in _STRING.finditer(stream)]
            for characters in maps:
                # Strings in another font of the page are as they are.
                mapped = [_mapped(one, characters) or one.decode("latin-1") for one in pieces]
                yield "strings by a map", "".join(mapped)
                yield "strings by a map, backwards", "".join(reversed(mapped))
    with suppress(pdfium.PdfiumError), pdfium.PdfDocument(data) as document:
        for page in document:
            yield "page", page.get_textpage().get_text_range(errors="replace")


def _bytes_of(match: re.Match[bytes]) -> bytes:
    if match[2] is not None:
        digits = re.sub(rb"\s", b"", match[2])
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    return _ESCAPE.sub(_unescaped, match[1])


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes((int(code, 8) & 255,)) if code[:1] in b"01234567" else _ESCAPES.get(code, code)


def _map(stream: bytes) -> dict[bytes, str]:
    """A ToUnicode map: `bfchar` and `bfrange`."""
    found: dict[bytes, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", stream, re.DOTALL):
        for code, to in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[_hex(code)] = _hex(to).decode("utf-16-be", "ignore")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", stream, re.DOTALL):
        ranges = rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>"
        for low, high, to in re.findall(ranges, block):
            first, text = int(low, 16), _hex(to).decode("utf-16-be", "ignore")
            for step in range(min(int(high, 16) - first + 1, 65_536) if text else 0):
                code = (first + step).to_bytes(len(low) // 2, "big")
                found[code] = text[:-1] + chr(min(ord(text[-1]) + step, 0x10FFFF))
    return found


def _hex(digits: bytes) -> bytes:
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def _mapped(string: bytes, characters: Mapping[bytes, str]) -> str:
    size = max(map(len, characters))
    return "".join(characters.get(string[at : at + size], "") for at in range(0, len(string), size))
