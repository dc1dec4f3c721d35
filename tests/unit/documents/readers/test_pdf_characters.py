"""The characters of a PDF's text, as a reader of the page sees them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from documents.document import Document, Unread
from documents.errors import NoTextLayer
from documents.read import read
from standin.documents.builders import LIMITS, saved
from standin.documents.pdf_pages import pdf_of, show

SAMPLES = Path(__file__).parents[3] / "samples"
TITLE_BOX = (72.0, 100.0, 314.0, 122.0)


def document_of(tmp_path: Path, *args: object) -> Document:
    return read(saved(tmp_path, pdf_of(*args)), LIMITS)  # type: ignore[arg-type]


def in_font(font: str, codes: bytes, *, after: str = "") -> bytes:
    """A page with bytes in a simple font of this name, `F`, after other text."""
    return after.encode() + b"BT /F 12 Tf 72 700 Td <" + codes.hex().encode() + b"> Tj ET"


def with_font(font: Dictionary, pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.Resources.Font.F = pdf.make_indirect(font)


def simple_font(name: str) -> Dictionary:
    return Dictionary(
        Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name(f"/{name}"),
        Encoding=Name.WinAnsiEncoding, FirstChar=0, LastChar=255, Widths=Array([500] * 256),
    )  # fmt: skip


def test_characters_beyond_the_basic_plane_are_whole() -> None:
    document = read(SAMPLES / "cases/pdf-beyond-bmp/in.pdf", LIMITS)
    assert document.text.startswith("申请人：张𠮷𬭚，男")


def test_radicals_are_read_as_the_characters() -> None:
    document = read(SAMPLES / "pdf/kangxi-radicals.pdf", LIMITS)
    assert document.text == "行政处罚决定书 甲方：黄小月 金额二千元 2026年6月1日"


@pytest.mark.parametrize(("code", "char"), [("\ue863", "䶮"), ("\ue81e", "\u9fb4")])
def test_private_codes_of_gbk_are_read_as_the_characters(
    tmp_path: Path, code: str, char: str
) -> None:
    document = document_of(tmp_path, [show(f"申请人：张{code}，住某路一号")])
    assert document.text == f"申请人：张{char}，住某路一号"
    assert document.unread == ()


def test_gbk_bytes_in_a_latin_font_are_read_as_chinese(tmp_path: Path) -> None:
    content = in_font("F", "关于防汛工作的通知 No.3".encode("gb18030"))
    data = pdf_of([content], lambda pdf: with_font(simple_font("SimSun"), pdf))
    document = read(saved(tmp_path, data), LIMITS)
    assert document.text == "关于防汛工作的通知 No.3"
    box = document.blocks[0].box
    assert box is not None
    assert box[0] == pytest.approx(72, abs=1)
    assert box[2] - box[0] == pytest.approx(6 * 23, abs=7)


def test_latin_text_with_accents_stays(tmp_path: Path) -> None:
    content = in_font("F", "Größe, déjà vu, ¿señor?".encode("cp1252"))
    data = pdf_of([content], lambda pdf: with_font(simple_font("Helvetica"), pdf))
    assert read(saved(tmp_path, data), LIMITS).text == "Größe, déjà vu, ¿señor?"


def test_space_glyphs_under_chinese_characters_are_not_spaces(tmp_path: Path) -> None:
    words = "关于防汛工作的原则"
    glyphs = "".join(
        show(char, 72 + 12 * at) + show(" ", 84 + 12 * at) for at, char in enumerate(words)
    )
    assert document_of(tmp_path, [glyphs]).text == words


def test_a_space_that_is_seen_stays(tmp_path: Path) -> None:
    assert document_of(tmp_path, [show("通 知")]).text == "通 知"


@pytest.mark.parametrize(
    ("font", "code", "char"),
    [
        ("Wingdings", 0xFE, "☑"),
        ("ABCDEF+Wingdings-Regular", 0xA8, "☐"),
        ("Wingdings2", 0xA3, "☐"),
        ("Helvetica", 0xFE, "þ"),
    ],
)
def test_characters_of_symbol_fonts_are_read(
    tmp_path: Path, font: str, code: int, char: str
) -> None:
    content = in_font("F", bytes([code]), after=show("同意", 90))
    data = pdf_of([content], lambda pdf: with_font(simple_font(font), pdf))
    assert char in read(saved(tmp_path, data), LIMITS).text


@pytest.mark.parametrize(
    ("font", "code", "char"),
    [
        ("Wingdings", 0xF0FE, "☑"),
        ("Wingdings-Regular", 0xF0A8, "☐"),
        ("Symbol", 0xF0B3, "≥"),
        ("SimSun", 0xF0B7, "•"),
        ("SimSun", 0xF0FE, "\ufffd"),
    ],
)
def test_private_codes_of_symbol_fonts_are_read(
    tmp_path: Path, font: str, code: int, char: str
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        made = simple_font(font)
        made.ToUnicode = pdf.make_stream(
            b"1 begincodespacerange <00> <ff> endcodespacerange\n"
            b"1 beginbfchar <41> <%04X> endbfchar" % code
        )
        with_font(made, pdf)

    data = pdf_of([in_font("F", b"A", after=show("同意", 90))], change)
    assert char in read(saved(tmp_path, data), LIMITS).text


def test_a_title_in_a_font_without_mapping_is_named_and_not_guessed() -> None:
    document = read(SAMPLES / "pdf/title-font-unmapped.pdf", LIMITS)
    assert document.text.startswith("这是正文的一行文字内容，可以正常读出来的。")
    reason = "the font does not say which characters it draws"
    assert document.unread == (Unread("text", "page 1", reason, 1, TITLE_BOX),)
    assert document.unread_pages == ()


def test_a_font_without_mapping_asks_for_a_process_with_ocr() -> None:
    with pytest.raises(NoTextLayer, match="OCR"):
        read(SAMPLES / "pdf/title-font-unmapped.pdf", replace(LIMITS, ocr_pages=None))


def test_a_private_use_character_is_marked_and_named(tmp_path: Path) -> None:
    document = document_of(tmp_path, [show("申请人：张\ue000，住某路一号")])
    assert document.text == "申请人：张\ufffd，住某路一号"
    (unread,) = document.unread
    assert (unread.what, unread.page) == ("character", 1)
    assert unread.box == pytest.approx((72 + 5 * 12, 131, 72 + 6 * 12, 144), abs=3)


def test_vertical_columns_are_read_from_the_right(tmp_path: Path) -> None:
    columns = ("第二行竖排文字戊己庚辛。", "第一行竖排文字甲乙丙丁，")
    content = "".join(
        show(char, 470 + 30 * at, 740 - 12 * down)
        for at, column in enumerate(columns)
        for down, char in enumerate(column)
    )
    document = document_of(tmp_path, [content])
    assert document.text == "".join(reversed(columns))
    assert document.blocks[0].box == pytest.approx((470, 90, 512, 237), abs=6)
