"""PDF with a text layer."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as c

from tasks.document import Document
from tasks.errors import CorruptDocument, DocumentError, EncryptedDocument, NoTextLayer
from tasks.readers.draft import Draft, too_many_pages
from tasks.readers.limits import ReadLimits
from tasks.readers.pdf_layout import Box, Glyph, blocks, lines

MEDIA_TYPE = "application/pdf"

_UNITS = 1_000  # PDFium answers in whole numbers: a thousand to a point
_LOCKED = frozenset((c.FPDF_ERR_PASSWORD, c.FPDF_ERR_SECURITY))
_OCR = "It has to go through OCR first: send a searchable PDF."


def read(path: Path, limits: ReadLimits) -> Document:
    """Read a PDF: page and box for every block. Raises a `DocumentError`."""
    draft = Draft(limits)
    try:
        with pdfium.PdfDocument(path) as document:
            if len(document) > limits.max_pages:
                raise too_many_pages(len(document), limits)
            _fill(draft, document)
            return draft.finish(MEDIA_TYPE, len(document))
    except pdfium.PdfiumError as error:
        raise explained(error) from error


def explained(error: pdfium.PdfiumError) -> DocumentError:
    if error.err_code in _LOCKED:
        return EncryptedDocument("The PDF has a password. Send it without one.")
    return CorruptDocument("The PDF is damaged or cut short. Save or send it again.")


def _fill(draft: Draft, document: pdfium.PdfDocument) -> None:
    known = unknown = pictures = 0
    for number in range(len(document)):
        page = document[number]
        glyphs = list(_glyphs(page))
        known += sum(not glyph.is_space and glyph.is_known for glyph in glyphs)
        unknown += sum(not glyph.is_space and not glyph.is_known for glyph in glyphs)
        pictures += c.FPDFPage_CountObjects(page)
        for block in blocks(lines(glyphs)):
            draft.add(block.text, block.kind, page=number + 1, box=block.box)
        page.close()
    if unknown > known:
        raise NoTextLayer(f"The PDF's text layer does not say which characters it shows. {_OCR}")
    if not known and pictures:
        raise NoTextLayer(f"The PDF's pages are pictures without a text layer. {_OCR}")


def _glyphs(page: pdfium.PdfPage) -> Iterator[Glyph]:
    """The characters of a page in the order of its text, PDFium's own line ends among them."""
    textpage = page.get_textpage()
    place = _placing(page)
    rect = c.FS_RECTF()
    for index in range(c.FPDFText_CountChars(textpage)):
        code = c.FPDFText_GetUnicode(textpage, index)
        char = chr(code) if 0 < code < 0x110000 else "\ufffd"
        generated = c.FPDFText_IsGenerated(textpage, index) == 1
        if generated or not c.FPDFText_GetLooseCharBox(textpage, index, rect):
            yield Glyph(char, None, is_generated=generated)
            continue
        mapped = c.FPDFText_HasUnicodeMapError(textpage, index) != 1
        yield Glyph(char, place(rect), is_known=mapped and not _is_private(code))
    textpage.close()


def _is_private(code: int) -> bool:
    return code in {0, 0xFFFD} or 0xE000 <= code <= 0xF8FF


def _placing(page: pdfium.PdfPage) -> Callable[[c.FS_RECTF], Box]:
    """How a rectangle of the page's own space lies on the page as it is shown, from its top left.

    The page's crop and rotation are in it. Asked of PDFium three times, not once a character.
    """
    width, height = page.get_size()
    x, y = ctypes.c_int(), ctypes.c_int()

    def shown(at_x: float, at_y: float) -> tuple[float, float]:
        size = (round(width * _UNITS), round(height * _UNITS))
        c.FPDF_PageToDevice(page, 0, 0, *size, 0, at_x, at_y, x, y)
        return x.value / _UNITS, y.value / _UNITS

    (x0, y0), (x1, y1), (x2, y2) = shown(0, 0), shown(100, 0), shown(0, 100)
    xx, xy, yx, yy = (x1 - x0) / 100, (y1 - y0) / 100, (x2 - x0) / 100, (y2 - y0) / 100

    def place(rect: c.FS_RECTF) -> Box:
        left, top = x0 + rect.left * xx + rect.top * yx, y0 + rect.left * xy + rect.top * yy
        right = x0 + rect.right * xx + rect.bottom * yx
        bottom = y0 + rect.right * xy + rect.bottom * yy
        return min(left, right), min(top, bottom), max(left, right), max(top, bottom)

    return place
