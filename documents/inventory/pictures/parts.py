"""The parts of a picture file beside its pixels, for each format."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from documents.inventory.pictures.part import PartKind, PicturePart
from documents.inventory.pictures.tiff_tags import tiff_parts
from documents.readers.pictures import BMP, GIF, JPEG, PNG, TIFF, WEBP

_MOST = 16 << 20  # bytes of compressed text


def png_parts(data: bytes) -> Iterator[PicturePart]:
    """The chunks of a PNG except those with pixels and numbers (PNG, third edition)."""
    at = 8
    name = b""
    while at + 8 <= len(data) and name != b"IEND":
        length = int.from_bytes(data[at : at + 4], "big")
        name = data[at + 4 : at + 8]
        if name not in _PNG_NUMBERS:
            yield _png_part(name, data[at + 8 : at + 8 + length])
        at += length + 12
    yield from _outside(data, at)


_PNG_NUMBERS = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"sBIT",
     b"bKGD", b"hIST", b"tIME", b"cICP", b"mDCV", b"cLLI")
)  # fmt: skip


_PNG_KINDS = {b"tEXt": PartKind.text, b"eXIf": PartKind.tags}


def _png_part(name: bytes, body: bytes) -> PicturePart:
    where = f"chunk {name.decode('latin-1')}"
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


_NO_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))
# Tables, frame headers, and the restart interval.
_JPEG_NUMBERS = frozenset((*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF)) - {0xC8}
_EXIF, _XMP, _LONG_XMP = (
    b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0",
)  # fmt: skip


def jpeg_parts(data: bytes) -> Iterator[PicturePart]:
    """The segments of a JPEG except those with pixels and numbers (ITU T.81, annex B)."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            yield PicturePart("data between segments", data[at:], PartKind.outside)
            return
        marker = data[at + 1]
        if marker == 0xD9:
            yield from _outside(data, at + 2)
            return
        if marker in _NO_LENGTH or marker == 0xFF:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker not in _JPEG_NUMBERS:
            yield from _jpeg_part(marker, data[at + 4 : at + 2 + length])
        at += 2 + length
        if marker == 0xDA:
            at = _end_of_scan(data, at)


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
    elif body.startswith(_EXIF):
        yield PicturePart("EXIF", body[len(_EXIF) :], PartKind.tags)
    elif body.startswith((_XMP, _LONG_XMP)):
        yield PicturePart("XMP", body.partition(b"\0")[2], PartKind.text)
    elif body.startswith(b"ICC_PROFILE\0"):
        yield PicturePart("color profile", body, PartKind.strings)
    elif body.startswith(b"JFIF\0"):
        if body[12:14] != b"\0\0" or len(body) > 14:
            yield PicturePart("thumbnail", body, PartKind.frame)
    elif not (body.startswith(b"Adobe") and len(body) <= 12):
        yield PicturePart(f"segment APP{marker & 0x0F}", body, PartKind.unknown)


def gif_parts(data: bytes) -> Iterator[PicturePart]:
    """The extensions of a GIF, and its frames after the first (GIF89a)."""
    at = 13 + _color_table(data[10:11])
    frames = 0
    while at < len(data):
        kind = data[at]
        if kind == 0x2C:
            frames += 1
            if frames == 2:
                yield PicturePart("further frames", b"", PartKind.frame)
            at, _ = _blocks(data, at + 11 + _color_table(data[at + 9 : at + 10]))
        elif kind == 0x21:
            label = data[at + 1 : at + 2]
            at, body = _blocks(data, at + 2)
            yield from _gif_extension(label, body)
        else:
            yield from _outside(data, at + 1 if kind == 0x3B else at)
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
    elif label == b"\xff" and not body.startswith((b"NETSCAPE2.0", b"ANIMEXTS1.0")):
        kind = PartKind.text if body.startswith(b"XMP DataXMP") else PartKind.unknown
        yield PicturePart("application extension", body, kind)
    elif label not in {b"\xf9", b"\xff"}:
        yield PicturePart("extension", body, PartKind.unknown)


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
        elif name not in {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"}:
            yield PicturePart("unknown chunk", body, PartKind.unknown)
    yield from _outside(data, end)


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
    yield from _nonzero("data before the pixels", data[14 + header + colors : start])
    yield from _outside(data, start + size)


def _outside(data: bytes, end: int) -> Iterator[PicturePart]:
    yield from _nonzero("data after the end", data[end:])


def _nonzero(where: str, data: bytes) -> Iterator[PicturePart]:
    if data.strip(b"\0"):
        yield PicturePart(where, data, PartKind.outside)


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
