"""What the strips and tiles of a TIFF hold after their last pixel (TIFF 6.0, parts 1 and 2)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence

from documents.inventory.pictures.beside_pixels import compressed_pixels, nonzero
from documents.inventory.pictures.part import PicturePart

_NONE, _PACK_BITS, _DEFLATE = 1, 32_773, frozenset((8, 32_946))
_WIDTH, _HEIGHT, _BITS, _PACKING, _SAMPLES, _ROWS, _PLANES = 256, 257, 258, 259, 277, 278, 284
_TILE_WIDTH, _TILE_HEIGHT = 322, 323
_SEPARATE = 2
_MOST = 16 << 20  # unpacked bytes after the pixels


def pixel_parts(
    pieces: Sequence[bytes], tags: Mapping[int, Sequence[int]]
) -> Iterator[PicturePart]:
    """What follows the pixels in each strip or tile, and text among pixels compressed otherwise.

    `tags` are the numbers of the directory that has the pieces.
    """
    packing = next(iter(tags.get(_PACKING, ())), _NONE)
    for piece, size in zip(pieces, _sizes(tags, len(pieces)), strict=True):
        if packing == _NONE:
            yield from nonzero("data after the pixels", piece[size:])
        elif packing == _PACK_BITS:
            yield from nonzero("data after the pixels", piece[_end_of_runs(piece, size) :])
        elif packing in _DEFLATE:
            yield from nonzero("data after the pixels", _after_unpacking(piece, size))
        else:
            yield from compressed_pixels(piece)


def _sizes(tags: Mapping[int, Sequence[int]], count: int) -> Iterator[int]:
    """The bytes of each piece, unpacked."""

    def first(tag: int, default: int) -> int:
        return next(iter(tags.get(tag, ())), default)

    bits = tags.get(_BITS, (1,))
    samples = first(_SAMPLES, 1)
    height = first(_HEIGHT, 0)
    is_separate = first(_PLANES, 1) == _SEPARATE
    depth = max(bits) * (1 if is_separate else samples)
    row = (first(_TILE_WIDTH, first(_WIDTH, 0)) * depth + 7) // 8
    rows = max(1, first(_TILE_HEIGHT, min(first(_ROWS, height), height)))
    strips = max(1, -(-height // rows))
    for number in range(count):
        is_tile = _TILE_HEIGHT in tags
        yield row * (rows if is_tile else min(rows, height - number % strips * rows))


def _end_of_runs(data: bytes, size: int) -> int:
    """Where the runs end that give `size` bytes (TIFF 6.0, section 9)."""
    at = 0
    while size > 0 and at < len(data):
        head = data[at]
        if head < 128:
            at, size = at + 2 + head, size - 1 - head
        elif head > 128:
            at, size = at + 2, size - 257 + head
        else:
            at += 1
    return at


def _after_unpacking(data: bytes, size: int) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        pixels = unpacking.decompress(data, size + _MOST)
    except zlib.error:
        return b""  # a damaged picture is named where it is decoded
    return pixels[size:] + unpacking.unused_data
