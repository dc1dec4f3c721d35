"""Paints over text in a picture: what OCR reads and the masking finds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from PIL import Image, ImageDraw

from documents.errors import PagesUnread
from documents.limits import OcrBudget
from documents.masking.cover import Cover
from documents.masking.replacement import Find, Masking, Replacement
from documents.ocr.recognition import gray, unread_ink
from documents.ocr.scan import Corners, OcrLine, OcrSeal, Point, Scan, corners_of
from documents.ocr.views import View, reading_order, views
from documents.readers.pictures import ocr_scan, of_read_size

# Left, top, right, bottom, in pixels of the picture.
PixelBox = tuple[int, int, int, int]
Polygon = Sequence[Point]

# In heights of a line. Strokes reach over the box that OCR detects; the middle of a character is
# known to an eighth of its height.
_MARGIN = 0.25
_BETWEEN = 0.15  # from the middle between two characters
_INSIDE = 0.7  # of a box: it is covered with the box that holds so much of it


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
            "A picture was not searched for text to be masked: OCR is switched off, or the "
            "document has more pictures than OCR may read."
        )
    seen = of_read_size(picture)
    return _Painting(picture.copy(), seen, ocr_scan(seen, ocr)).paint(masking)


def texts(picture: Image.Image, ocr: OcrBudget) -> list[str]:
    """The text of a picture, in each view of `documents.ocr.views`. Raises as `paint` does."""
    if not ocr.take():
        raise PagesUnread("A picture was not read: OCR is switched off, or its limit is reached.")
    scan = ocr_scan(of_read_size(picture), ocr)
    return [*(view.text for view in views(scan)), *(seal.text for seal in scan.seals)]


class _Painting:
    """One picture in work. `seen` is the one that was scanned, of the same or a smaller size."""

    def __init__(self, picture: Image.Image, seen: Image.Image, scan: Scan) -> None:
        self._picture = picture
        self._seen = seen
        self._scan = scan
        self._scale = picture.width / seen.width
        self._draw = ImageDraw.Draw(picture)
        # Each character; the first one of a replacement is its text, the others are empty.
        self._texts = [list(line.text) for line in scan.lines]
        self._masked: list[set[int]] = [set() for _ in scan.lines]
        self._masked_seals: set[OcrSeal] = set()

    def paint(self, masking: Masking) -> PaintedPicture:
        covered = list(self._covered(masking.cover))
        findings = [one for view in views(self._scan) for one in self._mask(view, masking.find)]
        findings += self._mask_seals(masking.find)
        unclear = [self._box(corners) for corners in self._unclear()]
        unclear = [one for one in unclear if not any(_holds(box, one) for _, box in covered)]
        if Cover.unclear in masking.cover:
            covered += [(Cover.unclear, box) for box in unclear]
            unclear = []
        for _, box in covered:
            self._draw.rectangle(box, fill=self._black)
        lines = tuple(self._lines([box for _, box in covered]))
        return PaintedPicture(
            self._picture,
            _clean(lines, masking.find),
            tuple(findings),
            tuple(unclear),
            tuple(covered),
        )

    def _covered(self, cover: frozenset[Cover]) -> Iterator[tuple[Cover, PixelBox]]:
        """The seals and signatures. Called before anything is painted over."""
        if cover.isdisjoint((Cover.seals, Cover.signatures)):
            return
        if Cover.seals in cover:
            yield from ((Cover.seals, self._box(corners_of(seal.box))) for seal in self._scan.seals)
        if Cover.signatures in cover:
            # It loads OpenCV, which only processes with OCR do.
            from documents.masking.pictures.signatures import signatures  # noqa: PLC0415

            found = signatures(gray(self._seen, self._scan), self._scan)
            yield from ((Cover.signatures, self._box(corners)) for corners in found)

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

    def _mask_seals(self, find: Find) -> Iterator[PaintedFinding]:
        """Paint over each seal whose text holds what is to be masked."""
        for seal in self._scan.seals:
            box = self._box(corners_of(seal.box))
            for change in find(seal.text):
                self._draw.rectangle(box, fill=self._black)
                self._masked_seals.add(seal)
                yield PaintedFinding(change, (box,))

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
        yield from unread_ink(self._seen, self._scan)
        for line, masked in zip(self._scan.lines, self._masked, strict=True):
            if not line.is_clear and len(masked) < len(line.text):
                yield line.corners
        for seal in self._scan.seals:
            if not seal.is_clear and seal not in self._masked_seals:
                yield corners_of(seal.box)

    def _lines(self, covered: Sequence[PixelBox]) -> Iterator[TextLine]:
        """The masked lines, without characters in covered boxes."""
        for at in reading_order(self._scan):
            line = self._scan.lines[at]
            text = "".join(
                char
                for char, middle in zip(self._texts[at], line.middles, strict=True)
                if not covered or not self._is_covered(line, middle, covered)
            )
            if text.strip():
                turns = (self._scan.turns + line.is_vertical) % 4
                yield TextLine(text, self._box(line.corners), turns)

    def _is_covered(self, line: OcrLine, middle: float, covered: Sequence[PixelBox]) -> bool:
        left, top, right, bottom = self._box(line.part(middle, middle))
        x, y = (left + right) / 2, (top + bottom) / 2
        return any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in covered)

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
    middles = line.middles
    em = line.height / line.length
    between = _BETWEEN * min(em, 2 * line.pitch)  # a narrow face is higher than wide
    begin, stop = -_MARGIN * em, 1 + _MARGIN * em
    if start:
        begin = (middles[start - 1] + middles[start]) / 2 - between
    if end < len(middles):
        stop = (middles[end - 1] + middles[end]) / 2 + between
    return line.part(begin, stop, _MARGIN)


def _clean(lines: tuple[TextLine, ...], find: Find) -> tuple[TextLine, ...]:
    """The lines; none if together they still contain text to be masked."""
    separators = ("", " ", "\n")
    joined = (separator.join(line.text for line in lines) for separator in separators)
    return () if any(find(text) for text in joined) else lines


def _holds(box: PixelBox, other: PixelBox) -> bool:
    """Whether most of another box is inside."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    area = (other[2] - other[0]) * (other[3] - other[1])
    return width > 0 and height > 0 and width * height >= _INSIDE * area


def _bounds(points: Polygon, size: tuple[int, int]) -> PixelBox:
    xs, ys = zip(*points, strict=True)
    return (
        max(0, math.floor(min(xs))),
        max(0, math.floor(min(ys))),
        min(size[0], math.ceil(max(xs))),
        min(size[1], math.ceil(max(ys))),
    )
