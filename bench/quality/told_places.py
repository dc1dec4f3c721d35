"""Files that say one thing in one place: on the page, beside it, or where no page shows it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import quoteattr

import pypdfium2 as pdfium
from docx import Document
from docx.oxml import parse_xml
from openpyxl import Workbook
from openpyxl.comments import Comment
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

Build = Callable[[str], bytes]
_TITLE = "关于做好防汛工作的通知"
_SHAPE = (
    '<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:shape><v:textpath string={}/></v:shape>'
    "</w:pict></w:r>"
)
_FONT = "STSong-Light"


def _word(put: Callable[[Any, str], object]) -> Build:
    def build(words: str) -> bytes:
        document = Document()
        document.add_paragraph(_TITLE)
        put(document, words)
        written = io.BytesIO()
        document.save(written)
        return written.getvalue()

    return build


def _word_table(document: Any, words: str) -> None:
    document.add_table(1, 2).cell(0, 1).text = words


def _word_header(document: Any, words: str) -> None:
    document.sections[0].header.paragraphs[0].text = words


def _word_comment(document: Any, words: str) -> None:
    document.add_comment(document.paragraphs[0].runs, words)


def _word_hidden(document: Any, words: str) -> None:
    document.add_paragraph().add_run(words).font.hidden = True


def _word_watermark(document: Any, words: str) -> None:
    paragraph = document.sections[0].header.paragraphs[0]
    paragraph._p.append(parse_xml(_SHAPE.format(quoteattr(words))))  # noqa: SLF001


def _sheet(put: Callable[[Workbook, str], object]) -> Build:
    def build(words: str) -> bytes:
        book = Workbook()
        book.active["A1"] = _TITLE
        put(book, words)
        written = io.BytesIO()
        book.save(written)
        return written.getvalue()

    return build


def _sheet_cell(book: Workbook, words: str) -> None:
    book.active["B3"] = words


def _sheet_hidden(book: Workbook, words: str) -> None:
    hidden = book.create_sheet("底稿")
    hidden["A1"] = words
    hidden.sheet_state = "hidden"


def _sheet_note(book: Workbook, words: str) -> None:
    book.active["A1"].comment = Comment(words, "a")


def _sheet_header(book: Workbook, words: str) -> None:
    book.active.oddHeader.center.text = words


def _pdf(put: Callable[[Canvas, str], object]) -> Build:
    def build(words: str) -> bytes:
        pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
        written = io.BytesIO()
        canvas = Canvas(written, pagesize=A4, invariant=1)
        canvas.setFont(_FONT, 8)
        canvas.drawString(60, 760, _TITLE)
        put(canvas, words)
        canvas.showPage()
        canvas.save()
        return written.getvalue()

    return build


def _pdf_bookmark(canvas: Canvas, words: str) -> None:
    canvas.bookmarkPage("k")
    canvas.addOutlineEntry(words, "k")


def _pdf_field(canvas: Canvas, words: str) -> None:
    canvas.acroForm.textfield(name="f", value=words, x=60, y=500, width=300)


def _pdf_attachment(words: str) -> bytes:
    with pdfium.PdfDocument(_pdf(lambda canvas, _: canvas)(words)) as document:
        document.new_attachment(words).set_data(b"...")
        written = io.BytesIO()
        document.save(written)
        return written.getvalue()


PLACES: Mapping[str, Build] = MappingProxyType(
    {
        "DOCX: body": _word(lambda document, words: document.add_paragraph(words)),
        "DOCX: table": _word(_word_table),
        "DOCX: header": _word(_word_header),
        "DOCX: comment": _word(_word_comment),
        "DOCX: property": _word(
            lambda document, words: setattr(document.core_properties, "subject", words)
        ),
        "DOCX: hidden text": _word(_word_hidden),
        "DOCX: watermark": _word(_word_watermark),
        "XLSX: cell": _sheet(_sheet_cell),
        "XLSX: hidden sheet": _sheet(_sheet_hidden),
        "XLSX: note on a cell": _sheet(_sheet_note),
        "XLSX: header": _sheet(_sheet_header),
        "XLSX: property": _sheet(lambda book, words: setattr(book.properties, "subject", words)),
        "PDF: page": _pdf(lambda canvas, words: canvas.drawString(60, 700, words)),
        "PDF: note": _pdf(
            lambda canvas, words: canvas.textAnnotation(words, Rect=[60, 400, 90, 430])
        ),
        "PDF: bookmark": _pdf(_pdf_bookmark),
        "PDF: property": _pdf(lambda canvas, words: canvas.setSubject(words)),
        "PDF: attachment's name": _pdf_attachment,
    }
)
# What makes these files writes Latin letters alone there.
LATIN_PLACES: Mapping[str, Build] = MappingProxyType({"PDF: form field": _pdf(_pdf_field)})
