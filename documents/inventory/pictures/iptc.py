"""The records of IPTC data in pictures (IPTC IIM 4.2, chapter 1.5): captions, keywords, names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.inventory.pictures.part import PartKind, PicturePart

_MARK = 0x1C
_HEAD = 5  # bytes: the mark, the numbers of the record and of the data set, the length
_LONG = 0x8000
# ImageMagick and ExifTool: a name, the number of bytes, and hexadecimal digits in lines.
_RAW = re.compile(
    rb"Raw profile type [!-~]{1,60}[\s\0]{1,9}[!-~]{1,60}\s{1,9}\d{1,10}\s([0-9A-Fa-f\s]+)"
)


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
