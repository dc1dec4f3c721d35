"""Reads the text of a seal: along its ring, level inside it, and in a square."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from documents.ocr.gutters import runs
from documents.ocr.scan import OcrLine, OcrSeal
from documents.ocr.seal_edges import Pixels, Ring
from documents.ocr.seals import only_ink

Read = Callable[[Pixels, Sequence[npt.NDArray[np.float32]]], Sequence[OcrLine]]
Find = Callable[[Pixels], list[npt.NDArray[np.float32]]]

_SIDE = 400.0  # pixels: the diameter in which a seal is read
_DEPTH = 0.44  # of the radius, from its edge: the ring text is there
_MARGIN = 0.04  # of the radius, outside the edge
_DARK = 170
_EDGE = 0.16  # of the radius: the ring's line is nearer to the edge
_LINE = 0.35  # of a row of the ring: fewer dark pixels are text
_LEAST_BAND = 0.12  # of the radius: lower text is not read
_EMPTY = 0.01  # of a row
_SPECK = 0.12  # of a column of the ring text: fewer dark pixels are left of text beneath the seal
_SMALL = 0.5  # of the usual size of a character: a number along the ring
_SPACE = 0.25  # of the height of the ring text: between two characters
_LEAST_SURE = 0.7  # of a line inside the ring: a star is read as a word
_FRAME = 0.5  # of a row of a square seal: more dark pixels are its frame
_DEPTH_OF_FRAME = 0.2  # of the side: the frame is nearer to the edge
_FILLED = 0.5  # of a square seal: more ink has white characters
_GRID = 2  # rows and columns of a name, from the right
_LAST = "印章"
_LEAST_CHARACTERS = 3  # of a seal in gray


def seal_of(pixels: Pixels, ring: Ring, find: Find, read: Read) -> OcrSeal:
    """A seal with its text; `pixels` is the upright picture, in BGR.

    `find` returns the corners of the lines on a picture, and `read` reads them.
    """
    ink, (left, top) = only_ink(pixels, ring)
    if ring.shape == "square":
        return _seal(ring, _square_lines(ink, ring, (left, top), find, read))
    strip, per_pixel = _unwrapped(ink, ring, (left, top))
    band, bottom, end = _ring_text(strip)
    lines = _whole_line(band, read) if band is not None else []
    turn = _upright(ring, bottom * per_pixel)
    inner = _inside(ink, ring, (left, top), turn, end / strip.shape[0] * _DEPTH)
    lines += _level_lines(inner, find, read)
    return _seal(ring, lines)


def _seal(ring: Ring, lines: Sequence[OcrLine]) -> OcrSeal:
    count = sum(len(line.text) for line in lines)
    sure = sum(len(line.text) * line.confidence for line in lines) / count if count else None
    text = "\n".join(line.text for line in lines)
    return OcrSeal(ring.shape, text, ring.box, sure, is_black=ring.is_black)


def is_likely(ring: Ring, seal: OcrSeal) -> bool:
    """Whether an edge with this text is that of a seal.

    A ring on a gray scan may be a drawing, and a square one large letter: 国 in a red heading.
    """
    count = len("".join(seal.text.split()))
    if ring.tones is not None:
        return count >= _LEAST_CHARACTERS
    return ring.shape != "square" or count != 1


def _square_lines(
    ink: Pixels, ring: Ring, corner: tuple[float, float], find: Find, read: Read
) -> list[OcrLine]:
    """The lines of a square seal; the name on a seal of four characters in its own order."""
    inner = _turned(ink, ring, corner, ring.turn, (ring.across, ring.down))
    if float((inner < _DARK).mean()) > _FILLED:
        inner = (255 - inner).astype(np.uint8, copy=False)
    lines = _level_lines(_without_frame(inner), find, read)
    if len(lines) != _GRID or any(len(line.text) != _GRID for line in lines):
        return lines
    if all(line.is_vertical for line in lines):
        left, right = (line.text for line in sorted(lines, key=lambda line: line.corners[0][0]))
    else:
        left, right = ("".join(pair) for pair in zip(*(line.text for line in lines), strict=True))
    level = left[0] + right[0] + left[1] + right[1]
    sure = min(line.confidence for line in lines)
    name = level if level[-1] in _LAST else right + left
    return [replace(lines[0], text=name, confidence=sure, centers=())]


def _without_frame(square: Pixels) -> Pixels:
    """What is inside the frame of an upright square seal."""
    dark = square < _DARK
    edges = []
    for rows in (dark.mean(axis=1), dark.mean(axis=0)):
        reach = max(1, round(_DEPTH_OF_FRAME * len(rows)))
        # Of each edge the outermost run: others are strokes of characters.
        starts = [stop for _, stop in runs(np.asarray(rows[:reach] > _FRAME))]
        ends = [stop for _, stop in runs(np.asarray(rows[::-1][:reach] > _FRAME))]
        edges.append((next(iter(starts), 0), len(rows) - next(iter(ends), 0)))
    (top, bottom), (left, right) = edges
    return np.ascontiguousarray(square[top:bottom, left:right])


def _unwrapped(ink: Pixels, ring: Ring, corner: tuple[float, float]) -> tuple[Pixels, float]:
    """The ring as a strip, its edge above, from the bottom clockwise; and radians per column.

    Columns are as far apart on the whole of an oval ring as on a round one.
    """
    radius = (ring.across + ring.down) / 2
    zoom = max(1.0, _SIDE / 2 / radius)
    angles = np.linspace(0, 2 * math.pi, 721) + math.pi / 2 - ring.turn
    x, y = ring.across * np.cos(angles), ring.down * np.sin(angles)
    along = np.concatenate(([0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))))
    columns = round(float(along[-1]) * zoom)
    at = np.interp(np.linspace(0, along[-1], columns, endpoint=False), along, angles)
    rows = round((_DEPTH + _MARGIN) * radius * zoom)
    depth = np.linspace(-_MARGIN * radius, _DEPTH * radius, rows)[:, None]
    normal_x, normal_y = np.cos(at) / ring.across, np.sin(at) / ring.down
    length = np.hypot(normal_x, normal_y)
    own_x = ring.across * np.cos(at) - depth * normal_x / length
    own_y = ring.down * np.sin(at) - depth * normal_y / length
    cos, sin = math.cos(ring.turn), math.sin(ring.turn)
    map_x = own_x * cos - own_y * sin + ring.middle[0] - corner[0]
    map_y = own_x * sin + own_y * cos + ring.middle[1] - corner[1]
    strip = cv2.remap(
        ink, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_LINEAR, borderValue=255
    ).astype(np.uint8, copy=False)
    return strip, 2 * math.pi / columns


def _ring_text(strip: Pixels) -> tuple[Pixels | None, float, int]:
    """The ring text as one line, the column of the middle of its widest gap, and its last row.

    Characters are moved together. None if there is none.
    """
    dark = strip < _DARK
    rows = dark.mean(axis=1)
    radius = len(rows) / (_DEPTH + _MARGIN)
    edge = rows[: round((_EDGE + _MARGIN) * radius)]
    lines = np.flatnonzero(edge > _LINE)
    start = int(lines[-1]) + 1 if len(lines) else round(_MARGIN * radius)
    while start < len(rows) - 1 and rows[start] > rows[start + 1]:  # the ring's blurred edge
        start += 1
    empty = np.flatnonzero(rows[start + round(_LEAST_BAND * radius) :] < _EMPTY)
    end = start + round(_LEAST_BAND * radius) + int(empty[0]) if len(empty) else len(rows)
    band = strip[start:end]
    marks = list(runs(np.asarray((band < _DARK).mean(axis=0) > _SPECK)))
    if not marks or end <= start:
        return None, 0.0, end
    gap_start, gap_end = _widest_gap(marks, strip.shape[1])
    middle = (gap_start + gap_end) / 2
    turned = np.roll(band, -round(middle), axis=1)
    return _compact(turned), middle, end


def _widest_gap(marks: Sequence[tuple[int, int]], columns: int) -> tuple[int, int]:
    """The first column of the widest gap around the ring, and the one after it."""
    following = [*(start for start, _ in marks[1:]), marks[0][0] + columns]
    gaps = [(stop, start) for (_, stop), start in zip(marks, following, strict=True)]
    return max(gaps, key=lambda gap: gap[1] - gap[0])


def _compact(band: Pixels) -> Pixels:
    """The line with narrow gaps, without small marks such as a number along the ring."""
    height = band.shape[0]
    space = max(1, round(_SPACE * height))
    groups: list[tuple[int, int]] = []
    for start, stop in runs(np.asarray((band < _DARK).any(axis=0))):
        if groups and start - groups[-1][1] < space:
            groups[-1] = (groups[-1][0], stop)
        else:
            groups.append((start, stop))
    highs = [_high(band[:, start:stop]) for start, stop in groups]
    usual = float(np.percentile(highs, 75)) if highs else 0.0
    margin = space // 2
    parts = [
        band[:, max(0, start - margin) : stop + margin]
        for (start, stop), high in zip(groups, highs, strict=True)
        if not _is_number(stop - start, high, usual)
    ]
    return np.ascontiguousarray(np.hstack(parts)) if parts else band


def _is_number(width: float, high: float, usual: float) -> bool:
    """Whether ink is lower than text: a speck, or a number in small digits, and no 一."""
    return high < _SMALL * usual and not _SMALL * usual < width < 1.5 * usual


def _high(part: Pixels) -> int:
    rows = np.flatnonzero((part < _DARK).any(axis=1))
    return int(rows[-1] - rows[0] + 1) if len(rows) else 0


def _upright(ring: Ring, bottom: float) -> float:
    """The clockwise angle by which a seal is turned.

    `bottom` is the angle of the widest gap in the ring text, clockwise from the lowest point. An
    oval is turned as its axis is.
    """
    turn = (bottom + math.pi) % (2 * math.pi) - math.pi
    if ring.shape == "oval":
        return ring.turn if abs(turn - ring.turn) < math.pi / 2 else ring.turn + math.pi
    return turn


def _inside(
    ink: Pixels, ring: Ring, corner: tuple[float, float], turn: float, depth: float
) -> Pixels:
    """What is inside the ring text, which ends at a depth in radii, turned upright."""
    radius = (ring.across + ring.down) / 2
    across, down = ring.across - depth * radius, ring.down - depth * radius
    upright = _turned(ink, ring, corner, turn, (across, down))
    mask = np.zeros(upright.shape, np.uint8)
    middle = upright.shape[1] // 2, upright.shape[0] // 2
    cv2.ellipse(mask, middle, middle, 0, 0, 360, 255, -1)
    upright[mask == 0] = 255
    return upright


def _turned(
    ink: Pixels,
    ring: Ring,
    corner: tuple[float, float],
    turn: float,
    reach: tuple[float, float],
) -> Pixels:
    """The part around the middle of a seal that reaches so far across and down, turned upright."""
    zoom = max(1.0, _SIDE / (ring.across + ring.down))
    size = (max(8, round(2 * reach[0] * zoom)), max(8, round(2 * reach[1] * zoom)))
    cos, sin = zoom * math.cos(turn), zoom * math.sin(turn)
    x, y = ring.middle[0] - corner[0], ring.middle[1] - corner[1]
    matrix = np.array(
        [
            [cos, sin, size[0] / 2 - cos * x - sin * y],
            [-sin, cos, size[1] / 2 + sin * x - cos * y],
        ]
    )
    upright = cv2.warpAffine(ink, matrix, size, flags=cv2.INTER_LINEAR, borderValue=255)
    return upright.astype(np.uint8, copy=False)


def _level_lines(ink: Pixels, find: Find, read: Read) -> list[OcrLine]:
    """The lines from the top that are more than one character and clear."""
    if not (ink < _DARK).any():
        return []
    picture = cv2.cvtColor(
        cv2.copyMakeBorder(ink, 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=255), cv2.COLOR_GRAY2BGR
    ).astype(np.uint8, copy=False)
    found = find(picture)
    lines = read(picture, found) if found else []
    return sorted(
        (line for line in lines if len(line.text) > 1 and line.confidence >= _LEAST_SURE),
        key=lambda line: line.corners[0][1],
    )


def _whole_line(band: Pixels, read: Read) -> list[OcrLine]:
    """The text of a picture that is one line."""
    height, width = band.shape
    picture = cv2.cvtColor(band, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return list(read(picture, [corners]))
