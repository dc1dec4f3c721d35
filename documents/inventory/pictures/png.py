"""The parts of a PNG beside its pixels."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from types import MappingProxyType

from documents.inventory.pictures.beside_pixels import nonzero, numbers, outside
from documents.inventory.pictures.iptc import raw_profile
from documents.inventory.pictures.part import PartKind, PicturePart

_MOST = 16 << 20  # bytes of compressed text
_MOST_ROWS = 1 << 20  # bytes that are unpacked at once


def png_parts(data: bytes) -> Iterator[PicturePart]:
    """The chunks of a PNG except those with pixels and numbers (PNG, third edition)."""
    at = 8
    name = b""
    while at + 8 <= len(data) and name != b"IEND":
        length = int.from_bytes(data[at : at + 4], "big")
        name = data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        if name in _PNG_NUMBERS:
            yield from numbers(_chunk(name), body, _PNG_NUMBERS[name])
        elif name not in _PIXELS:
            part = _png_part(name, body)
            yield part
            yield from raw_profile(part.where, part.data)
            yield from _short_text(name, part)
        at += length + 12
    yield from outside(data, at)


_PIXELS = frozenset((b"IHDR", b"IDAT"))
# The most bytes that each has.
_PNG_NUMBERS = MappingProxyType(
    {
        b"PLTE": 768, b"IEND": 0, b"tRNS": 256, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1,
        b"pHYs": 9, b"sBIT": 4, b"bKGD": 6, b"hIST": 512, b"tIME": 7, b"cICP": 4, b"mDCV": 24,
        b"cLLI": 8, b"iDOT": 28, b"oFFs": 9, b"vpAg": 9, b"caNv": 16, b"sTER": 1,
    }
)  # fmt: skip


def _chunk(name: bytes) -> str:
    return f"chunk {name.decode('latin-1')}"


def _short_text(name: bytes, part: PicturePart) -> Iterator[PicturePart]:
    """A short text without its keyword: with that of another chunk it may be one value."""
    text = part.data.rpartition(b"\0" if name == b"tEXt" else b" ")[2]
    if name in _TEXTS and 0 < len(text) <= _SHORT:
        yield PicturePart("text of a chunk", text, PartKind.text)


_TEXTS = frozenset((b"tEXt", b"zTXt", b"iTXt"))
_SHORT = 18  # bytes: of a longer text, no neighbour is looked at
_PNG_KINDS = {b"tEXt": PartKind.text, b"eXIf": PartKind.tags}


def _png_part(name: bytes, body: bytes) -> PicturePart:
    where = _chunk(name)
    if name in {b"zTXt", b"iCCP"}:
        keyword, _, packed = body.partition(b"\0")
        kind = PartKind.text if name == b"zTXt" else PartKind.strings
        return _unpacked(where, keyword, packed[1:], kind)
    if name == b"iTXt":
        keyword, _, rest = body.partition(b"\0")
        language, translated, text, *_ = [*rest[2:].split(b"\0", 2), b"", b""]
        before = b" ".join((keyword, language, translated))
        if rest[:1] == b"\1":
            return _unpacked(where, before, text, PartKind.text)
        return PicturePart(where, before + b" " + text, PartKind.text)
    if name in {b"acTL", b"fcTL", b"fdAT"}:
        return PicturePart("further frames", b"", PartKind.frame)
    return PicturePart(where, body, _PNG_KINDS.get(name, PartKind.unknown))


def _unpacked(where: str, before: bytes, packed: bytes, kind: PartKind) -> PicturePart:
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(packed, _MOST)
    except zlib.error:
        return PicturePart(where, before + b" " + packed, PartKind.unknown)
    if unpacking.unconsumed_tail or unpacking.unused_data:
        return PicturePart(where, before + b" " + text, PartKind.unknown)
    return PicturePart(where, before + b" " + text, kind)


# Adam7: the first column and row of each pass, and the steps to the next ones.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
           (0, 1, 1, 2))  # fmt: skip
_CHANNELS = MappingProxyType({0: 1, 2: 3, 3: 1, 4: 2, 6: 4})


def after_the_pixels(data: bytes) -> Iterator[PicturePart]:
    """What the chunks of pixels hold after the last pixel, unpacked or not.

    All pixels are unpacked for it.
    """
    unpacking = zlib.decompressobj()
    left = _size_of_pixels(data)
    rest = bytearray()
    for chunk in _pixels(data):
        packed = chunk
        while packed and not unpacking.eof and len(rest) < _MOST:
            try:
                rows = unpacking.decompress(packed, _MOST_ROWS)
            except zlib.error:
                return  # a damaged picture is named where it is decoded
            packed = unpacking.unconsumed_tail or unpacking.unused_data
            rest += rows[left:]
            left = max(0, left - len(rows))
        rest += packed
    yield from nonzero("data after the pixels", bytes(rest[:_MOST]))


def _pixels(data: bytes) -> Iterator[bytes]:
    at = 8
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IDAT":
            yield data[at + 8 : at + 8 + length]
        at += length + 12


def _size_of_pixels(data: bytes) -> int:
    """The bytes of the rows, each with its filter (PNG, third edition, 7.2 and 8.1)."""
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    depth, color, interlace = data[24], data[25], data[28]
    bits = depth * _CHANNELS.get(color, 4)
    if not interlace:
        return height * (1 + (width * bits + 7) // 8)
    size = 0
    for column, row, right, down in _PASSES:
        columns, rows = -((column - width) // right), -((row - height) // down)
        size += rows * (1 + (columns * bits + 7) // 8) if columns > 0 and rows > 0 else 0
    return size
