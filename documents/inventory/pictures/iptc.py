"""The records of IPTC data in pictures (IPTC IIM 4.2, chapter 1.5): captions, keywords, names; and
Photoshop's resources, one of which has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

from documents.inventory.pictures.beside_pixels import numbers
from documents.inventory.pictures.part import PartKind, PicturePart

_MARK = 0x1C
_HEAD = 5  # bytes: the mark, the numbers of the record and of the data set, the length
_LONG = 0x8000
# ImageMagick and ExifTool: a name, the number of bytes, and hexadecimal digits in lines.
_RAW = re.compile(
    rb"Raw profile type [!-~]{1,60}[\s\0]{1,9}[!-~]{1,60}\s{1,9}\d{1,10}\s([0-9A-Fa-f\s]+)"
)


# Adobe Photoshop File Formats, "Image Resource Blocks": a mark, a number, a name, a length.
_PHOTOSHOP, _RESOURCE = b"Photoshop 3.0\0", b"8BIM"
_IPTC, _THUMBNAILS = 0x0404, frozenset((0x0409, 0x040C))
# Resolution, and the digest of the records.
_NUMBERS = MappingProxyType({0x03ED: 16, 0x0425: 16})


def photoshop_parts(where: str, body: bytes) -> Iterator[PicturePart]:
    """The resources of a segment of a JPEG; all of it if it has other data."""
    at = len(_PHOTOSHOP)
    if not body.startswith(_PHOTOSHOP + _RESOURCE):
        yield PicturePart(where, body, PartKind.unknown)
        return
    while body.startswith(_RESOURCE, at) and at + 12 <= len(body):
        number = int.from_bytes(body[at + 4 : at + 6], "big")
        size = body[at + 6] + 1
        name = body[at + 7 : at + 6 + size]
        start = at + 6 + size + size % 2 + 4
        end = start + int.from_bytes(body[start - 4 : start], "big")
        if name:
            yield PicturePart(f"{where}, name of a resource", name, PartKind.text)
        yield from _resource(where, number, body[start:end])
        at = end + (end - start) % 2
    if rest := body[at:].strip(b"\0"):
        yield PicturePart(where, rest, PartKind.unknown)


def _resource(where: str, number: int, data: bytes) -> Iterator[PicturePart]:
    if number == _IPTC:
        records = [*iptc_parts(where, data)]
        yield from records
        read = sum(_HEAD + len(record.data) for record in records)
        if rest := data[read:].strip(b"\0"):
            yield PicturePart(where, rest, PartKind.unknown)
    elif number in _THUMBNAILS:
        yield PicturePart(f"{where}, thumbnail", data, PartKind.frame)
    elif len(data) <= _NUMBERS.get(number, 0):
        yield from numbers(where, data, _NUMBERS[number])
    else:
        yield PicturePart(where, data, PartKind.unknown)


def iptc_parts(where: str, data: bytes) -> Iterator[PicturePart]:
    """The text of each record; nothing if the data does not begin with one."""
    at = 0
    while at + _HEAD <= len(data) and data[at] == _MARK:
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        if size >= _LONG:
            return
        name = f"{where}, IPTC {data[at + 1]}:{data[at + 2]}"
        yield PicturePart(name, data[at + _HEAD : at + _HEAD + size], PartKind.text)
        at += _HEAD + size


def raw_profile(where: str, text: bytes) -> Iterator[PicturePart]:
    """The bytes of a profile that is stored as text, and its records if it has any."""
    profile = _RAW.match(text)
    if profile is None:
        return
    digits = b"".join(profile[1].split())
    data = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
    yield PicturePart(where, data, PartKind.strings)
    # Photoshop's resources around the records begin with a head of their own.
    yield from iptc_parts(where, data[max(0, data.find(_MARK)) :])
