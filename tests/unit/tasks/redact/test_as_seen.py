"""A value that a reader sees is found, whatever stands between its characters in the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree
from reportlab.pdfgen.canvas import Canvas

from documents.detect import detect
from documents.inventory.entry import EntryKind, Unread
from documents.inventory.package.odf_text import odf_texts
from documents.inventory.walk import inventory
from standin.documents.builders import LIMITS, docx_with, drawn_pdf, saved
from standin.documents.ofd_builder import ofd, on_layer, text_object
from standin.documents.office_builders import workbook
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style
from tests.unit.documents.masking.masks import masked

MASKER = Masker(Targets(frozenset(RULES)), Style())
PHONE, START, END = "13812345678", "138", "12345678"
WHITE, TINY = '<w:color w:val="FFFFFF"/>', '<w:sz w:val="2"/>'
RED, RAISED = '<w:color w:val="FF0000"/>', '<w:position w:val="12"/>'


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def ruby(reading: str, base: str) -> str:
    return (
        f"<w:r><w:ruby><w:rubyPr/><w:rt>{run(reading)}</w:rt>"
        f"<w:rubyBase>{run(base)}</w:rubyBase></w:ruby></w:r>"
    )


def field(code: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def between(text: str, properties: str) -> str:
    return "".join(run(digit) + run(text, properties) for digit in PHONE)


IN_DOCX = {
    "in the other direction": f'<w:bdo w:val="rtl">{run("8765")}{run("4321831")}</w:bdo>',
    "at two places of a line": run(START) + "<w:r><w:ptab/></w:r>" + run(END),
    "reading above a number": ruby(START, END),
    "number under a reading": ruby(END, START),
    "only readings": "".join(ruby(digit, "字") for digit in PHONE),
    "texts of a field": field(f'QUOTE "{START}" "{END}"'),
    "characters of a field": field("QUOTE " + " ".join(str(ord(one)) for one in PHONE)),
    "field beside text": run(START) + field(f'QUOTE "{END}"'),
    "field in one element": f'{run(START)}<w:fldSimple w:instr="QUOTE {END}"/>',
    "boxed in a field": field(rf"EQ \x({START}){END}"),
    "white digits between": between("7", WHITE),
    "white words between": between("国", WHITE),
    "tiny digits between": between("7", TINY),
    "tiny words between": between("国", TINY),
    "narrow words between": between("国", '<w:w w:val="1"/>'),
    "raised digit after": run(PHONE) + run("9", RAISED),
    "raised digit before": run("9", RAISED) + run(PHONE),
    "raised digit within": run(START) + run("9", RAISED) + run(END),
    "digits of a style after": run(PHONE) + run("12", '<w:rStyle w:val="FootnoteReference"/>'),
}


def found(data: bytes, folder: Path) -> list[str]:
    """The values that the inventory of a file has."""
    path = saved(folder, data)
    return [
        "".join(change.value.split())
        for entry in inventory(path, detect(path), LIMITS)
        for change in MASKER.changes(entry.text)
    ]


@pytest.mark.parametrize("where", IN_DOCX)
def test_a_number_that_a_page_of_word_shows_is_found_and_masked(where: str, tmp_path: Path) -> None:
    data = docx_with(f"<w:p>{IN_DOCX[where]}</w:p>")
    assert PHONE in found(data, tmp_path)
    file, _ = masked(data, tmp_path)
    assert found(file.data, tmp_path) == []


CLEAN_DOCX = {
    "colored numbers": run("138", RED) + run("亿元，增") + run("12345678", RED) + run("户"),
    "powers": f"{run('1381234 m')}{run('2', RAISED)}{run('，345678 m')}{run('2', RAISED)}",
    "white on black": run("138") + run("12", f'{WHITE}<w:shd w:fill="000000"/>') + run("号"),
    "pronunciation": ruby("hàn", "汉") + ruby("zì", "字"),
    "equation": field(r"EQ \f(1,2)"),
    "condition": field('IF 1 = 1 "先生" "女士"'),
}


@pytest.mark.parametrize("where", CLEAN_DOCX)
def test_a_page_of_word_without_a_number_has_none_and_is_read(where: str, tmp_path: Path) -> None:
    path = saved(tmp_path, docx_with(f"<w:p>{CLEAN_DOCX[where]}</w:p>"))
    entries = list(inventory(path, detect(path), LIMITS))
    assert [change.value for one in entries for change in MASKER.changes(one.text)] == []
    assert [one for one in entries if one.kind is EntryKind.unread] == []


@pytest.mark.parametrize(
    "code", ["= 13812340000 + 5678", 'IF 1 = 1 "138" "1"', r"EQ \f(138,12345678)"]
)
def test_a_field_that_computes_a_number_is_named(code: str, tmp_path: Path) -> None:
    path = saved(tmp_path, docx_with(f"<w:p>{run(END)}{field(code + ' 12345678')}</w:p>"))
    entries = inventory(path, detect(path), LIMITS)
    assert Unread.program.value in {one.reason for one in entries}


def rich(*runs: str) -> str:
    return f'<row r="2"><c r="A2" t="inlineStr"><is>{"".join(runs)}</is></c></row>'


PALE = '<rPr><color rgb="FFFFFFFF"/></rPr>'
IN_XLSX = {
    "after a size": ("", f"&amp;C电话&amp;12{PHONE}"),
    "after a size of one digit": ("", f"&amp;C电话&amp;8{PHONE}"),
    "around a size": ("", f"&amp;C电话{START}&amp;12{END}"),
    "as percent": ('<row r="2"><c r="A2" s="1"><v>138123456.78</v></c></row>', ""),
    "around white text": (
        rich(f"<r><t>{START}</t></r>", f"<r>{PALE}<t>国</t></r>", f"<r><t>{END}</t></r>"), "",
    ),
    "beside white digits": (rich(f"<r><t>{PHONE}</t></r>", f"<r>{PALE}<t>99</t></r>"), ""),
    "with a reading": (rich(f'<t>{END}</t><rPh sb="0" eb="1"><t>{START}</t></rPh>'), ""),
    "in constants of a list": (
        '<row r="2"><c r="A2"><f>CONCAT({"138","1234","5678"})</f><v>0</v></c></row>', "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("where", IN_XLSX)
def test_a_number_that_a_sheet_shows_is_found_and_masked(where: str, tmp_path: Path) -> None:
    rows, header = IN_XLSX[where]
    line = f"<headerFooter><oddHeader>{header}</oddHeader></headerFooter>"
    data = workbook(rows, formats=["0%"], after=line)
    assert PHONE in found(data, tmp_path)
    file, _ = masked(data, tmp_path)
    assert found(file.data, tmp_path) == []


def characters(text: str, steps: str, x: float = 0, color: str = "", attributes: str = "") -> str:
    painted = f'<ofd:FillColor Value="{color}"/>' if color else ""
    return (
        f'<ofd:TextObject Boundary="30 50 150 8" Font="3" Size="4" {attributes}>{painted}'
        f'<ofd:TextCode X="{x}" Y="4" DeltaX="{steps}">{text}</ofd:TextCode></ofd:TextObject>'
    )


IN_OFD = {
    "from right to left": characters(PHONE[::-1], "g 10 -2.2", 60),
    "first digits after a step back": characters(f"{END}{START}", "g 7 2.2 -22 2.2 2.2", 30),
    "two digits exchanged": characters(f"31{PHONE[2:]}", "-2.2 4.4 g 8 2.2", 30),
    "around white text": characters(START, "g 2 2.2", 30)
    + characters("国", "", 36.6, "255 255 255") + characters(END, "g 7 2.2", 40.6),
}  # fmt: skip


@pytest.mark.parametrize("where", IN_OFD)
def test_a_number_that_a_page_of_ofd_shows_is_found_and_masked(where: str, tmp_path: Path) -> None:
    data = ofd([on_layer(text_object("情况说明。", 30, 30) + IN_OFD[where])])
    assert PHONE in found(data, tmp_path)
    file, _ = masked(data, tmp_path)
    assert found(file.data, tmp_path) == []


def test_scripts_from_right_to_left_keep_their_order(tmp_path: Path) -> None:
    word = "\u0627\u0628\u062c"
    path = saved(tmp_path, ofd([on_layer(characters(word, "g 2 -2.2", 60))]))
    assert any(word in entry.text for entry in inventory(path, detect(path), LIMITS))


def test_characters_of_a_negative_width_are_read(tmp_path: Path) -> None:
    words = text_object("情况说明，现将有关事项报告如下。", 30, 30)
    mirrored = characters("123", "g 2 2.2", 30, attributes='HScale="-1"')
    path = saved(tmp_path, ofd([on_layer(words + mirrored)]))
    assert any("123" in entry.text for entry in inventory(path, detect(path), LIMITS))


def draw(*texts: tuple[str, float, float, float]) -> Callable[[Canvas], None]:
    """Draws texts after each other: each with its size, its rise, and its gray."""

    def on(canvas: Canvas) -> None:
        left = 72.0
        for text, size, rise, gray in texts:
            canvas.setFont("Helvetica", size)
            canvas.setFillGray(gray)
            canvas.drawString(left, 700 + rise, text)
            left += canvas.stringWidth(text, "Helvetica", size)

    return on


IN_PDF = {
    "around a raised digit": ((START, 12, 0, 0), ("9", 5, 7, 0), (END, 12, 0, 0)),
    "around two of them": (
        (START, 12, 0, 0), ("7", 4, 8, 0), ("1234", 12, 0, 0), ("7", 4, 8, 0), ("5678", 12, 0, 0),
    ),
    "between tiny digits": tuple(
        one for digit in PHONE for one in ((digit, 12, 0, 0), ("9", 0.5, 0, 0))
    ),
    "around white digits": ((START, 12, 0, 0), ("99", 6, 0, 1), (END, 12, 0, 0)),
    "beside white digits": ((PHONE, 12, 0, 0), ("99", 12, 0, 1)),
}  # fmt: skip


@pytest.mark.parametrize("where", IN_PDF)
def test_a_number_that_a_page_of_pdf_shows_is_found_and_masked(where: str, tmp_path: Path) -> None:
    data = drawn_pdf(draw(*IN_PDF[where]))
    assert PHONE in found(data, tmp_path)
    file, _ = masked(data, tmp_path)
    assert found(file.data, tmp_path) == []


ODF = "urn:oasis:names:tc:opendocument:xmlns"
IN_ODF = {
    "around white text": '138<t:span t:style-name="white">国</t:span>12345678',
    "around tiny text": '138<t:span t:style-name="tiny">99</t:span>12345678',
    "beside white digits": f'{PHONE}<t:span t:style-name="white">99</t:span>',
    "around a note": "138<t:note><t:note-citation>9</t:note-citation></t:note>12345678",
    "with a reading": "<t:ruby><t:ruby-base>12345678</t:ruby-base><t:ruby-text>138</t:ruby-text>"
    "</t:ruby>",
    "only readings": "".join(
        f"<t:ruby><t:ruby-base>字</t:ruby-base><t:ruby-text>{digit}</t:ruby-text></t:ruby>"
        for digit in PHONE
    ),
}


@pytest.mark.parametrize("where", IN_ODF)
def test_a_number_that_an_opendocument_text_shows_is_found(where: str) -> None:
    root = etree.fromstring(
        f'<o:document-content xmlns:o="{ODF}:office:1.0" xmlns:t="{ODF}:text:1.0" '
        f'xmlns:s="{ODF}:style:1.0" xmlns:fo="{ODF}:xsl-fo-compatible:1.0">'
        '<s:style s:name="white" s:family="text"><s:text-properties fo:color="#ffffff"/></s:style>'
        '<s:style s:name="tiny" s:family="text"><s:text-properties fo:font-size="1pt"/></s:style>'
        f"<t:p>{IN_ODF[where]}</t:p></o:document-content>"
    )
    texts = [text for text, _ in odf_texts(root)]
    assert any(MASKER.changes(text) for text in texts)
    assert not MASKER.changes(texts[0])


def test_a_paragraph_of_opendocument_without_such_text_has_one_text() -> None:
    root = etree.fromstring(f'<t:p xmlns:t="{ODF}:text:1.0">面积<t:span>138</t:span></t:p>')
    assert list(odf_texts(root)) == [("面积138", EntryKind.shown)]
