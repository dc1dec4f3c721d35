"""Form fields, notes and attached files of a PDF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from documents.document import BlockKind, Document
from documents.errors import UnsupportedDocument
from documents.read import read
from standin.documents.builders import LIMITS, saved
from standin.documents.pdf_pages import add_annotation, add_field, pdf_of, show

Change = Callable[[pikepdf.Pdf], object]


def document_of(tmp_path: Path, content: str, change: Change, **limits: object) -> Document:
    data = pdf_of([content], change)  # type: ignore[arg-type]
    return read(saved(tmp_path, data), replace(LIMITS, **limits))  # type: ignore[arg-type]


def kinds(document: Document) -> list[tuple[BlockKind, str]]:
    return [(one.kind, document.text[one.start : one.end]) for one in document.blocks]


def test_values_stand_beside_their_labels(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        add_field(pdf, "Tx", (150, 695, 300, 715), V=String("甲某某"), T=String("name"))
        add_field(pdf, "Tx", (320, 665, 420, 685), V=String("家庭困难"), T=String("reason"))

    content = show("申请人姓名：") + show("申请理由：", y=670) + show("特此申请。", y=600)
    document = document_of(tmp_path, content, fill)
    assert document.text == "申请人姓名：甲某某\n\n申请理由：\u3000家庭困难\n\n特此申请。"
    assert document.blocks[0].box == pytest.approx((72, 131, 186, 144), abs=3)


def test_boxes_are_ticked_or_not_before_their_labels(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        add_field(pdf, "Btn", (72, 699, 84, 711), AS=Name.Yes, T=String("agree"))
        add_field(pdf, "Btn", (132, 699, 144, 711), AS=Name.Off, T=String("disagree"))

    content = show("同意", 88) + show("□不同意", 132)
    assert document_of(tmp_path, content, fill).text == "☑ 同意 ☐ 不同意"


def test_the_chosen_radio_button_is_ticked(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        group = pdf.make_indirect(Dictionary(FT=Name.Btn, Ff=1 << 15, V=Name.B, Kids=Array([])))
        for name, left in (("A", 72), ("B", 172)):
            state = Name.B if name == "B" else Name.Off
            kid = add_annotation(pdf, "Widget", (left, 699, left + 12, 711), AS=state, Parent=group)
            group.Kids.append(kid)
        pdf.Root.AcroForm = Dictionary(Fields=Array([group]))

    content = show("甲方案", 88) + show("乙方案", 188)
    assert document_of(tmp_path, content, fill).text.split("\t") == ["☐ 甲方案", "☑ 乙方案"]


def test_the_chosen_value_is_read_as_it_is_displayed(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        options = Array(
            [Array([String("1"), String("低保户")]), Array([String("2"), String("其他")])]
        )
        add_field(pdf, "Ch", (150, 695, 300, 715), V=String("1"), Opt=options, T=String("kind"))

    assert document_of(tmp_path, show("申请类别："), fill).text == "申请类别：低保户"


def test_a_value_of_several_lines_is_read_line_by_line(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        add_field(pdf, "Tx", (132, 640, 400, 712), V=String("第一行。\n第二行。"), Ff=1 << 12)

    document = document_of(tmp_path, show("事由：") + show("特此申请。", y=600), fill)
    assert "".join(document.text.split()) == "事由：第一行。第二行。特此申请。"


def test_a_value_inherited_from_the_field_above_is_read(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        field = pdf.make_indirect(Dictionary(FT=Name.Tx, V=String("乙某某"), T=String("name")))
        field.Kids = Array([add_annotation(pdf, "Widget", (150, 695, 300, 715), Parent=field)])
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]))

    assert document_of(tmp_path, show("申请人姓名："), fill).text == "申请人姓名：乙某某"


def test_gbk_values_without_a_mark_are_chinese(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        add_field(pdf, "Tx", (150, 695, 300, 715), V=String("丙某某".encode("gbk")))

    assert document_of(tmp_path, show("申请人姓名："), fill).text == "申请人姓名：丙某某"


def test_a_value_is_in_its_cell_of_a_table(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        add_field(pdf, "Tx", (203, 692, 300, 712), V=String("甲某某"))

    lines = [f"{x} 640 m {x} 720 l S\n" for x in (60, 200, 340)]
    lines += [f"60 {y} m 340 {y} l S\n" for y in (640, 680, 720)]
    content = "".join(lines) + show("姓名", 70) + show("电话", 70, 655) + show("无", 210, 655)
    assert document_of(tmp_path, content, fill).text == "姓名\t甲某某\n电话\t无"


def test_the_values_of_a_scanned_form_are_read_without_ocr(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        picture = pdf.make_stream(
            b"\x80", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1,
            ColorSpace=Name.DeviceGray, BitsPerComponent=8,
        )  # fmt: skip
        pdf.pages[0].obj.Resources.XObject = Dictionary(X=picture)
        add_field(pdf, "Tx", (150, 695, 300, 715), V=String("甲某某"))

    document = document_of(tmp_path, "q 595 0 0 842 0 0 cm /X Do Q", fill)
    assert (document.text, document.unread_pages) == ("甲某某", (1,))


def test_a_hidden_field_is_hidden_content(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        add_field(pdf, "Tx", (150, 695, 300, 715), V=String("内部编号")).F = 2

    assert document_of(tmp_path, show("姓名："), fill).text == "姓名："
    document = document_of(tmp_path, show("姓名："), fill, hidden=True)
    assert (BlockKind.hidden, "内部编号") in kinds(document)


def test_passwords_are_named_and_not_read(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        add_field(pdf, "Tx", (150, 695, 300, 715), V=String("qwerty"), Ff=1 << 13)

    document = document_of(tmp_path, show("口令："), fill)
    assert document.text == "口令："
    assert [(one.what, one.page) for one in document.unread] == [("form", 1)]


def test_notes_follow_the_body(tmp_path: Path) -> None:
    def note(pdf: pikepdf.Pdf) -> None:
        add_annotation(pdf, "Text", (300, 700, 320, 720), Contents=String("请核实。"))
        add_annotation(pdf, "Link", (72, 700, 90, 712), Contents=String("链接"))
        add_annotation(pdf, "Text", (300, 600, 320, 620), Contents=String("内部意见。")).F = 2

    document = document_of(tmp_path, show("正文。"), note)
    assert kinds(document) == [(BlockKind.paragraph, "正文。"), (BlockKind.annotation, "请核实。")]
    assert document.blocks[1].box == (300.0, 122.0, 320.0, 142.0)
    with_hidden = document_of(tmp_path, show("正文。"), note, hidden=True)
    assert kinds(with_hidden)[2:] == [(BlockKind.hidden, "内部意见。")]


def test_a_stamp_without_text_is_named(tmp_path: Path) -> None:
    document = document_of(
        tmp_path, show("正文。"), lambda pdf: add_annotation(pdf, "Stamp", (300, 700, 380, 780))
    )
    (unread,) = document.unread
    assert (unread.what, unread.page, unread.box) == ("stamp", 1, (300.0, 62.0, 380.0, 142.0))


def attach(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["正文.pdf"] = pikepdf.AttachedFileSpec(pdf, b"%PDF-1.7")


def portfolio(pdf: pikepdf.Pdf) -> None:
    attach(pdf)
    pdf.Root.Collection = Dictionary(Type=Name.Collection)


@pytest.mark.parametrize("change", [attach, portfolio])
def test_attached_files_are_named(tmp_path: Path, change: Change) -> None:
    (unread,) = document_of(tmp_path, show("请用其他软件打开。"), change).unread
    assert (unread.what, unread.where) == ("attachment", "正文.pdf")


def test_a_portfolio_without_text_says_what_to_send(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDocument, match=r"portfolio.*正文\.pdf"):
        document_of(tmp_path, "", portfolio)


def test_an_xfa_form_is_named(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=pdf.make_stream(b"<xdp/>"))

    document = document_of(tmp_path, show("请稍候。"), fill)
    assert [(one.what, one.where) for one in document.unread] == [("form", "XFA form")]
