"""Copies a JPEG without what is not needed to display it: EXIF, comments, profiles, thumbnails."""

from __future__ import annotations

from documents.masking.pdf.parts import NotUnderstood

_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
_END, _SCAN, _FILL = 0xD9, 0xDA, 0xFF
_ADOBE = 0xEE  # says how the colours are stored
# Tables, frames, scans and restart intervals.
_KEPT = frozenset((*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDD))
_ADOBE_SIZE = 16


def without_metadata(jpeg: bytes) -> bytes:
    """The JPEG up to its end marker. Raises `NotUnderstood` if it is damaged."""
    if jpeg[:2] != b"\xff\xd8":
        raise NotUnderstood("damaged picture")
    kept = [b"\xff\xd8"]
    at = 2
    while (marker := _marker(jpeg, at)) != _END:
        if marker == _FILL:
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        if marker == _SCAN:
            end = _end_of_scan(jpeg, end)
        if marker == _ADOBE:
            kept.append(_adobe(jpeg[at:end]))
        elif marker in _KEPT:
            kept.append(jpeg[at:end])
        at = end
    return b"".join([*kept, b"\xff\xd9"])


def _marker(jpeg: bytes, at: int) -> int:
    if len(jpeg) < at + 2 or jpeg[at] != 0xFF:
        raise NotUnderstood("damaged picture")
    return jpeg[at + 1]


def _adobe(segment: bytes) -> bytes:
    """The segment without what follows its 12 bytes; nothing if it is another program's."""
    if segment[4:9] != b"Adobe":
        return b""
    return b"\xff\xee\x00\x0e" + segment[4:_ADOBE_SIZE]


def _end_of_scan(jpeg: bytes, at: int) -> int:
    """Where the next marker after compressed data is."""
    while True:
        at = jpeg.find(b"\xff", at)
        if at < 0 or at + 1 >= len(jpeg):
            raise NotUnderstood("damaged picture")
        following = jpeg[at + 1]
        if following == 0 or 0xD0 <= following <= 0xD7:
            at += 2
        elif following == 0xFF:
            at += 1
        else:
            return at
