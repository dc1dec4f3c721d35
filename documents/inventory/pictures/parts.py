"""The parts of a picture file beside its pixels, for each format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from documents.inventory.pictures.beside_pixels import (
    compressed_pixels,
    nonzero,
    numbers,
    outside,
)
from documents.inventory.pictures.iptc import photoshop_parts
from documents.inventory.pictures.part import PartKind, PicturePart
from documents.inventory.pictures.png import png_parts
from documents.inventory.pictures.tiff_tags import tiff_parts
from documents.readers.pictures import BMP, GIF, JPEG, PNG, TIFF, WEBP

# Records of numbers, and the most bytes of each: an index of the pictures of a phone's cameras,
# which are listed as files (CIPA DC-007), and Photoshop's quality for the web.
_JPEG_RECORDS = MappingProxyType({b"MPF\0": 512, b"Ducky\0": 10})
_NO_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))
# Tables, frame headers, and the restart interval: the most bytes that each has. A frame header has
# three for each component, of which there are four at most.
_JPEG_NUMBERS = MappingProxyType(
    {
        **dict.fromkeys(frozenset(range(0xC0, 0xD0)) - {0xC8}, 6 + 3 * 4),
        0xC4: 8 * (17 + 256),
        0xDA: 1 + 2 * 4 + 3,
        0xDB: 4 * (1 + 2 * 64),
        0xDC: 2,
        0xDD: 2,
        0xDE: 6 + 3 * 4,
        0xDF: 1,
    }
)
_HUFFMAN = 0xC4
_JPEG_HEADERS = frozenset((*range(0xC0, 0xD0), 0xDA)) - {_HUFFMAN}
_PHOTOSHOP = 0xED
_EXIF, _XMP, _LONG_XMP, _ICC = (
    b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0",
    b"ICC_PROFILE\0",
)  # fmt: skip
# Objects in several segments, and the bytes before their content: for a profile the number of the
# segment and of all (ICC.1, annex B.4), for XMP a digest, the length and the offset (ISO 16684-3).
_PROFILE, _PROFILE_HEAD = "color profile", 2
_EXTENDED, _EXTENDED_HEAD, _DIGEST = "extended XMP", 40, 32
_OBJECTS = MappingProxyType(
    {
        _EXIF: ("EXIF", PartKind.tags),
        _XMP: ("XMP", PartKind.text),
        _LONG_XMP: (_EXTENDED, PartKind.text),
        _ICC: (_PROFILE, PartKind.strings),
    }
)


def jpeg_parts(data: bytes) -> Iterator[PicturePart]:
    """The segments of a JPEG except those with pixels and numbers (ITU T.81, annex B).

    What several segments hold together, because one has 64 KiB at most, is one part.
    """
    profile: dict[bytes, bytes] = {}
    long_xmp: dict[bytes, bytes] = {}
    for part in _jpeg_segments(data):
        if part.where == _PROFILE:
            head, body = part.data[:_PROFILE_HEAD], part.data[_PROFILE_HEAD:]
            profile[head] = profile.get(head, b"") + body
        elif part.where == _EXTENDED:
            head, body = part.data[:_EXTENDED_HEAD], part.data[_EXTENDED_HEAD:]
            long_xmp[head] = long_xmp.get(head, b"") + body
        else:
            yield part
    # The heads begin with what the segments of one object share, and end with their order.
    if profile:
        joined = b"".join(profile[head] for head in sorted(profile))
        yield PicturePart(_PROFILE, joined, PartKind.strings)
    for digest in sorted({head[:_DIGEST] for head in long_xmp}):
        joined = b"".join(long_xmp[head] for head in sorted(long_xmp) if head.startswith(digest))
        yield PicturePart("XMP", joined, PartKind.text)
        yield PicturePart("digest of XMP", digest, PartKind.text)


def _jpeg_segments(data: bytes) -> Iterator[PicturePart]:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            yield PicturePart("data between segments", data[at:], PartKind.outside)
            return
        marker = data[at + 1]
        if marker == 0xD9:
            yield from outside(data, at + 2)
            return
        if marker in _NO_LENGTH or marker == 0xFF:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        if marker not in _JPEG_NUMBERS:
            yield from _jpeg_part(marker, body)
        elif marker not in _JPEG_HEADERS and not (marker == _HUFFMAN and _are_codes(body)):
            yield from numbers("tables", body, _JPEG_NUMBERS[marker])
        elif len(body) > _JPEG_NUMBERS[marker]:
            yield PicturePart("tables", body, PartKind.unknown)
        at += 2 + length
        if marker == 0xDA:
            start, at = at, _end_of_scan(data, at)
            yield from compressed_pixels(data[start:at])


def _are_codes(body: bytes) -> bool:
    """Whether a segment has Huffman tables and nothing else (ITU T.81, B.2.4.2).

    Of each, the values are different, so that text is no such table.
    """
    at = 0
    while at < len(body):
        end = at + 17 + sum(body[at + 1 : at + 17])
        values = body[at + 17 : end]
        if end > len(body) or len(set(values)) < len(values):
            return False
        at = end
    return True


def _end_of_scan(data: bytes, at: int) -> int:
    """The next marker after compressed pixels: in them, 255 is followed by 0."""
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 1:
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2
    return len(data)


def _jpeg_part(marker: int, body: bytes) -> Iterator[PicturePart]:
    if marker == 0xFE:
        yield PicturePart("comment", body, PartKind.text)
    elif prefix := next(filter(body.startswith, _OBJECTS), None):
        where, kind = _OBJECTS[prefix]
        yield PicturePart(where, body.removeprefix(prefix), kind)
    elif body.startswith(b"JFIF\0"):
        if body[12:14] != b"\0\0" or len(body) > 14:
            yield PicturePart("thumbnail", body, PartKind.frame)
    elif marker == _PHOTOSHOP:
        yield from photoshop_parts("segment APP13", body)
    elif name := next((name for name in _JPEG_RECORDS if body.startswith(name)), b""):
        yield from numbers(f"segment APP{marker & 0x0F}", body, len(name) + _JPEG_RECORDS[name])
    elif not (body.startswith(b"Adobe") and len(body) <= 12):
        yield PicturePart(f"segment APP{marker & 0x0F}", body, PartKind.unknown)


def gif_parts(data: bytes) -> Iterator[PicturePart]:
    """The extensions of a GIF, and its frames after the first (GIF89a)."""
    at = 13 + _color_table(data[10:11])
    yield from numbers("colors", data[13:at], at)
    frames = 0
    while at < len(data):
        kind = data[at]
        if kind == 0x2C:
            frames += 1
            if frames == 2:
                yield PicturePart("further frames", b"", PartKind.frame)
            start, colors = at + 10, _color_table(data[at + 9 : at + 10])
            yield from numbers("colors", data[start : start + colors], colors)
            at, pixels = _blocks(data, start + colors + 1)
            yield from compressed_pixels(pixels)
        elif kind == 0x21:
            label = data[at + 1 : at + 2]
            at, body = _blocks(data, at + 2)
            yield from _gif_extension(label, body)
        else:
            yield from outside(data, at + 1 if kind == 0x3B else at)
            return


def _color_table(packed: bytes) -> int:
    return 3 << ((packed[0] & 7) + 1) if packed and packed[0] & 0x80 else 0


def _blocks(data: bytes, at: int) -> tuple[int, bytes]:
    """The end of a series of blocks, and their content."""
    pieces = []
    while at < len(data) and data[at]:
        pieces.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return at + 1, b"".join(pieces)


def _gif_extension(label: bytes, body: bytes) -> Iterator[PicturePart]:
    if label in {b"\xfe", b"\x01"}:
        yield PicturePart("comment", body, PartKind.text)
    elif label == b"\xf9":
        yield from numbers("extension", body, 4)
    elif label == b"\xff" and body.startswith((b"NETSCAPE2.0", b"ANIMEXTS1.0")):
        yield from numbers("application extension", body[11:], 8)
    elif label == b"\xff":
        kind = PartKind.text if body.startswith(b"XMP DataXMP") else PartKind.unknown
        yield PicturePart("application extension", body, kind)
    else:
        yield PicturePart("extension", body, PartKind.unknown)


_WEBP_PIXELS = frozenset((b"VP8 ", b"VP8L", b"ALPH", b"ANMF"))
_WEBP_NUMBERS = MappingProxyType({b"VP8X": 10, b"ANIM": 6})


def webp_parts(data: bytes) -> Iterator[PicturePart]:
    """The chunks of a WebP except those with pixels (RFC 9649)."""
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    at, frames = 12, 0
    while at + 8 <= end:
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
        frames += name == b"ANMF"
        if name == b"ANMF" and frames == 2:
            yield PicturePart("further frames", b"", PartKind.frame)
        elif name == b"EXIF":
            yield PicturePart("EXIF", body.removeprefix(_EXIF), PartKind.tags)
        elif name == b"XMP ":
            yield PicturePart("XMP", body, PartKind.text)
        elif name == b"ICCP":
            yield PicturePart("color profile", body, PartKind.strings)
        elif name in _WEBP_PIXELS:
            yield from compressed_pixels(body)
        elif name in _WEBP_NUMBERS:
            yield from numbers(f"chunk {name.decode()}", body, _WEBP_NUMBERS[name])
        else:
            yield PicturePart("unknown chunk", body, PartKind.unknown)
    yield from outside(data, end)


_MOST_ROWS = 1 << 16


def bmp_parts(data: bytes) -> Iterator[PicturePart]:
    """What a BMP holds between its header and its pixels, and after them."""
    start, header = (int.from_bytes(data[at : at + 4], "little") for at in (10, 14))
    width = int.from_bytes(data[18:22], "little", signed=True)
    height = abs(int.from_bytes(data[22:26], "little", signed=True))
    depth, packing = (int.from_bytes(data[at : at + 2], "little") for at in (28, 30))
    size = int.from_bytes(data[34:38], "little")
    if header < 40:
        yield PicturePart("header", data, PartKind.unknown)
        return
    if packing in {0, 3}:
        size = (width * depth + 31) // 32 * 4 * height
    if depth <= 8:
        colors = (int.from_bytes(data[46:50], "little") or 1 << depth) * 4
    else:
        colors = 12 if packing == 3 and header == 40 else 0  # masks of the colors
    before = 14 + header
    # Masks, and end points of colors, which most pictures do not use (BITMAPV4HEADER, V5).
    yield from numbers("header", data[14 + 40 : min(14 + 56, before)], 16)
    yield from numbers("header", data[14 + 60 : before], 124 - 60)
    yield from numbers("colors", data[before : min(before + colors, start)], colors)
    yield from nonzero("data before the pixels", data[before + colors : start])
    if packing in {0, 3} and 0 < height <= _MOST_ROWS:
        row, used = size // height, (width * depth + 7) // 8
        ends = (data[at + used : at + row] for at in range(start, start + size, max(row, 1)))
        yield from nonzero("data after the rows", b"".join(ends))
    yield from outside(data, start + size)


PARTS: Mapping[str, Callable[[bytes], Iterator[PicturePart]]] = MappingProxyType(
    {
        PNG: png_parts,
        JPEG: jpeg_parts,
        GIF: gif_parts,
        WEBP: webp_parts,
        BMP: bmp_parts,
        TIFF: tiff_parts,
    }
)
