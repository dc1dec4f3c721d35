"""The characters and pictures of a PDF page, with their boxes on the displayed page."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as c

from documents.page.blocks import Box, Glyph
from documents.page.ideographs import UNIFIED
from documents.readers.pdf.layers import address_of
from documents.readers.pdf.objects import PageObject
from documents.readers.pdf.symbols import LATIN, PRIVATE, symbol
from documents.readers.pdf.text_layer import text_layer

Place = Callable[[float, float, float, float], Box]
"""From left, bottom, right and top in page space to a box on the displayed page."""

UNKNOWN = "\ufffd"
_FIRST_USUAL, _LAST_USUAL = 0x3000, 0x9FFF  # none of them stands for another
_UNITS = 1_000  # per point, because PDFium returns integers
_LONGEST_NAME = 128


class Look(StrEnum):
    """How a character is seen: not at all, as a part of the text, or at an angle to it."""

    shown = "shown"
    hidden = "hidden"
    slanted = "slanted"


LookOf = Callable[[int, Box], Look]
"""From the address of a text object and the box of one of its characters."""


class PageGlyphs(NamedTuple):
    """The characters of a page in text order, by how they are seen. Those outside the page are
    hidden.
    """

    shown: list[Glyph]
    hidden: list[Glyph]
    slanted: list[Glyph]


def page_glyphs(
    page: pdfium.PdfPage,
    items: Iterable[PageObject],
    place: Place,
    look_of: LookOf | None = None,
) -> PageGlyphs:
    """The characters of a page, including line ends that PDFium generates.

    `items` are the objects of the page. Without `look_of`, all characters on the page are shown. A
    character whose meaning is not known is U+FFFD.
    """
    found = PageGlyphs([], [], [])
    by_look = {Look.shown: found.shown, Look.hidden: found.hidden, Look.slanted: found.slanted}
    width, height = page.get_size()
    last = found.shown
    with text_layer(page, items) as opened:
        for glyph, address in _glyphs(opened.raw, place, with_objects=look_of is not None):
            # One without a box, such as a line end, belongs to the one before it.
            if (box := glyph[1]) is not None:
                x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
                if not (0 <= x <= width and 0 <= y <= height):
                    last = found.hidden
                else:
                    last = found.shown if look_of is None else by_look[look_of(address, box)]
            last.append(glyph)
    return found


def _glyphs(layer: Any, place: Place, *, with_objects: bool) -> Iterator[tuple[Glyph, int]]:
    """Each character, and the address of its text object if that is asked for."""
    rect = c.FS_RECTF()
    edges = memoryview(rect).cast("B").cast("f")
    box_of, has_no_meaning = c.FPDFText_GetLooseCharBox, c.FPDFText_HasUnicodeMapError
    high, address = 0, 0
    for index, code in enumerate(_codes(layer)):
        if high:
            code, high = _joined(high, code), 0  # noqa: PLW2901
        elif 0xD800 <= code < 0xDC00:
            high = code
            continue
        if code in _GENERATED and c.FPDFText_IsGenerated(layer, index) == 1:
            yield Glyph(chr(code), None, is_generated=True), 0
            continue
        if not box_of(layer, index, rect):
            yield Glyph(_char(code), None), 0
            continue
        left, top, right, bottom = edges
        box = place(left, bottom, right, top)
        char = _char(code) if code == _SPACE or has_no_meaning(layer, index) != 1 else UNKNOWN
        if code in PRIVATE or code in LATIN:
            char = symbol(code, _font(layer, index)) or char
        if with_objects:
            address = address_of(c.FPDFText_GetTextObject(layer, index))
        yield Glyph(char, box, char != UNKNOWN), address


_SPACE = ord(" ")
# What PDFium adds to the text of a page.
_GENERATED = frozenset(map(ord, " \r\n"))


def _codes(layer: Any) -> Sequence[int]:
    """The UTF-16 codes of all characters; in one call, unless PDFium leaves some out there."""
    count = c.FPDFText_CountChars(layer)
    written = (ctypes.c_ushort * (count + 1))()
    if c.FPDFText_GetText(layer, 0, count, written) == count + 1:
        return list(written)[:count]
    return [c.FPDFText_GetUnicode(layer, index) for index in range(count)]


def _joined(high: int, low: int) -> int:
    is_pair = 0xDC00 <= low < 0xE000
    return 0x10000 + ((high - 0xD800) << 10) + low - 0xDC00 if is_pair else 0xFFFD


def _char(code: int) -> str:
    if _FIRST_USUAL <= code <= _LAST_USUAL:
        return chr(code)
    if code in UNIFIED:
        return UNIFIED[code]
    is_private = 0xE000 <= code <= 0xF8FF or code >= 0xF0000
    return chr(code) if 0 < code < 0x110000 and not is_private else UNKNOWN


def _font(layer: Any, index: int) -> str:
    name = ctypes.create_string_buffer(_LONGEST_NAME)
    size = c.FPDFText_GetFontInfo(layer, index, name, _LONGEST_NAME, None)
    return name.value.decode("utf-8", "replace") if 0 < size <= _LONGEST_NAME else ""


def placing(page: pdfium.PdfPage) -> Place:
    """A function from rectangles in page space to boxes on the displayed page, from its top left.

    It includes crop and rotation, and needs three calls of PDFium instead of one per character.
    """
    width, height = page.get_size()
    x, y = ctypes.c_int(), ctypes.c_int()

    def device(at_x: float, at_y: float) -> tuple[float, float]:
        size = (round(width * _UNITS), round(height * _UNITS))
        c.FPDF_PageToDevice(page, 0, 0, *size, 0, at_x, at_y, x, y)
        return x.value / _UNITS, y.value / _UNITS

    (x0, y0), (x1, y1), (x2, y2) = device(0, 0), device(100, 0), device(0, 100)
    xx, xy, yx, yy = (x1 - x0) / 100, (y1 - y0) / 100, (x2 - x0) / 100, (y2 - y0) / 100

    def place(left: float, bottom: float, right: float, top: float) -> Box:
        one_x, one_y = x0 + left * xx + top * yx, y0 + left * xy + top * yy
        two_x, two_y = x0 + right * xx + bottom * yx, y0 + right * xy + bottom * yy
        if two_x < one_x:
            one_x, two_x = two_x, one_x
        if two_y < one_y:
            one_y, two_y = two_y, one_y
        return one_x, one_y, two_x, two_y

    return place


def picture_boxes(items: Iterable[PageObject], place: Place) -> Iterator[Box]:
    """The boxes of the pictures among the objects of a page."""
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for item in items:
        if item.kind == c.FPDF_PAGEOBJ_IMAGE and c.FPDFPageObj_GetBounds(
            item.handle, left, bottom, right, top
        ):
            corners = [item.on_page(x.value, y.value) for x in (left, right) for y in (bottom, top)]
            xs, ys = zip(*corners, strict=True)
            yield place(min(xs), min(ys), max(xs), max(ys))
