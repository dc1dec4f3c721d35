"""The tags of a TIFF file and of EXIF data (TIFF 6.0, Exif 3.0)."""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from documents.inventory.pictures.beside_pixels import LEAST, numbers
from documents.inventory.pictures.iptc import iptc_parts
from documents.inventory.pictures.part import PartKind, PicturePart
from documents.inventory.pictures.tiff_pixels import pixel_parts

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_NUMBERS = {3: "H", 4: "L", 8: "h", 9: "l", 13: "L"}
_TEXT_TYPES = frozenset((1, 2, 7))  # bytes, ASCII, undefined
_DIRECTORIES = {34_665: "EXIF", 34_853: "GPS", 40_965: "interoperability"}
_POSITION = {2: "latitude", 4: "longitude"}  # tags of the directory GPS
_FURTHER_PICTURES = frozenset((330, 513))  # sub-directories, thumbnail
_PIXELS = {273: 279, 324: 325}  # the offsets of strips and tiles, and their lengths
# Numbers that are stored as bytes: JPEG tables, versions, components, file and scene type.
_NOT_TEXT = frozenset((347, 36_864, 37_121, 40_960, 41_728, 41_729))
_COLOR_PROFILE, _XMP, _MAKER_NOTE, _IPTC = 34_675, 700, 37_500, 33_723
_OFFSETS = frozenset((*_PIXELS, *_PIXELS.values(), 34_665, 34_853, 40_965, 514))
_SURROGATES = 0xD800
_MOST_TAGS, _MOST_DIRECTORIES = 4_096, 1_024
_PADDING = 4  # bytes
_PRIVATE = 32_768  # the first number of tags that are no standard's (TIFF 6.0, 2)
_LEAST_OF_PRIVATE = 4  # bytes of two Chinese characters


def tiff_parts(data: bytes) -> Iterator[PicturePart]:
    """The tags of a TIFF file that are no numbers, and the bytes that no tag refers to.

    Yields an unknown part if it cannot be read.
    """
    tags = _Tags(data)
    yield from _checked(tags)
    if not tags.is_damaged and (outside := tags.outside()):
        yield PicturePart("data that no tag refers to", outside, PartKind.outside)


def exif_parts(data: bytes) -> Iterator[PicturePart]:
    """The tags of EXIF data that are no numbers. Yields an unknown part if it cannot be read."""
    tags = _Tags(data)
    yield from _checked(tags)
    if tags.directories > 1:
        yield PicturePart("thumbnail", b"", PartKind.frame)


def _checked(tags: _Tags) -> Iterator[PicturePart]:
    try:
        yield from tags.parts()
    except (ValueError, struct.error, IndexError):
        tags.is_damaged = True
        yield PicturePart("tags", tags.data, PartKind.unknown)


@dataclass(frozen=True, slots=True)
class _Tag:
    number: int
    kind: int
    data: bytes
    values: tuple[int, ...]


class _Tags:
    """Reads the directories of `data`."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.directories = 0
        self.is_damaged = False
        self._order = "<" if data[:2] == b"II" else ">"
        self._used = [(0, 8)]

    def parts(self) -> Iterator[PicturePart]:
        """Raises `ValueError`, `struct.error` or `IndexError` if the directories are damaged."""
        if self.data[:2] not in {b"II", b"MM"} or self._number("H", 2) != 42:
            raise ValueError("not a TIFF file of 32 bits")
        at = self._number("L", 4)
        seen = set()
        while at and at not in seen and self.directories < _MOST_DIRECTORIES:
            seen.add(at)
            self.directories += 1
            at = yield from self._directory(at, "tag", depth=0)

    def outside(self) -> bytes:
        """The bytes that no tag refers to. Called after `parts`."""
        gaps, end = [], 0
        for start, stop in [*sorted(self._used), (len(self.data), len(self.data))]:
            if start - end >= _PADDING:
                gaps.append(self.data[end:start])
            end = max(end, stop)
        return b"".join(gaps).strip(b"\0")

    def _directory(self, at: int, name: str, depth: int) -> Generator[PicturePart, None, int]:
        """Yields the parts of a directory, and returns the place of the next one; 0 for none."""
        count = self._number("H", at)
        end = at + 2 + 12 * count
        if count > _MOST_TAGS or depth > 2:
            raise ValueError("too many tags")
        self._used.append((at, end + 4))
        tags = {tag.number: tag for tag in (self._tag(at + 2 + 12 * k) for k in range(count))}
        for offsets, lengths in _PIXELS.items():
            if offsets in tags and lengths in tags:
                pairs = [*zip(tags[offsets].values, tags[lengths].values, strict=True)]
                self._used += [(start, start + size) for start, size in pairs]
                pieces = [self.data[start : start + size] for start, size in pairs]
                yield from pixel_parts(pieces, {tag.number: tag.values for tag in tags.values()})
        for tag in tags.values():
            if tag.number in _DIRECTORIES and depth < 2:
                yield from self._directory(tag.values[0], _DIRECTORIES[tag.number], depth + 1)
            else:
                yield from self._part(tag, name)
        return self._number("L", end) if end + 4 <= len(self.data) else 0

    def _part(self, tag: _Tag, name: str) -> Iterator[PicturePart]:
        where = f"{name} {tag.number}"
        if tag.number in _FURTHER_PICTURES and name != "GPS":
            yield PicturePart(where, b"", PartKind.frame)
        elif tag.number == _COLOR_PROFILE:
            yield PicturePart("color profile", tag.data, PartKind.strings)
        elif tag.number == _XMP:
            yield PicturePart("XMP", tag.data, PartKind.text)
        elif name == "GPS" and tag.number in _POSITION:
            words = f"{_POSITION[tag.number]} {' '.join(map(str, self._fractions(tag.data)))}"
            yield PicturePart(where, words.encode(), PartKind.text)
        elif tag.number == _MAKER_NOTE:
            yield PicturePart("notes of the camera's maker", tag.data, PartKind.unknown)
        elif tag.kind in _TEXT_TYPES and tag.number not in _NOT_TEXT:
            yield PicturePart(where, tag.data, PartKind.text if tag.kind == 2 else PartKind.strings)
        elif tag.number not in _OFFSETS:
            least = _LEAST_OF_PRIVATE if tag.number >= _PRIVATE else LEAST
            yield from numbers(where, tag.data, len(tag.data), least)
            # Each number may be a character.
            characters = "".join(chr(one) for one in tag.values if 0 < one < _SURROGATES)
            written = characters.encode("utf-16-le")
            yield from numbers(where, written, len(written), least)
            yield from self._swapped(tag, where, least)
        if tag.number == _IPTC:
            yield from iptc_parts(where, tag.data)

    @staticmethod
    def _swapped(tag: _Tag, where: str, least: int) -> Iterator[PicturePart]:
        """Bytes that a program stored as numbers of the other byte order, as IPTC data often is."""
        size = _SIZES[tag.kind]
        if size not in {2, 4}:
            return
        swapped = b"".join(tag.data[at : at + size][::-1] for at in range(0, len(tag.data), size))
        yield from numbers(where, swapped, len(swapped), least)
        if tag.number == _IPTC:
            yield from iptc_parts(where, swapped)

    def _tag(self, at: int) -> _Tag:
        number, kind, count = struct.unpack_from(f"{self._order}HHL", self.data, at)
        size = _SIZES[kind] * count if kind in _SIZES else -1
        start = at + 8 if size <= 4 else self._number("L", at + 8)
        if size < 0 or start + size > len(self.data):
            raise ValueError("a tag beyond the end")
        self._used.append((start, start + size))
        data = self.data[start : start + size]
        code = _NUMBERS.get(kind)
        values = struct.unpack(f"{self._order}{count}{code}", data) if code else ()
        return _Tag(number, kind, data, values)

    def _fractions(self, data: bytes) -> list[float]:
        numbers = struct.unpack(f"{self._order}{len(data) // 4}L", data)
        return [one / (two or 1) for one, two in zip(numbers[::2], numbers[1::2], strict=True)]

    def _number(self, code: str, at: int) -> int:
        (number,) = struct.unpack_from(self._order + code, self.data, at)
        return int(number)
