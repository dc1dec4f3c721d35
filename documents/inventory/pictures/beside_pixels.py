"""Text that may stand in the numbers and the compressed pixels of a picture, or after its end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.inventory.pictures.part import PartKind, PicturePart

LEAST = 10  # bytes: shorter parts are sizes, times and resolutions
# Compressed pixels hardly ever have such a run by chance: of ASCII characters, also in UTF-16, or
# of Chinese ones in UTF-8. The pattern begins with a character, so that the search skips to one.
_RUN = re.compile(
    rb"[!-~\xe3-\xe9](?:(?<=[!-~])(?:[ -~]{10,}|\0(?:[ -~]\0){5,}[ -~]?)"
    rb"|(?<=[\xe3-\xe9])[\x80-\xbf]{2}(?:[\xe3-\xe9][\x80-\xbf]{2})+)"
)
# Each byte as its class in that pattern, and what a run begins with in classes. That is found in a
# tenth of the time in which the pattern is tried at each byte.
_CLASSES = bytes(
    ord("a") if ord(" ") <= byte <= ord("~")
    else ord("z") if not byte
    else ord("h") if 0xE3 <= byte <= 0xE9
    else ord("c") if 0x80 <= byte <= 0xBF
    else ord("-")
    for byte in range(256)
)  # fmt: skip
_BEGINNINGS = (b"a" * 11, b"az" * 6, b"hcc" * 2)


def compressed_pixels(data: bytes) -> Iterator[PicturePart]:
    """Text that stands among compressed pixels, such as after the end of their code."""
    if runs := list(_runs(data)):
        # The zeros complete the last character in UTF-16 of either byte order.
        joined = b"".join(run + b"\0\n\0" for run in runs)
        yield PicturePart("compressed pixels", joined, PartKind.strings)


def _runs(data: bytes) -> Iterator[bytes]:
    """Yields what `_RUN` finds, in order."""
    classes = data.translate(_CLASSES)
    starts = {one: classes.find(one) for one in _BEGINNINGS}
    while found := [start for start in starts.values() if start >= 0]:
        end = min(found) + 1
        if run := _RUN.match(data, min(found)):  # a run does not begin with a space
            yield run[0]
            end = run.end()
        # One that does not occur again is not searched again, so that the time stays linear.
        starts = {
            one: classes.find(one, end) if 0 <= start < end else start
            for one, start in starts.items()
        }


def numbers(where: str, body: bytes, most: int, least: int = LEAST) -> Iterator[PicturePart]:
    """A part of `least` bytes of numbers or more, which may be text; unknown above `most` bytes."""
    if len(body) > most:
        yield PicturePart(where, body, PartKind.unknown)
    elif len(body) >= least and body.strip(b"\0"):
        yield PicturePart(where, body, PartKind.strings)


def outside(data: bytes, end: int) -> Iterator[PicturePart]:
    yield from nonzero("data after the end", data[end:])


def nonzero(where: str, data: bytes) -> Iterator[PicturePart]:
    if data.strip(b"\0"):
        yield PicturePart(where, data, PartKind.outside)
