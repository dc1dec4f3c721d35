"""Which characters of a PDF page cannot be seen, although they are drawn on it.

Only what is certain counts. Characters are transparent or of no size, have the color of the area on
which they stand, or are covered by a rectangle or picture that is drawn later. Text layers of
scanned pages are drawn so as well: near pictures and outlines, such characters are text.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import hypot
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as c

from documents.page.blocks import Box
from documents.readers.pdf.characters import Look, Place
from documents.readers.pdf.layers import address_of
from documents.readers.pdf.objects import MOST_OBJECTS, PageObject, Point, matrix_of
from documents.readers.pdf.surfaces import (
    Color,
    Surface,
    Surfaces,
    box_of,
    contains,
    fill_color,
    is_blended,
    is_within_clip,
    stroke_color,
    surface,
)

_PAPER: Color = (255, 255, 255)
_SAME = 2  # of 255: a smaller difference of two colors cannot be seen
_NO_SIZE = 1 / 2_000  # of the page's height
_SLANTED = 0.15  # the tangent of an angle to the edges of the page; scans lean less
_SCANNED = 0.3  # of the page: larger pictures may be scans over their text
# Of a character's box: ink is seldom there.
_BLANK_X, _BLANK_Y = 0.1, 0.2
_NO_BOX = 0.02  # points
_FAR = 1e6
_SHADOW = 0.3  # of the size: a shadow is nearer
_MOST_SURFACES = 2_000
_ALL = 255
_BOTH = frozenset((c.FPDF_TEXTRENDERMODE_FILL_STROKE, c.FPDF_TEXTRENDERMODE_FILL_STROKE_CLIP))
_OUTLINE = frozenset((c.FPDF_TEXTRENDERMODE_STROKE, c.FPDF_TEXTRENDERMODE_STROKE_CLIP))
_UNSEEN = c.FPDF_TEXTRENDERMODE_INVISIBLE


@dataclass(frozen=True, slots=True)
class _Text:
    """A text object in doubt. `color` is None if it is not one color or not opaque."""

    at: int
    item: PageObject
    color: Color | None
    is_unpainted: bool


class _Measured(NamedTuple):
    """The size of a text's font and its place on the page, in points; whether it is slanted."""

    size: float
    origin: Point
    is_slanted: bool


class Visibility:
    """Looks at the text objects of one page.

    Args:
        page: The page, whose text layer was not opened yet.
        items: Its objects, in the order in which they are drawn.
        place: To boxes on the displayed page.
    """

    def __init__(self, page: pdfium.PdfPage, items: Sequence[PageObject], place: Place) -> None:
        self._page, self._place = page, place
        self._doubtful: dict[int, _Text] = {}
        self._tiny: set[int] = set()
        self._slanted: set[int] = set()
        self._opaque: dict[Surface, bool] = {}
        self._found: list[Surface] = []
        texts: list[tuple[int, PageObject]] = []
        for at, item in enumerate(items):
            if item.kind == c.FPDF_PAGEOBJ_TEXT:
                texts.append((at, item))
            elif one := surface(at, item, place):
                self._found.append(one)
        self._texts = [item for _, item in texts]
        # What is drawn after the last object is not known; many areas are a drawing.
        if len(items) < MOST_OBJECTS and len(self._found) <= _MOST_SURFACES:
            self._look_at(texts)

    def __bool__(self) -> bool:
        """Whether any character is in doubt, or slanted."""
        return bool(self._doubtful or self._tiny or self._slanted)

    def look(self, address: int, box: Box) -> Look:
        """How a character of the text object at an address is seen."""
        if address in self._tiny:
            return Look.hidden
        text = self._doubtful.get(address)
        if text is not None and self._is_unseen(text, _inked(box)):
            return Look.hidden
        return Look.slanted if address in self._slanted else Look.shown

    def _look_at(self, texts: Sequence[tuple[int, PageObject]]) -> None:
        covering = [one for one in self._found if one.fill is not None or one.is_picture]
        last = max((one.at for one in covering), default=-1)
        colors = {_PAPER, *(one.fill for one in covering if one.fill is not None)}
        least = self._page.get_height() * _NO_SIZE
        slanted: set[int] = set()
        doubtful: list[tuple[_Text, _Measured]] = []
        clear: list[_Measured] = []
        for at, item in texts:
            measured = _measured(item)
            if measured.size < least and not _has_own_glyphs(item):
                self._tiny.add(address_of(item.handle))
                continue
            if measured.is_slanted:
                slanted.add(address_of(item.handle))
            color, is_unpainted = _painted(item)
            in_doubt = is_unpainted or (color is not None and _is_among(color, colors))
            if in_doubt or (at < last and self._may_be_covered(at, item, measured.size)):
                doubtful.append((_Text(at, item, color, is_unpainted), measured))
            else:
                clear.append(measured)
        for text, measured in doubtful:
            # Of a text that is drawn twice, with a shadow, PDFium gives the first.
            if text.is_unpainted or not any(_is_again(measured, one) for one in clear):
                self._doubtful[address_of(text.item.handle)] = text
        # A page whose text all leans was scanned like that.
        if len(slanted) + len(self._tiny) < len(texts):
            self._slanted = slanted

    def _may_be_covered(self, at: int, item: PageObject, size: float) -> bool:
        """Whether something that is drawn later is level with a text.

        Text in fonts that the machine lacks has no box, only a place.
        """
        box = box_of(item, self._place)
        if box is None:
            return True
        if min(box[2] - box[0], box[3] - box[1]) < _NO_BOX:
            box = -_FAR, box[1] - size, _FAR, box[3] + size
        return any(one.fill is not None or one.is_picture for one in self._surfaces.over(at, box))

    def _is_unseen(self, text: _Text, box: Box) -> bool:
        if text.is_unpainted:
            return not self._is_text_layer(box)
        if any(self._covers(one, box) for one in self._surfaces.over(text.at, box)):
            return True
        if text.color is None or any(one.is_picture for one in self._surfaces.meeting(box)):
            return False
        under = self._surfaces.under(text.at, box)
        color = _PAPER if under is None else under.color
        if color is None or not _is_same(text.color, color):
            return False
        is_even = under is None or (
            contains(under.box, box) and is_within_clip(under.item, box, self._place)
        )
        return is_even and not is_blended(text.item) and not _has_own_glyphs(text.item)

    def _is_text_layer(self, box: Box) -> bool:
        """Whether a character may be the text of a picture, of outlines or of pictured glyphs."""
        return self._has_pictured_glyphs or any(
            one.is_picture or one.color is None for one in self._surfaces.meeting(box)
        )

    def _covers(self, one: Surface, box: Box) -> bool:
        if not contains(one.box, box):
            return False
        if one.color is None and not (one.is_picture and self._is_opaque(one)):
            return False
        return is_within_clip(one.item, box, self._place)

    def _is_opaque(self, picture: Surface) -> bool:
        """Whether a picture certainly covers its box, and is not the scan of the text below it."""
        if self._pictured >= _SCANNED or is_blended(picture.item) or not _is_level(picture.item):
            return False
        if picture not in self._opaque:
            self._opaque[picture] = _has_no_gaps(self._page, picture.item)
        return self._opaque[picture]

    @cached_property
    def _surfaces(self) -> Surfaces:
        return Surfaces(self._found)

    @cached_property
    def _pictured(self) -> float:
        """The area of all pictures, as a share of the page's."""
        boxes = (one.box for one in self._found if one.is_picture)
        area = sum((right - left) * (bottom - top) for left, top, right, bottom in boxes)
        width, height = self._page.get_size()
        return area / float(max(1.0, width * height))

    @cached_property
    def _has_pictured_glyphs(self) -> bool:
        return any(map(_has_own_glyphs, self._texts))


def _inked(box: Box) -> Box:
    left, top, right, bottom = box
    across, down = _BLANK_X * (right - left), _BLANK_Y * (bottom - top)
    return left + across, top + down, right - across, bottom - down


def _measured(item: PageObject) -> _Measured:
    size = ctypes.c_float()
    c.FPDFTextObj_GetFontSize(item.handle, size)
    matrix = matrix_of(item.handle)
    if not item.matrices and not matrix.b and not matrix.c:
        scale = min(abs(matrix.a), abs(matrix.d))
        return _Measured(abs(size.value) * scale, (matrix.e, matrix.f), False)
    own = PageObject(item.handle, item.kind, (matrix, *item.matrices))
    x, y = own.on_page(0, 0)
    along, up = own.on_page(1, 0), own.on_page(0, 1)
    across, over = abs(along[0] - x), abs(along[1] - y)
    scale = min(hypot(across, over), hypot(up[0] - x, up[1] - y))
    is_slanted = min(across, over) > _SLANTED * max(across, over)
    return _Measured(abs(size.value) * scale, (x, y), is_slanted)


def _is_again(one: _Measured, other: _Measured) -> bool:
    """Whether two texts begin at about the same place."""
    near = _SHADOW * one.size
    return all(abs(a - b) < near for a, b in zip(one.origin, other.origin, strict=True))


def _painted(item: PageObject) -> tuple[Color | None, bool]:
    """The one opaque color of a text, if there is one, and whether it is not painted at all."""
    mode = c.FPDFTextObj_GetTextRenderMode(item.handle)
    if mode == _UNSEEN:
        return None, True
    colors = [] if mode in _OUTLINE else [fill_color(item.handle)]
    if mode in _OUTLINE or mode in _BOTH:
        colors.append(stroke_color(item.handle))
    if any(one is None for one in colors):
        return None, False
    painted = {color for color, alpha in filter(None, colors) if alpha}
    return next(iter(painted)) if len(painted) == 1 else None, not painted


def _is_among(color: Color, colors: set[Color]) -> bool:
    return color in colors or any(_is_same(color, one) for one in colors)


def _is_same(one: Color, other: Color) -> bool:
    return all(abs(part - value) <= _SAME for part, value in zip(one, other, strict=True))


def _has_own_glyphs(item: PageObject) -> bool:
    """Whether the glyphs of a text's font are small pages, with own colors and sizes (Type 3)."""
    font = c.FPDFTextObj_GetFont(item.handle)
    size = ctypes.c_size_t()
    return bool(
        c.FPDFFont_GetIsEmbedded(font) == 1
        and not (c.FPDFFont_GetFontData(font, None, 0, size) and size.value)
    )


def _is_level(item: PageObject) -> bool:
    """Whether the sides of a picture are level or upright on the page."""
    own = PageObject(item.handle, item.kind, (matrix_of(item.handle), *item.matrices))
    x, y = own.on_page(0, 0)
    along = own.on_page(1, 0)
    return min(abs(along[0] - x), abs(along[1] - y)) < 1.0


def _has_no_gaps(page: pdfium.PdfPage, item: PageObject) -> bool:
    """Whether no pixel of a picture is transparent."""
    bitmap: Any = c.FPDFImageObj_GetRenderedBitmap(page.pdf, page, item.handle)
    if not bitmap:
        return False
    picture = pdfium.PdfBitmap.from_raw(bitmap)
    try:
        if picture.format != c.FPDFBitmap_BGRA:
            return True
        return bool(picture.to_pil().getchannel("A").getextrema()[0] == _ALL)
    finally:
        picture.close()
