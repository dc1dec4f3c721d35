"""Builders of files that contain a given text in exactly one place, visible or hidden."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pypdfium2 as pdfium
from docx import Document
from docx.oxml import parse_xml
from openpyxl import Workbook
from openpyxl.chart import BarChart
from openpyxl.comments import Comment
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from standin.documents.docx_parts import INCLUDED, including

Build = Callable[[str], bytes]
_TITLE = "关于做好防汛工作的通知"
_SHAPE = (
    '<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:shape><v:textpath string={}/></v:shape>'
    "</w:pict></w:r>"
)
_PICTURE = (
    '<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:wp="http://'
    'schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><w:drawing><wp:inline>'
    '<wp:docPr id="1" name="1" descr={}/></wp:inline></w:drawing></w:r>'
)
_DIAGRAM = (
    '<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><dgm:pt><dgm:t><a:p><a:r>'
    "<a:t>{}</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:dataModel>"
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


def _word_picture(document: Any, words: str) -> None:
    document.paragraphs[0]._p.append(parse_xml(_PICTURE.format(quoteattr(words))))  # noqa: SLF001


def _word_diagram(words: str) -> bytes:
    written = io.BytesIO(_word(lambda document, _: document)(words))
    with zipfile.ZipFile(written, "a") as packed:
        packed.writestr("word/diagrams/data1.xml", _DIAGRAM.format(escape(words)))
    return written.getvalue()


def _word_chunk(words: str) -> bytes:
    page = f"<html><body><p>{escape(words)}</p></body></html>"
    return including(page.encode(), f"<w:p><w:r><w:t>{_TITLE}</w:t></w:r></w:p>{INCLUDED}")


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


def _sheet_chart(book: Workbook, words: str) -> None:
    chart = BarChart()
    chart.title = words
    book.active.add_chart(chart)


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


def _pdf_sideways(canvas: Canvas, words: str) -> None:
    canvas.translate(300, 100)
    canvas.rotate(90)
    canvas.drawString(0, 0, words)


def _pdf_field(canvas: Canvas, words: str) -> None:
    canvas.acroForm.textfield(name="f", value=words, x=60, y=500, width=300)


def _pdf_attachment(words: str) -> bytes:
    with pdfium.PdfDocument(_pdf(lambda canvas, _: canvas)(words)) as document:
        document.new_attachment(words).set_data(b"...")
        written = io.BytesIO()
        document.save(written)
        return written.getvalue()


BUILDERS: Mapping[str, Build] = MappingProxyType(
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
        "DOCX: picture's description": _word(_word_picture),
        "DOCX: diagram": _word_diagram,
        "DOCX: imported file (altChunk)": _word_chunk,
        "XLSX: cell": _sheet(_sheet_cell),
        "XLSX: hidden sheet": _sheet(_sheet_hidden),
        "XLSX: note on a cell": _sheet(_sheet_note),
        "XLSX: header": _sheet(_sheet_header),
        "XLSX: chart's title": _sheet(_sheet_chart),
        "XLSX: property": _sheet(lambda book, words: setattr(book.properties, "subject", words)),
        "PDF: page": _pdf(lambda canvas, words: canvas.drawString(60, 700, words)),
        "PDF: rotated text": _pdf(_pdf_sideways),
        "PDF: note": _pdf(
            lambda canvas, words: canvas.textAnnotation(words, Rect=[60, 400, 90, 430])
        ),
        "PDF: bookmark": _pdf(_pdf_bookmark),
        "PDF: property": _pdf(lambda canvas, words: canvas.setSubject(words)),
        "PDF: attachment's name": _pdf_attachment,
    }
)
# The library that writes these supports Latin letters only there.
LATIN_BUILDERS: Mapping[str, Build] = MappingProxyType({"PDF: form field": _pdf(_pdf_field)})
