"""Paints over text in a picture: what OCR reads and the masking finds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from PIL import Image, ImageDraw

from documents.errors import PagesUnread
from documents.masking.cover import Cover
from documents.masking.replacement import Find, Masking, Replacement
from documents.ocr.scan import Corners, OcrLine, Point, Scan
from documents.ocr.views import View, reading_order, views
from documents.readers.pictures import OcrBudget, ocr_scan, of_read_size

# Left, top, right, bottom, in pixels of the picture.
PixelBox = tuple[int, int, int, int]
Polygon = Sequence[Point]

# In heights of a line. Strokes reach over the box that OCR detects; the middle of a character is
# known to an eighth of its height.
_MARGIN = 0.25
_BETWEEN = 0.15  # from the middle between two characters
_CLEAR = 0.8  # confidence of OCR: below, a name or a number is often misread


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text for an invisible layer.

    `box` is in pixels of the picture; `turns` counts the clockwise quarter turns of the text: 1 is
    text that runs downwards.
    """

    text: str
    box: PixelBox
    turns: int = 0


@dataclass(frozen=True, slots=True)
class PaintedFinding:
    """A replacement, and the boxes that were painted over: several if it spans lines."""

    change: Replacement
    boxes: tuple[PixelBox, ...]


@dataclass(frozen=True, slots=True)
class PaintedPicture:
    """A picture without the text to be masked.

    Attributes:
        picture: A new picture of the same size.
        lines: What OCR read, masked, in reading order.
        findings: What was masked.
        unclear: Boxes of text that OCR detected and could not read with confidence. They are still
            visible.
        covered: Boxes that were covered by `Masking.cover`.
    """

    picture: Image.Image
    lines: tuple[TextLine, ...]
    findings: tuple[PaintedFinding, ...]
    unclear: tuple[PixelBox, ...] = ()
    covered: tuple[tuple[Cover, PixelBox], ...] = ()


def paint(picture: Image.Image, masking: Masking, ocr: OcrBudget) -> PaintedPicture:
    """Read a picture by OCR and paint over what the masking finds.

    `picture` is as a person sees it, on white, of mode `1`, `L` or `RGB`
    (`documents.readers.pictures.upright`). One page is taken from `ocr`.

    Raises `PagesUnread` if OCR is switched off or its pages or time are used up: such a picture
    must not be handed out. Raises `MemoryError`.
    """
    if not ocr.take():
        raise PagesUnread(
            "A picture was not searched for text to be masked: OCR is switched off, or the document "
            "has more pictures than OCR may read."
        )
    seen = of_read_size(picture)
    return _Painting(picture.copy(), ocr_scan(seen, ocr), picture.width / seen.width).paint(masking)


def texts(picture: Image.Image, ocr: OcrBudget) -> list[str]:
    """The text of a picture, in each view of `documents.ocr.views`. Raises as `paint` does."""
    if not ocr.take():
        raise PagesUnread("A picture was not read: OCR is switched off, or its limit is reached.")
    return [view.text for view in views(ocr_scan(of_read_size(picture), ocr))]


class _Painting:
    """One picture in work. `scale` is the picture's pixels by a pixel of the scan."""

    def __init__(self, picture: Image.Image, scan: Scan, scale: float) -> None:
        self._picture = picture
        self._scan = scan
        self._scale = scale
        self._draw = ImageDraw.Draw(picture)
        # Each character; the first one of a replacement is its text, the others are empty.
        self._texts = [list(line.text) for line in scan.lines]
        self._masked: list[set[int]] = [set() for _ in scan.lines]

    def paint(self, masking: Masking) -> PaintedPicture:
        findings = [one for view in views(self._scan) for one in self._mask(view, masking.find)]
        unclear = [self._box(corners) for corners in self._unclear()]
        covered = [(Cover.unclear, box) for box in unclear if Cover.unclear in masking.cover]
        for _, box in covered:
            self._draw.rectangle(box, fill=self._black)
        return PaintedPicture(
            self._picture,
            tuple(self._lines(masking)),
            tuple(findings),
            () if Cover.unclear in masking.cover else tuple(unclear),
            tuple(covered),
        )

    def _mask(self, view: View, find: Find) -> Iterator[PaintedFinding]:
        """Paint over what is found in a view, unless an earlier view painted all of it."""
        for change in find(view.text):
            places = [place for place in view.places[change.start : change.end] if place]
            if all(index in self._masked[line] for line, index in places):
                continue
            boxes = []
            replacement = change.replacement
            for line, group in groupby(places, itemgetter(0)):
                indexes = [index for _, index in group]
                boxes.append(self._paint(line, indexes[0], indexes[-1] + 1))
                self._replace(line, indexes, replacement)
                replacement = ""
            yield PaintedFinding(change, tuple(boxes))

    def _replace(self, line: int, indexes: Sequence[int], replacement: str) -> None:
        for index in indexes:
            self._texts[line][index] = ""
        self._texts[line][indexes[0]] = replacement
        self._masked[line].update(indexes)

    def _paint(self, line: int, start: int, end: int) -> PixelBox:
        polygon = [self._on_picture(point) for point in _around(self._scan.lines[line], start, end)]
        self._draw.polygon(polygon, fill=self._black)
        return _bounds(polygon, self._picture.size)

    def _unclear(self) -> Iterator[Corners]:
        yield from self._scan.unclear
        for line, masked in zip(self._scan.lines, self._masked, strict=True):
            if line.confidence < _CLEAR and len(masked) < len(line.text):
                yield line.corners

    def _lines(self, masking: Masking) -> Iterator[TextLine]:
        for at in reading_order(self._scan):
            line = self._scan.lines[at]
            text = "".join(self._texts[at])
            hidden = Cover.unclear in masking.cover and line.confidence < _CLEAR
            if text.strip() and not hidden:
                turns = (self._scan.turns + line.is_vertical) % 4
                yield TextLine(text, self._box(line.corners), turns)

    def _box(self, corners: Corners) -> PixelBox:
        return _bounds([self._on_picture(point) for point in corners], self._picture.size)

    def _on_picture(self, point: Point) -> Point:
        x, y = self._scan.on_original(point)
        return x * self._scale, y * self._scale

    @property
    def _black(self) -> int | tuple[int, int, int]:
        return (0, 0, 0) if self._picture.mode == "RGB" else 0


def _around(line: OcrLine, start: int, end: int) -> Corners:
    """The corners of the characters from `start` up to but not including `end`, with a margin."""
    one, two, three, four = line.corners
    if line.is_vertical:  # along the line is from top to bottom
        one, two, three, four = two, three, four, one
    length = max(1.0, (math.dist(one, two) + math.dist(four, three)) / 2)
    height = (math.dist(one, four) + math.dist(two, three)) / 2
    centers = line.centers or [(at + 0.5) / len(line.text) for at in range(len(line.text))]
    em = height / length
    begin = -_MARGIN * em
    if start:
        begin = (centers[start - 1] + centers[start]) / 2 - _BETWEEN * em
    stop = 1 + _MARGIN * em
    if end < len(centers):
        stop = (centers[end - 1] + centers[end]) / 2 + _BETWEEN * em
    upper = (_between(one, two, begin), _between(one, two, stop))
    lower = (_between(four, three, begin), _between(four, three, stop))
    return (
        _between(upper[0], lower[0], -_MARGIN),
        _between(upper[1], lower[1], -_MARGIN),
        _between(upper[1], lower[1], 1 + _MARGIN),
        _between(upper[0], lower[0], 1 + _MARGIN),
    )


def _between(one: Point, other: Point, part: float) -> Point:
    return one[0] + part * (other[0] - one[0]), one[1] + part * (other[1] - one[1])


def _bounds(points: Polygon, size: tuple[int, int]) -> PixelBox:
    xs, ys = zip(*points, strict=True)
    return (
        max(0, math.floor(min(xs))),
        max(0, math.floor(min(ys))),
        min(size[0], math.ceil(max(xs))),
        min(size[1], math.ceil(max(ys))),
    )
