"""Writes the same content in each format.

`FORMATS` has the formats that keep the exact text and need no optional program.
"""

from __future__ import annotations

import html
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import xlwt
from docx import Document
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Table

from documents.document import BlockKind
from documents.limits import ReadLimits
from standin.documents import ods_builder
from standin.documents.ofd_builder import ofd, paged

LIMITS = ReadLimits(max_chars=1_000_000, max_pages=100)

Item = tuple[BlockKind, str]
HEADING, PARAGRAPH, TABLE = BlockKind.heading, BlockKind.paragraph, BlockKind.table

CONTENT: Sequence[Item] = (
    (HEADING, "关于做好防汛工作的通知"),
    (
        PARAGRAPH,
        "各街道办事处、区政府各部门：据气象部门预报，本周末全区将有大到暴雨，局部地区有大暴雨。"
        "为做好防汛工作，确保人民群众生命财产安全，现将有关事项通知如下，请认真贯彻执行。",
    ),
    (PARAGRAPH, "各单位要落实24小时值班制度，值班电话2026年6月1日前报区防汛办公室备案。"),
    (
        PARAGRAPH,
        "The district office will keep the emergency line open day and night. Reports of flooded "
        "roads, fallen trees and broken lamps are to be passed on within thirty minutes of their "
        "arrival, and each of them is to be answered before noon of the day that follows.",
    ),
    (
        TABLE,
        "Station\tWater level\tWarning\nNorth Bridge\t4.2 m\tyellow\nSouth Lock\t5.1 m\torange",
    ),
    (PARAGRAPH, "特此通知。"),
)  # fmt: skip


def as_text(content: Sequence[Item] = CONTENT) -> bytes:
    return "\n".join(words for _, words in content).encode()


def as_markdown(content: Sequence[Item] = CONTENT) -> bytes:
    parts = []
    for kind, words in content:
        if kind is TABLE:
            rows = ["| " + " | ".join(row.split("\t")) + " |" for row in words.split("\n")]
            rule = "|" + " --- |" * len(words.split("\n")[0].split("\t"))
            parts.append("\n".join([rows[0], rule, *rows[1:]]))
        else:
            parts.append(f"## {words}" if kind is HEADING else words)
    return "\n\n".join(parts).encode()


def as_html(content: Sequence[Item] = CONTENT) -> bytes:
    parts = ["<!DOCTYPE html><html><head><meta charset='gbk'><title>t</title></head><body>"]
    for kind, words in content:
        if kind is TABLE:
            rows = (
                "".join(f"<td>\n {html.escape(cell)} </td>" for cell in row.split("\t"))
                for row in words.split("\n")
            )
            parts.append("<table>" + "".join(f"<tr>{row}</tr>\n" for row in rows) + "</table>")
        else:
            tag = "h1" if kind is HEADING else "p"
            parts.append(f"<{tag}>\n{html.escape(words)}\n</{tag}>")
    return "\n".join(parts).encode("gb18030")


def as_docx(content: Sequence[Item] = CONTENT) -> bytes:
    document = Document()
    for kind, words in content:
        if kind is TABLE:
            rows = [row.split("\t") for row in words.split("\n")]
            table = document.add_table(rows=0, cols=len(rows[0]))
            for row in rows:
                for cell, entry in zip(table.add_row().cells, row, strict=True):
                    cell.text = entry
        elif kind is HEADING:
            document.add_heading(words, level=2)
        else:
            document.add_paragraph(words)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def as_pdf(content: Sequence[Item] = CONTENT, *, breaks: bool = False) -> bytes:
    font = UnicodeCIDFont("STSong-Light")
    pdfmetrics.registerFont(font)
    base = {"fontName": font.fontName, "fontSize": 12, "leading": 18, "spaceAfter": 9}
    latin = ParagraphStyle("latin", **{**base, "fontName": "Helvetica"})
    chinese = ParagraphStyle("chinese", **base, wordWrap="CJK")
    heading = ParagraphStyle("heading", **{**base, "fontSize": 18, "leading": 27}, wordWrap="CJK")
    story: list[Flowable] = []
    for kind, words in content:
        if kind is TABLE:
            story.append(Table([row.split("\t") for row in words.split("\n")], colWidths=150))
        elif kind is HEADING:
            story.append(Paragraph(words, heading))
        else:
            story.append(Paragraph(html.escape(words), latin if words.isascii() else chinese))
        if breaks:
            story.append(PageBreak())
    written = io.BytesIO()
    SimpleDocTemplate(written, pagesize=A4, invariant=1).build(story)
    return written.getvalue()


def as_ofd(content: Sequence[Item] = CONTENT) -> bytes:
    return ofd(paged(content))


def as_rows(content: Sequence[Item] = CONTENT) -> tuple[str, list[list[str]]]:
    """The first heading as a sheet name, and the rest as its rows, with empty rows between."""
    rows = []
    for _, words in content[1:]:
        rows += [[], *(row.split("\t") for row in words.split("\n"))]
    return content[0][1], rows


def as_xlsx(content: Sequence[Item] = CONTENT) -> bytes:
    name, rows = as_rows(content)
    book = openpyxl.Workbook()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def as_xls(content: Sequence[Item] = CONTENT) -> bytes:
    name, rows = as_rows(content)
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet(name)
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.write(at, column, cell)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def as_ods(content: Sequence[Item] = CONTENT) -> bytes:
    name, rows = as_rows(content)
    lines = [ods_builder.row(*(row or [""])) for row in rows]
    return ods_builder.ods(ods_builder.Sheet(name, lines))


def as_eml(content: Sequence[Item] = CONTENT) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "防汛办 <flood@example.org>", "all@example.org"
    message["Date"], message["Message-ID"] = "Mon, 01 Jun 2026 08:00:00 +0800", "<1@example.org>"
    message["Subject"] = content[0][1]
    message["MIME-Version"] = "1.0"
    message.set_content(as_html(content), maintype="text", subtype="html", cte="base64")
    message.set_param("charset", "gb18030")
    return message.as_bytes()


def as_rtf(content: Sequence[Item] = CONTENT) -> bytes:
    """RTF is read only if LibreOffice is installed."""

    def coded(words: str) -> str:
        return "".join(map(escaped, words))

    def escaped(char: str) -> str:
        code = ord(char)
        return char if char.isascii() else f"\\u{code - 65536 if code > 32767 else code}?"

    parts = ["{\\rtf1\\ansi"]
    for kind, words in content:
        if kind is TABLE:
            for row in words.split("\n"):
                cells = row.split("\t")
                edges = "".join(f"\\cellx{2000 * (at + 1)}" for at in range(len(cells)))
                said = "".join(f"\\intbl {coded(cell)}\\cell" for cell in cells)
                parts.append(f"\\trowd{edges}{said}\\row")
            parts.append("\\pard")
        else:
            parts.append(f"\\pard {coded(words)}\\par")
    return ("\n".join(parts) + "}").encode("ascii")


Writer = Callable[..., bytes]
FORMATS: Mapping[str, Writer] = {
    "text": as_text,
    "markdown": as_markdown,
    "html": as_html,
    "docx": as_docx,
    "pdf": as_pdf,
    "ofd": as_ofd,
    "xlsx": as_xlsx,
    "xls": as_xls,
    "ods": as_ods,
}


def drawn_pdf(draw: Callable[[Canvas], None], **options: object) -> bytes:
    """A PDF with what `draw` draws on a canvas."""
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=A4, invariant=1, **options)
    draw(canvas)
    canvas.save()
    return written.getvalue()


def docx_with(body: str, parts: Mapping[str, str] | None = None) -> bytes:
    """A DOCX with the given XML as its body, and `parts` added or replaced."""
    names = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    changed = {
        "word/document.xml": f'<w:document xmlns:w="{names}" xmlns:mc="http://schemas.openxmlformats'
        f'.org/markup-compatibility/2006"><w:body>{body}</w:body></w:document>',
        **{
            name: f'<w:{tag} xmlns:w="{names}">{xml}</w:{tag}>'
            for name, (tag, xml) in {
                key: value.split("|", 1) for key, value in (parts or {}).items()
            }.items()
        },
    }
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_docx(()))) as usual, zipfile.ZipFile(written, "w") as packed:
        for name in usual.namelist():
            packed.writestr(name, changed.pop(name, "") or usual.read(name))
        for name, xml in changed.items():
            packed.writestr(name, xml)
    return written.getvalue()


def saved(folder: Path, data: bytes, name: str = "document.bin") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path
