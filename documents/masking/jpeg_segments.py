"""Copies a JPEG without what is not needed to display it: EXIF, comments, profiles, thumbnails."""

from __future__ import annotations

from documents.masking.pdf_parts import NotUnderstood

_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_ADOBE = 0xEE  # says how the colours are stored
# Tables, frames, scans and restart intervals.
_KEPT = frozenset((*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDD, _ADOBE))
_ADOBE_SIZE = 14


def without_metadata(jpeg: bytes) -> bytes:
    """The JPEG up to its end marker. Raises `NotUnderstood` if it is damaged."""
    if jpeg[:2] != b"\xff\xd8":
        raise NotUnderstood("damaged picture")
    kept = [b"\xff\xd8"]
    at = 2
    while True:
        while jpeg[at : at + 1] == b"\xff" and jpeg[at + 1 : at + 2] == b"\xff":
            at += 1
        if len(jpeg) < at + 4 or jpeg[at] != 0xFF:
            if jpeg[at : at + 2] == b"\xff\xd9":
                break
            raise NotUnderstood("damaged picture")
        marker = jpeg[at + 1]
        if marker == _END:
            break
        if marker in _ALONE:
            at += 2
            continue
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        segment = jpeg[at:end]
        if marker == _SCAN:
            end = _end_of_scan(jpeg, end)
            segment = jpeg[at:end]
        if marker == _ADOBE:
            is_adobe = segment[4:9] == b"Adobe"
            segment = b"\xff\xee\x00\x0e" + segment[4 : 2 + _ADOBE_SIZE] if is_adobe else b""
        if marker in _KEPT:
            kept.append(segment)
        at = end
    return b"".join([*kept, b"\xff\xd9"])


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
