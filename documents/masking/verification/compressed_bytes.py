"""Decompresses what it recognises anywhere in bytes, without knowledge of the file's format.

Damaged and truncated data gives what can be decompressed of it. The bytes are those of a masked
file, so that the sizes of results are bounded by `Budget`.
"""

from __future__ import annotations

import bz2
import lzma
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import product
from typing import Protocol

from documents.errors import RedactionIncomplete
from documents.limits import MIB

_CHUNK, _SMALL = 65_536, 32
_BAD_DATA = (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError)
# Random bytes that look like the beginning of compressed data give a few bytes at most.
_LEAST = 16
_ZIP = re.compile(rb"PK\x03\x04")
_ZIP_HEADER = struct.Struct("<4s5H3I2H")
_ENCRYPTED = 0x1
_LONGEST_NAME = 1_024
_STORED, _DEFLATED, _BZ2 = 0, 8, 12
# RFC 1950, 2.2: the method and the window, and flags with which both are a multiple of 31. An exact
# pattern, because a pair that is none may end with the first byte of one.
_ZLIB = re.compile(
    b"|".join(
        re.escape(bytes(pair))
        for pair in product(range(0x08, 0x80, 0x10), range(256))
        if int.from_bytes(pair, "big") % 31 == 0
    )
)
_GZIP = re.compile(rb"\x1f\x8b\x08")
_BZ2_MAGIC = re.compile(rb"BZh[1-9]1AY&SY")
_XZ = re.compile(rb"\xfd7zXZ\x00|\x5d\x00\x00")
_MOST_DICTIONARY = 64 * MIB
_PDF_STREAM = re.compile(rb"stream\r?\n")
_PDF_END = re.compile(rb"\s{0,2}endstream")
_PDF_DICTIONARY = 2_000
_INDIRECT_FILTER = re.compile(rb"/Filter\s{0,5}(?:\d|\[\s{0,5}\d)")
_LZW_CLEAR, _LZW_END, _LZW_MOST = 256, 257, 4096


class Budget:
    """The bytes that may still be decoded. Raises `RedactionIncomplete` when they are used up."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise RedactionIncomplete(
                "The masked file is too large to be verified, so it was discarded. Split the "
                "document and send its parts."
            )


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


def decompressed(data: bytes, hint: bytes, budget: Budget) -> Iterator[tuple[str, bytes, bytes]]:
    """Yields what is compressed in `data`: the compression, the bytes, and their hint.

    `hint` is the PDF dictionary before a stream, which alone tells LZW and run lengths from other
    bytes.
    """
    for match in _ZIP.finditer(data):
        yield from _zip_member(data, match.start(), budget)
    for match in _GZIP.finditer(data):
        yield from _kept("gzip", _inflated(data, match.start(), 31, budget), b"")
    for match in _ZLIB.finditer(data):
        before = _dictionary(data, match.start()) or hint
        inflated = _inflated(data, match.start(), 15, budget)
        yield from _kept("deflate", inflated, before)
        if b"/Predictor" in before:
            yield from _kept("predictor", _unpredicted(inflated, before), b"")
    for match in _BZ2_MAGIC.finditer(data):
        yield from _kept("bzip2", _fed(bz2.BZ2Decompressor, data, match.start(), budget), b"")
    for match in _XZ.finditer(data):
        yield from _kept("xz", _fed(_xz, data, match.start(), budget), b"")
    yield from _pdf_streams(data, hint, budget)


def _kept(name: str, data: bytes, hint: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    if len(data) >= _LEAST:
        yield name, data, hint


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=_MOST_DICTIONARY)


def _zip_member(data: bytes, at: int, budget: Budget) -> Iterator[tuple[str, bytes, bytes]]:
    """Reads the member at its local header, so that one that no directory lists is read too."""
    if len(data) < at + _ZIP_HEADER.size:
        return
    _, _, flags, method, _, _, _, size, _, name_length, extra_length = _ZIP_HEADER.unpack_from(
        data, at
    )
    start = at + _ZIP_HEADER.size + name_length + extra_length
    raw_name = data[at + _ZIP_HEADER.size :][:name_length]
    name = raw_name.decode("utf-8", "replace")
    unreadable = flags & _ENCRYPTED or method not in {_STORED, _DEFLATED, _BZ2}
    if unreadable and not _is_name(raw_name, name_length):
        return  # compressed pixels that happen to hold these four bytes
    if flags & _ENCRYPTED:
        raise RedactionIncomplete(
            "The masked file would hold an encrypted part, which cannot be verified, so it was "
            "discarded. Remove the encrypted part and send the document again."
        )
    if method == _STORED:
        end = start + size if size else data.find(b"PK", start)
        member = data[start : end if end > 0 else len(data)]
        budget.take(len(member))
    elif method == _DEFLATED:
        member = _inflated(data, start, -15, budget)
    elif method == _BZ2:
        member = _fed(bz2.BZ2Decompressor, data, start, budget)
    else:
        raise RedactionIncomplete(
            "The masked file would hold a part in an unknown compression, which cannot be "
            "verified, so it was discarded. Save the document again and resend it."
        )
    yield f"part {name}", member, b""


def _is_name(name: bytes, length: int) -> bool:
    """Whether it may be the name of a member: whole, and without control characters."""
    return 0 < length == len(name) <= _LONGEST_NAME and min(name) >= ord(" ")


def _inflated(data: bytes, at: int, window: int, budget: Budget) -> bytes:
    return _fed(lambda: zlib.decompressobj(window), data, at, budget)


def _fed(start: Callable[[], _Decompressor], data: bytes, at: int, budget: Budget) -> bytes:
    """Returns what comes of `data` from `at`, up to an error or the end of the compressed data."""
    pieces: list[bytes] = []
    decompressor, first = start(), at
    step = _CHUNK
    while at < len(data) and not decompressor.eof:
        try:
            piece = decompressor.decompress(data[at : at + step])
        except _BAD_DATA:
            if step == _SMALL:
                break
            # What precedes the error in the chunk is lost with it: decompress it in small steps.
            step, decompressor = _SMALL, start()
            for again in range(first, at, _CHUNK):
                decompressor.decompress(data[again : min(again + _CHUNK, at)])
            continue
        budget.take(len(piece))
        pieces.append(piece)
        at += step
    return b"".join(pieces)


def _dictionary(data: bytes, at: int) -> bytes:
    """Returns the PDF dictionary of the stream that begins at `at`; empty if there is none."""
    before = data[max(0, at - _PDF_DICTIONARY) : at]
    if not before.endswith((b"stream\n", b"stream\r\n", b"stream\r")):
        return b""
    return before[before.rfind(b"obj") + 1 :]


def _pdf_streams(data: bytes, hint: bytes, budget: Budget) -> Iterator[tuple[str, bytes, bytes]]:
    """Yields streams in the encodings that only PDF has; the layer itself may be such a stream."""
    streams = [(data, hint)] if hint else []
    for match in _PDF_STREAM.finditer(data):
        end = _PDF_END.search(data, match.end())
        if end is not None:
            streams.append((data[match.end() : end.start()], _dictionary(data, match.end())))
    for stream, found in streams:
        dictionary = found
        if _INDIRECT_FILTER.search(found):
            dictionary = _INDIRECT_FILTER.sub(b"", found) + b"".join(_PDF_FILTERS)
        for name, decode in _PDF_FILTERS.items():
            if name in dictionary:
                decoded = decode(stream)
                budget.take(len(decoded))
                # Without its own name, so that it is not decoded in the same way again and again.
                yield name.decode(), decoded, dictionary.replace(name, b"")


def _ascii85(stream: bytes) -> bytes:
    text = re.sub(rb"\s", b"", stream.partition(b"~>")[0])
    pieces = []
    for group in re.findall(rb"z|[!-u]{2,5}", text.removeprefix(b"<~")):
        if group == b"z":
            pieces.append(b"\0\0\0\0")
            continue
        value = 0
        for code in group.ljust(5, b"u"):
            value = value * 85 + code - 33
        pieces.append((value & 0xFFFFFFFF).to_bytes(4, "big")[: len(group) - 1])
    return b"".join(pieces)


def _run_lengths(stream: bytes) -> bytes:
    pieces, at = [], 0
    while at < len(stream) and stream[at] != 128:
        length = stream[at]
        if length < 128:
            pieces.append(stream[at + 1 : at + 2 + length])
            at += 2 + length
        else:
            pieces.append(stream[at + 1 : at + 2] * (257 - length))
            at += 2
    return b"".join(pieces)


def _lzw(stream: bytes) -> bytes:
    """Decodes LZW as PDF has it: codes of 9 to 12 bits, which grow one code early by default."""
    table: list[bytes] = []
    pieces: list[bytes] = []
    previous, bits, value, width = b"", 0, 0, 9
    for byte in stream:
        value, bits = (value << 8 | byte) & 0xFFFFFF, bits + 8
        if bits < width:
            continue
        bits -= width
        code = value >> bits & (1 << width) - 1
        if code == _LZW_CLEAR:
            table, previous, width = [bytes([one]) for one in range(256)] + [b"", b""], b"", 9
            continue
        if code == _LZW_END or not table or code > len(table):
            break
        entry = table[code] if code < len(table) else previous + previous[:1]
        pieces.append(entry)
        if previous and len(table) < _LZW_MOST:
            table.append(previous + entry[:1])
        previous = entry
        width = min(12, max(9, (len(table) + 1).bit_length()))
    return b"".join(pieces)


_PDF_FILTERS = {
    b"/ASCII85Decode": _ascii85,
    b"/LZWDecode": _lzw,
    b"/RunLengthDecode": _run_lengths,
}


def _unpredicted(data: bytes, dictionary: bytes) -> bytes:
    """Undoes the predictors of PNG, which store differences to the row above."""
    if _number(rb"/Predictor", dictionary, 1) < 10:
        return b""
    colors = _number(rb"/Colors", dictionary, 1)
    bits = _number(rb"/BitsPerComponent", dictionary, 8)
    pixel = max(1, colors * bits // 8)
    row = (_number(rb"/Columns", dictionary, 1) * colors * bits + 7) // 8
    above, rows = bytearray(row), []
    for at in range(0, len(data), row + 1):
        line = bytearray(data[at + 1 : at + 1 + row].ljust(row, b"\0"))
        _unpredict(data[at], line, above, pixel)
        rows.append(bytes(line))
        above = line
    return b"".join(rows)


def _unpredict(kind: int, line: bytearray, above: bytearray, pixel: int) -> None:
    for at in range(len(line)):
        left = line[at - pixel] if at >= pixel else 0
        corner = above[at - pixel] if at >= pixel else 0
        line[at] = (line[at] + _predicted(kind, left, above[at], corner)) & 0xFF


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 4:
        guess = left + up - corner
        return min((left, up, corner), key=lambda one: abs(guess - one))
    return (0, left, up, (left + up) // 2)[kind] if kind < 4 else 0


def _number(key: bytes, dictionary: bytes, default: int) -> int:
    match = re.search(key + rb"\s{0,5}(\d{1,6})", dictionary)
    return int(match[1]) if match else default
