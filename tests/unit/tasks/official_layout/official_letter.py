"""Builds a correct official letter with python-docx, which tests modify."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as Letter
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from documents.limits import ReadLimits
from tasks.official_layout.work import check, fix

LIMITS = ReadLimits(max_chars=1_000_000, max_pages=100)
TITLE, RECIPIENT, OPENING, FIRST, SECOND, THIRD, PLAIN, CLOSING, NOTE, SIGNATURE, DATE = (
    4, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16,
)  # fmt: skip
"""The indexes of the paragraphs of `letter()`."""


def letter(kind: str = "通知", closing: str = "特此通知。") -> Letter:
    """A letter with an issue number, three levels of headings and one attachment."""
    document = Document()
    _page(document)
    centre, right = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
    text(document, "江府发〔2024〕5号", align=centre)
    for _ in range(2):
        text(document, "")
    text(document, "江南市人民政府", font="方正小标宋简体", points=22, align=centre)
    text(document, f"关于做好防汛工作的{kind}", font="方正小标宋简体", points=22, align=centre)
    text(document, "")
    text(document, "江南省人民政府：")
    text(document, "为做好防汛工作，现将有关事项说明如下。", first=2)
    text(document, "一、总体要求", font="黑体", first=2)
    text(document, "（一）明确责任", font="楷体_GB2312", first=2)
    text(document, "1.落实24小时值班制度。", first=2)
    text(document, "各单位要坚持“预防为主”的方针（含节假日）。", first=2)
    text(document, closing, first=2)
    text(document, "")
    text(document, "附件：任务分工表", first=2)
    text(document, "江南市人民政府", align=right, right=4)
    text(document, "2024年3月5日", align=right, right=4)
    return document


def text(
    document: Letter,
    words: str,
    *,
    font: str = "仿宋_GB2312",
    points: float = 16,
    align: WD_ALIGN_PARAGRAPH | None = None,
    first: int = 0,
    right: int = 0,
) -> Paragraph:
    paragraph = document.add_paragraph()
    paragraph.alignment = align
    look = paragraph.paragraph_format
    look.line_spacing, look.space_after, look.space_before = Pt(28.95), Pt(0), Pt(0)
    look.first_line_indent, look.right_indent = Pt(16 * first), Pt(16 * right)
    if words:
        run = paragraph.add_run(words)
        run.font.size = Pt(points)
        set_font(run, font)
    return paragraph


def set_font(run: Any, font: str) -> None:
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _page(document: Letter) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25.5)
    grid = section._sectPr.find(qn("w:docGrid"))
    for name, value in (("type", "linesAndChars"), ("linePitch", "579"), ("charSpace", "-842")):
        grid.set(qn(f"w:{name}"), value)
    document.settings.odd_and_even_pages_header_footer = True
    for footer, align in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        paragraph = footer.paragraphs[0]
        paragraph.style = document.styles["Normal"]
        paragraph.alignment = align
        for kind, words in (("t", "— "), ("field", ""), ("t", " —")):
            run = paragraph.add_run(words)
            run.font.size, run.font.name = Pt(14), "宋体"
            if kind == "field":
                _page_field(run)


def _page_field(run: Any) -> None:
    for kind in ("begin", "instrText", "separate", "t", "end"):
        if kind in {"instrText", "t"}:
            piece = OxmlElement(f"w:{kind}")
            piece.text = " PAGE " if kind == "instrText" else "1"
        else:
            piece = OxmlElement("w:fldChar")
            piece.set(qn("w:fldCharType"), kind)
        run._r.append(piece)


def saved(document: Letter, folder: Path, name: str = "letter.docx") -> Path:
    path = folder / name
    document.save(str(path))
    return path


def checked(document: Letter, **arguments: Any) -> dict[str, Any]:
    """Checks a letter."""
    with tempfile.TemporaryDirectory() as folder:
        return dict(check(saved(document, Path(folder)), arguments, LIMITS).values)


def broken(document: Letter, **arguments: Any) -> Sequence[tuple[str, int | None]]:
    """Each finding's rule and paragraph."""
    findings = checked(document, **arguments)["findings"]
    return [(one["rule"], one["place"]["paragraph"]) for one in findings]


def corrected(document: Letter, folder: Path, **arguments: Any) -> tuple[dict[str, Any], Letter]:
    """Corrects a letter; returns the report and the new letter."""
    made = fix(saved(document, folder), arguments, LIMITS)
    path = folder / "corrected.docx"
    path.write_bytes(made.file or b"")
    return dict(made.values), Document(str(path))
