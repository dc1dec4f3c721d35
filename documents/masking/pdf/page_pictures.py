"""Renders pages of a PDF as pictures, with characters painted over, and their text in lines."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import pypdfium2 as pdfium
import pypdfium2.raw as c
from PIL import Image, ImageDraw

from documents.inventory.pdf.pages import PageTexts
from documents.masking.account import Box
from documents.masking.pictures.painted_picture import PixelBox, TextLine
from documents.readers.pdf import ocr_scale

_DPI = 150
_MOST_PIXELS = 40_000_000
_MOST_SIDE = 65_000  # JPEG allows up to 65,500 pixels
_POINTS = 72
_MARGIN = 2  # pixels
_SAME_LINE = 0.5  # of the smaller of two characters
_FAR = 1_000  # points: far enough for the rounding to pixels not to matter
Pixel = tuple[int, int]


class PagePicture:
    """One page as a picture. `texts` has the boxes of its characters.

    With `ocr`, a page of a usual size has as many pixels as the reader gives to OCR, so that what
    OCR read for the reader need not be read again.
    """

    def __init__(
        self, document: pdfium.PdfDocument, texts: PageTexts, number: int, *, ocr: bool
    ) -> None:
        self._texts = texts
        self._number = number
        page = document[number]
        self.size: tuple[float, float] = page.get_size()
        width, height = self.size
        scale = min(
            _DPI / _POINTS,
            (_MOST_PIXELS / max(1.0, width * height)) ** 0.5,
            _MOST_SIDE / max(1.0, width, height),
        )
        if ocr:
            scale = max(scale, ocr_scale(self.size))
        bitmap = page.render(
            scale=scale, may_draw_forms=False, draw_annots=False, rev_byteorder=True
        )
        picture: Image.Image = bitmap.to_pil()
        self.picture = picture if picture.mode == "RGB" else picture.convert("RGB")
        self._place = _placing(page, self.picture.size)
        page.close()

    def cover(self, texts: PageTexts, characters: Collection[int]) -> None:
        """Paint over characters, given by their indexes in `texts`."""
        draw = ImageDraw.Draw(self.picture)
        for index in sorted(characters):
            if box := self._box(texts, index):
                left, top, right, bottom = box
                draw.rectangle(
                    (left - _MARGIN, top - _MARGIN, right + _MARGIN, bottom + _MARGIN), fill="black"
                )

    def lines(self, covered: Collection[int], replaced: Mapping[int, str]) -> Iterator[TextLine]:
        """The lines of the page's text with findings replaced."""
        text: list[str] = []
        boxes: list[PixelBox] = []
        for char, index in (*self._texts.decoded(self._number), ("\n", -1)):
            if char == "\n":
                if "".join(text).strip() and boxes:
                    yield _line("".join(text), boxes)
                text, boxes = [], []
                continue
            text.append(replaced.get(index, "") if index in covered else char)
            if box := self._box(self._texts, index):
                boxes.append(box)

    def boxes(self, texts: PageTexts, characters: Sequence[int]) -> Sequence[PixelBox]:
        """The boxes of characters of `texts` that follow each other, one for each line."""
        found = [box for index in characters if (box := self._box(texts, index))]
        lines: list[PixelBox] = []
        for at, box in enumerate(found):
            if at and _is_beside(found[at - 1], box):
                lines[-1] = _around(lines[-1], box)
            else:
                lines.append(box)
        return lines

    def in_points(self, box: PixelBox) -> Box:
        """A box from the top left corner of the page."""
        x, y = self.size[0] / self.picture.width, self.size[1] / self.picture.height
        left, top, right, bottom = box
        return round(left * x, 1), round(top * y, 1), round(right * x, 1), round(bottom * y, 1)

    def _box(self, texts: PageTexts, index: int) -> PixelBox | None:
        box = texts.box(index)
        if box is None:
            return None
        (x0, y0), (x1, y1) = self._place(box[0], box[1]), self._place(box[2], box[3])
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _is_beside(one: PixelBox, next_: PixelBox) -> bool:
    """Whether a character is on the line of the one before, which runs across or down."""
    return any(
        min(one[end], next_[end]) - max(one[start], next_[start])
        > _SAME_LINE * min(one[end] - one[start], next_[end] - next_[start])
        for start, end in ((1, 3), (0, 2))
    )


def _around(one: PixelBox, other: PixelBox) -> PixelBox:
    return (
        min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]),
    )  # fmt: skip


def _line(text: str, boxes: list[PixelBox]) -> TextLine:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    box = (min(lefts), min(tops), max(rights), max(bottoms))
    is_vertical = len(boxes) > 1 and box[3] - box[1] > 2 * (box[2] - box[0])
    return TextLine(text, box, 1 if is_vertical else 0)


def _placing(page: pdfium.PdfPage, size: tuple[int, int]) -> Callable[[float, float], Pixel]:
    """A function from points of the page to pixels of its picture."""
    x, y = ctypes.c_int(), ctypes.c_int()

    def pixel(at_x: float, at_y: float) -> Pixel:
        c.FPDF_PageToDevice(page, 0, 0, *size, 0, at_x, at_y, x, y)
        return x.value, y.value

    (x0, y0), (x1, y1), (x2, y2) = pixel(0, 0), pixel(_FAR, 0), pixel(0, _FAR)
    xx, xy, yx, yy = ((x1 - x0) / _FAR, (y1 - y0) / _FAR, (x2 - x0) / _FAR, (y2 - y0) / _FAR)

    def place(at_x: float, at_y: float) -> Pixel:
        return round(x0 + at_x * xx + at_y * yx), round(y0 + at_x * xy + at_y * yy)

    return place
