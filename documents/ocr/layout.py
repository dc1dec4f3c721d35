"""Converts the lines that OCR read to lines of a page, in reading order and with cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from documents.document import Seal
from documents.ocr.scan import OcrLine, Point, Scan, corners_of
from documents.page.blocks import Box, Line, PageBlock, blocks
from documents.page.lines import is_unspaced, join
from documents.page.reading_order import in_columns, in_rows
from documents.page.ruled_tables import ruled_table
from documents.page.rulings import grids, insert_tables

_GAP = 1.5  # in line heights: a wider gap separates two cells
_HIGHEST = 1.2  # of a Chinese line, in widths of a character
_OPENING = tuple("（《〈“‘「『【〔［")
_CLOSING = tuple("，。、；：？！）》〉”’」』】〕］")

Placed = tuple[Box, OcrLine]
_NEAR = 0.3  # in heights of a line: rulings closer than this meet


@dataclass(frozen=True, slots=True)
class Frame:
    """Maps a scan's pixels to the page.

    `scale` is points per pixel, `lean` the skew in radians, and `origin` the place of the scan's
    top left corner on the page, in points.
    """

    scan: Scan
    scale: float
    lean: float
    origin: Point = (0.0, 0.0)

    def straight(self, line: OcrLine) -> Box:
        """The box of a line once the scan is straightened, in pixels.

        The detected box of a short line is too high and has its own skew: it is rotated around its
        centre, and its height is limited by the width of its characters.
        """
        corners = line.corners
        x, y = _turned(_middle(corners), -self.lean)
        width = (math.dist(corners[0], corners[1]) + math.dist(corners[3], corners[2])) / 2
        height = (math.dist(corners[0], corners[3]) + math.dist(corners[1], corners[2])) / 2
        if not line.is_vertical and all(is_unspaced(char) for char in line.text):
            height = min(height, _HIGHEST * width / len(line.text))
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    def on_page(self, box: Box) -> Box:
        """The box in points of the page that contains a box of the straightened scan."""
        return self._on_page([_turned(corner, self.lean) for corner in corners_of(box)])

    def seals(self, page: int | None) -> list[Seal]:
        """The seals of the scan, with their boxes on the page; without one if `page` is None."""
        return [
            Seal(
                seal.shape,
                seal.text,
                page,
                None if page is None else self._on_page(corners_of(seal.box)),
                None if seal.confidence is None else round(seal.confidence, 4),
                hides_text=seal.is_black,
            )
            for seal in self.scan.seals
        ]

    def _on_page(self, points: Sequence[Point]) -> Box:
        """The box in points of the page around points of the scan."""
        found = _around([self.scan.on_original(point) for point in points])
        edges = zip(found, (*self.origin, *self.origin), strict=True)
        left, top, right, bottom = (
            round(max(0.0, edge * self.scale + start), 2) for edge, start in edges
        )
        return left, top, right, bottom


def page_blocks(scan: Scan, frame: Frame) -> list[PageBlock]:
    """The blocks of a scan in reading order; boxes are in pixels of the straightened scan."""
    height = median(_heights(scan)) if scan.lines else 0.0
    found = grids(scan.along, scan.down, _NEAR * height)
    inside: list[dict[int, list[OcrLine]]] = [{} for _ in found]
    outside = []
    for line in scan.lines:
        x, y = _centre(frame.straight(line))
        cells = [(grid.cell_at(x, y), content) for grid, content in zip(found, inside, strict=True)]
        cell, content = next((one for one in cells if one[0] is not None), (None, {}))
        if cell is None:
            outside.append(line)
        else:
            content.setdefault(cell, []).append(line)
    tables = [
        ruled_table(grid, {cell: lines(some, frame) for cell, some in content.items()})
        for grid, content in zip(found, inside, strict=True)
        if content
    ]
    around = [table.box for table in tables]
    return insert_tables(blocks(lines(outside, frame, around)), tables)


def lines(seen: Sequence[OcrLine], frame: Frame, tables: Sequence[Box] = ()) -> list[Line]:
    """Lines in reading order; boxes are those of the straightened scan, in pixels.

    `tables` are boxes over which no column goes on.
    """
    boxes = [frame.straight(line) for line in seen]
    groups = columns([*boxes, *tables])
    columns_ = [[at for at in group if at < len(boxes)] for group in groups]
    rows = [row for column in columns_ for row in in_rows(boxes, column)]
    return [_line([seen[at] for at in row], [boxes[at] for at in row]) for row in rows]


def columns(boxes: Sequence[Box]) -> list[list[int]]:
    """The indexes of detected boxes in groups in reading order: columns, or the whole page."""
    return in_columns([_of_characters(box) for box in boxes])


def _of_characters(box: Box) -> Box:
    """A detected box, which is higher than its characters, without that margin."""
    left, top, right, bottom = box
    margin = (1 - 1 / _HIGHEST) / 2 * (bottom - top)
    return left, top + margin, right, bottom - margin


def merged(layer: Sequence[Line], frame: Frame) -> tuple[list[Line], list[Placed]]:
    """Merge the lines of a text layer with those that OCR read elsewhere on the page.

    Returns the lines in reading order, and the OCR lines used. Boxes are in points of the page.
    Where both have text, the text layer is used.
    """
    taken = [line.box for line in layer]
    ocr_lines = [
        replace(line, box=frame.on_page(line.box), height=line.height * frame.scale)
        for line in lines(frame.scan.lines, frame)
    ]
    found = [*layer, *(line for line in ocr_lines if not _lies_on(line.box, taken))]
    boxes = [line.box for line in found]
    order = [at for column in in_columns(boxes) for row in in_rows(boxes, column) for at in row]
    placed = [(frame.on_page(frame.straight(line)), line) for line in frame.scan.lines]
    return [found[at] for at in order], [
        (box, line) for box, line in placed if not _lies_on(box, taken)
    ]


def confidence(block: PageBlock, placed: Sequence[Placed]) -> float | None:
    """The mean confidence of the characters of a block; None if OCR read none of them."""
    inside = [line for box, line in placed if _holds(block.box, _centre(box))]
    characters = sum(len(line.text) for line in inside)
    weighted = sum(len(line.text) * line.confidence for line in inside)
    return round(weighted / characters, 4) if characters else None


def _heights(scan: Scan) -> list[float]:
    return [math.dist(line.corners[0], line.corners[3]) for line in scan.lines]


def _line(row: Sequence[OcrLine], boxes: Sequence[Box]) -> Line:
    height = median(box[3] - box[1] for box in boxes)
    cells = [row[0].text]
    right = boxes[0][2]
    for seen, box in zip(row[1:], boxes[1:], strict=True):
        if box[0] - right > _GAP * height:
            cells.append(seen.text)
        else:
            cells[-1] = join(cells[-1], seen.text)
        right = max(right, box[2])
    return Line(tuple(cells), _with_marks(row, _around_boxes(boxes), height), height, _first(row))


def _with_marks(row: Sequence[OcrLine], box: Box, height: float) -> Box:
    """The box of a row including the empty half of full-width punctuation at its edges.

    OCR detects ink, so a line that begins with a bracket would look indented.
    """
    left, top, right, bottom = box
    em = 0.8 * height  # detected boxes are a little higher than the characters
    if row[0].text.startswith(_OPENING):
        left -= 0.5 * em
    if row[-1].text.endswith(_CLOSING):
        right += 0.5 * em
    return left, top, right, bottom


def _first(row: Sequence[OcrLine]) -> float:
    """The width of the first word. In Chinese, two characters: punctuation stays with the first."""
    seen = row[0]
    width = math.dist(*seen.corners[:2])
    columns = sum(2 if is_unspaced(char) else 1 for char in seen.text)
    if is_unspaced(seen.text[0]):
        return 4 * width / columns
    word = seen.text.split()[0]
    return len(word) * width / columns


def _turned(point: Point, angle: float) -> Point:
    x, y = point
    return (
        x * math.cos(angle) - y * math.sin(angle),
        x * math.sin(angle) + y * math.cos(angle),
    )


def _around(points: Sequence[Point]) -> Box:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _around_boxes(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _middle(points: Sequence[Point]) -> Point:
    xs, ys = zip(*points, strict=True)
    return sum(xs) / len(xs), sum(ys) / len(ys)


def _centre(box: Box) -> Point:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _holds(box: Box, point: Point) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _lies_on(box: Box, others: Sequence[Box]) -> bool:
    """Whether other boxes cover more than a third of a box."""
    covered = sum(
        max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
        * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in others
    )
    return covered > (box[2] - box[0]) * (box[3] - box[1]) / 3
