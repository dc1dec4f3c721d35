"""Workbooks: comments, pictures and shapes of sheets that are shown, and of hidden ones."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from odf import table
from odf.draw import Frame, Image, Object
from odf.office import Annotation
from odf.text import P
from openpyxl.comments import Comment

from documents.document import BlockKind, Document
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import LIMITS, saved
from standin.documents.ods_builder import Sheet, cell, ods, row, within
from standin.documents.office_builders import workbook

HIDDEN = ReadLimits(max_chars=10_000, max_pages=1, hidden=True)


def hidden(document: Document) -> list[str]:
    return [
        document.text[block.start : block.end]
        for block in document.blocks
        if block.kind is BlockKind.hidden
    ]


def test_what_stands_beside_the_cells_of_ods_is_named(tmp_path: Path) -> None:
    picture = within(Frame(), Image(href="Pictures/1.png"))
    chart = within(Frame(), Object(href="./Object 1"), Image(href="./ObjectReplacements/Object 1"))
    shapes = within(table.Shapes(), picture, chart)
    document = read(saved(tmp_path, ods(Sheet("表", [shapes, row("东街")]))), LIMITS)
    assert [(one.what, one.where) for one in document.unread] == [
        ("picture", "表"), ("embedded object", "表"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_comments_on_hidden_sheets_are_hidden_content(tmp_path: Path, kind: str) -> None:
    path = saved(tmp_path, commented_xlsx() if kind == "xlsx" else commented_ods())
    assert read(path, LIMITS).text == "表\n\n东街\n\n批注"
    assert hidden(read(path, HIDDEN)) == ["底稿", "西街", "暗批注"]


def commented_xlsx() -> bytes:
    book = openpyxl.Workbook()
    shown, unseen = book.active, book.create_sheet("底稿")
    assert shown is not None
    shown.title = "表"
    for sheet, words, note in ((shown, "东街", "批注"), (unseen, "西街", "暗批注")):
        sheet["A1"] = words
        sheet["A1"].comment = Comment(note, "审核人")
    unseen.sheet_state = "hidden"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def commented_ods() -> bytes:
    def commented(words: str, note: str) -> list[Any]:
        return [row(cell(words, within(Annotation(), P(text=note))))]

    return ods(
        Sheet("表", commented("东街", "批注")),
        Sheet("底稿", commented("西街", "暗批注"), is_hidden=True),
    )


@pytest.mark.parametrize("is_inline", [False, True])
def test_raised_digits_in_a_cell_keep_their_value(tmp_path: Path, *, is_inline: bool) -> None:
    raised = '<rPr><vertAlign val="superscript"/></rPr>'
    runs = (
        f"<r><t>共10</t></r><r>{raised}<t>8</t></r><r><t>吨，H</t></r>"
        '<r><rPr><vertAlign val="subscript"/></rPr><t>2</t></r><r><t>O</t></r>'
    )
    cell = (
        f'<c r="A1" t="inlineStr"><is>{runs}</is></c>' if is_inline
        else '<c r="A1" t="s"><v>0</v></c>'
    )  # fmt: skip
    path = saved(tmp_path, workbook(f'<row r="1">{cell}</row>', strings=[runs]))
    assert "共10^8吨，H2O" in read(path, LIMITS).text


VML = """<xml xmlns:v="urn:schemas-microsoft-com:vml"
 xmlns:x="urn:schemas-microsoft-com:office:excel">{}</xml>"""


def control(kind: str, caption: str = "", more: str = "") -> str:
    words = f"<v:textbox><div><font>{caption}</font></div></v:textbox>" if caption else ""
    data = f'<x:ClientData ObjectType="{kind}">{more}</x:ClientData>'
    return f"<v:shape>{words}{data}</v:shape>"


@pytest.mark.parametrize("is_hidden", [False, True])
def test_form_controls_on_a_sheet_are_read(tmp_path: Path, *, is_hidden: bool) -> None:
    shapes = (
        control("Checkbox", "同意", "<x:Checked>1</x:Checked>"), control("Checkbox", "不同意"),
        control("Radio", "其他", "<x:Checked>0</x:Checked>"), control("Label", "请选择"),
        control("Note", "批注的框"), control("Drop", more="<x:Sel>2</x:Sel>"),
    )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(commented_xlsx())) as package:
        parts = sorted(name for name in package.namelist() if name.endswith(".vml"))
    part = parts[int(is_hidden)]
    data = replaced(commented_xlsx(), part, VML.format("".join(shapes)).encode())
    document = read(saved(tmp_path, data), HIDDEN)
    kind = BlockKind.hidden if is_hidden else BlockKind.drawing
    texts = [document.text[one.start : one.end] for one in document.blocks if one.kind is kind]
    assert texts[-4:] == ["☑ 同意", "☐ 不同意", "☐ 其他", "请选择"]
    assert [one.what for one in document.unread] == ([] if is_hidden else ["form"])


ENTRIES = ["同意", "不同意", "弃权"]


def with_list(setting: str, kind: str = "Drop") -> bytes:
    """A workbook with a list on its first sheet, whose entries are on the second."""
    book = openpyxl.Workbook()
    first, second = book.active, book.create_sheet("选 项's")
    assert first is not None
    first["A1"] = "表决"
    first["A1"].comment = Comment("批注", "审核人")
    for number, words in enumerate(ENTRIES, 2):
        second[f"B{number}"] = words
        first[f"D{number}"] = f"本表{words}"
    second.sheet_state = "hidden"
    written = io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as package:
        (part,) = (name for name in package.namelist() if name.endswith(".vml"))
    shape = control(kind, more=setting)
    return replaced(written.getvalue(), part, VML.format(shape).encode())


@pytest.mark.parametrize("kind", ["Drop", "List"])
@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("<x:FmlaRange>'选 项''s'!$B$2:$B$4</x:FmlaRange><x:Sel>2</x:Sel>", ["不同意"]),
        ("<x:FmlaRange>$D$2:$D$4</x:FmlaRange><x:Sel>3</x:Sel>", ["本表弃权"]),
        ("<x:FmlaRange>$D$2:$D$4</x:FmlaRange><x:Sel>0</x:Sel>", []),
        ("<x:FmlaRange>$D$2:$D$4</x:FmlaRange>", []),
    ],
)
def test_the_chosen_entry_of_a_list_is_read(
    tmp_path: Path, kind: str, setting: str, shown: list[str]
) -> None:
    document = read(saved(tmp_path, with_list(setting, kind)), LIMITS)
    found = [one for one in document.blocks if one.kind is BlockKind.drawing]
    assert [document.text[one.start : one.end] for one in found] == shown
    assert "form" not in [one.what for one in document.unread]


@pytest.mark.parametrize(
    "setting",
    [
        "<x:FmlaRange>选项的名称</x:FmlaRange><x:Sel>1</x:Sel>",
        "<x:FmlaRange>别处!$B$2:$B$4</x:FmlaRange><x:Sel>1</x:Sel>",
        "<x:FmlaRange>$D$2:$D$4</x:FmlaRange><x:Sel>4</x:Sel>",
        "<x:FmlaRange>$A$1:$D$400000</x:FmlaRange><x:Sel>1</x:Sel>",
        "<x:FmlaRange>$D$2:$D$4</x:FmlaRange><x:Sel>1</x:Sel><x:SelType>Multi</x:SelType>",
        "<x:Sel>1</x:Sel>",
    ],
)
def test_an_entry_that_is_not_found_is_named(tmp_path: Path, setting: str) -> None:
    document = read(saved(tmp_path, with_list(setting)), LIMITS)
    assert [one.what for one in document.unread if one.what == "form"] == ["form"]


def replaced(data: bytes, name: str, content: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, content if entry == name else old.read(entry))
    return written.getvalue()
