"""Cells as a spreadsheet program shows them, and what is named as not read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from odf import table
from PIL import Image

from documents.detect import detect
from documents.document import BlockKind, Document
from documents.errors import CorruptDocument, DocumentTooLong, NoTextLayer
from documents.limits import ReadLimits
from documents.read import read
from documents.readers import sheets
from documents.table import Span
from standin.documents.builders import LIMITS, saved
from standin.documents.ods_builder import Sheet, cell, ods, row, within
from standin.documents.office_builders import relations, slide, workbook
from tasks.parse.parts import parsed_tables

HIDDEN = ReadLimits(max_chars=10_000, max_pages=1, hidden=True)
MACRO_SHEET = "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet"


def text_cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def tables(document: Document) -> list[str]:
    return [
        document.text[block.start : block.end]
        for block in document.blocks
        if block.kind is BlockKind.table
    ]


def hidden(document: Document) -> list[str]:
    return [
        document.text[block.start : block.end]
        for block in document.blocks
        if block.kind is BlockKind.hidden
    ]


def test_numbers_are_shown_with_their_value_beside(tmp_path: Path) -> None:
    formats = ["0.00%", "000000", "0&quot;万元&quot;", "yyyy&quot;年&quot;m&quot;月&quot;", "@"]
    cells = "".join(
        f'<c r="{column}1" s="{style}"><v>{value}</v></c>'
        for column, style, value in (
            ("A", 1, 0.853), ("B", 2, 12300), ("C", 3, 500), ("D", 4, 46023), ("E", 5, 7),
            ("F", 0, 1.5), ("G", 0, "110101199003070011"),
        )
    )  # fmt: skip
    document = read(saved(tmp_path, workbook(f'<row r="1">{cells}</row>', formats=formats)), LIMITS)
    assert tables(document) == ["85.30%\t012300\t500万元\t2026年1月\t7\t1.5\t110101199003070011"]
    (parsed,) = parsed_tables(document)
    assert [cell.raw for cell in parsed.cells] == [
        "0.853", "12300", "500", "2026-01-01", None, None, None,
    ]  # fmt: skip


def test_errors_are_shown_and_a_formula_without_a_value_is_named(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B1"><f>A2-A3</f></c>'
        '<c r="C1"><f>A2</f><v></v></c><c r="D1" t="str"><f>""</f><v></v></c>'
        '<c r="E1"><f>1+1</f><v>2</v></c></row>'
    )
    document = read(saved(tmp_path, workbook(rows)), LIMITS)
    assert tables(document) == ["#DIV/0!\t=A2-A3\t=A2\t\t2"]
    assert [(one.what, one.where) for one in document.unread] == [
        ("formula", "表!B1"),
        ("formula", "表!C1"),
    ]


def test_merged_cells_are_spans(tmp_path: Path) -> None:
    rows = (
        f'<row r="1">{text_cell("A1", "街道")}{text_cell("B1", "户数")}</row>'
        f'<row r="2">{text_cell("A2", "东街")}{text_cell("B2", "1")}</row>'
        f'<row r="3"><c r="A3"/>{text_cell("B3", "2")}</row>'
        f'<row r="5">{text_cell("A5", "合计")}</row>'
    )
    after = '<mergeCells count="2"><mergeCell ref="A2:A3"/><mergeCell ref="A5:B5"/></mergeCells>'
    document = read(saved(tmp_path, workbook(rows, after=after)), LIMITS)
    assert tables(document) == ["街道\t户数\n东街\t1\n\t2", "合计"]
    assert [table.spans for table in document.tables] == [(Span(1, 0, 2, 1),), (Span(0, 0, 1, 2),)]


def test_rows_that_a_merged_cell_covers_do_not_divide_a_table(tmp_path: Path) -> None:
    rows = f'<row r="1">{text_cell("A1", "甲")}</row><row r="4">{text_cell("B4", "乙")}</row>'
    after = '<mergeCells><mergeCell ref="A1:A4"/></mergeCells>'
    assert tables(read(saved(tmp_path, workbook(rows, after=after)), LIMITS)) == ["甲\n\t乙"]


def test_rows_that_stay_in_view_are_headers(tmp_path: Path) -> None:
    rows = f'<row r="1">{text_cell("A1", "甲")}</row><row r="2">{text_cell("A2", "乙")}</row>'
    before = '<sheetViews><sheetView><pane ySplit="1" state="frozen"/></sheetView></sheetViews>'
    (table,) = read(saved(tmp_path, workbook(rows, before=before)), LIMITS).tables
    assert table.head_rows == 1


def test_hidden_rows_and_columns_are_hidden_content(tmp_path: Path) -> None:
    rows = (
        f'<row r="1">{text_cell("A1", "甲")}{text_cell("B1", "藏列")}{text_cell("C1", "乙")}</row>'
        f'<row r="2" hidden="1">{text_cell("A2", "藏行")}</row>'
        f'<row r="3">{text_cell("A3", "丙")}<c r="C3" s="1"><v>42</v></c></row>'
    )
    before = '<cols><col min="2" max="2" hidden="1"/></cols>'
    path = saved(tmp_path, workbook(rows, before=before, formats=[";;;"]))
    document = read(path, LIMITS)
    assert tables(document) == ["甲\t乙\n丙"]
    assert [(one.what, one.where) for one in document.unread] == [
        ("hidden rows", "表"),
        ("hidden columns", "表"),
        ("hidden cells", "表"),
    ]
    document = read(path, HIDDEN)
    assert tables(document) == ["甲\t乙\n丙"]
    assert hidden(document) == ["表", "藏列\n藏行\n42"]
    assert document.unread == ()


def test_a_merged_cell_that_begins_in_a_hidden_row_or_column_is_shown(tmp_path: Path) -> None:
    rows = (
        f'<row r="1" hidden="1">{text_cell("A1", "东街")}{text_cell("D1", "1")}</row>'
        f'<row r="2"><c r="A2"/>{text_cell("D2", "2")}</row>'
        f'<row r="3">{text_cell("B3", "西街")}{text_cell("D3", "3")}</row>'
    )
    before = '<cols><col min="2" max="2" hidden="1"/></cols>'
    after = '<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B3:C3"/></mergeCells>'
    document = read(saved(tmp_path, workbook(rows, before=before, after=after)), LIMITS)
    assert tables(document) == ["东街\t\t2\n\t西街\t3"]


@pytest.mark.parametrize("attribute", ["", ' xml:space="preserve"'])
def test_a_row_that_is_written_in_an_unusual_way_is_read_the_same(
    tmp_path: Path, attribute: str
) -> None:
    usual = (
        f'<row r="1"><c r="A1" t="inlineStr"><is><t{attribute}>a &amp; b</t></is></c>'
        '<c r="B1" t="s"><v>0</v></c>'
        '<c r="D1" s="1"><v>0.5</v></c><c r="E1" t="str"><f>x</f><v>&lt;c&gt;</v></c></row>'
    )
    unusual = (
        "<row r='1'>\n <c t='inlineStr' r='A1'><is><r><t>a &amp; </t></r><r><t>b</t></r></is></c>"
        "<c r='B1' t='s'><v><![CDATA[0]]></v></c><c s='1' r='D1'><!-- c --><v>0.5</v></c>"
        '<c r="E1" t="str"><f>x</f><v>&#60;c></v></c></row>'
    )
    first, second = (
        read(saved(tmp_path, workbook(row, formats=["0%"], strings=["<t>s</t>"]), name), LIMITS)
        for name, row in (("usual", usual), ("unusual", unusual))
    )
    assert tables(first) == ["a & b\ts\t\t50%\t<c>"]
    assert first == second


def test_a_worksheet_with_prefixes_is_read(tmp_path: Path) -> None:
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = (
        f'<x:worksheet xmlns:x="{name}"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>7</x:v></x:c>'
        '</x:row></x:sheetData><x:mergeCells><x:mergeCell ref="A1:B1"/></x:mergeCells>'
        "</x:worksheet>"
    )
    document = read(
        saved(tmp_path, workbook("", parts={"xl/worksheets/sheet1.xml": sheet})), LIMITS
    )
    assert tables(document) == ["7"]
    assert document.tables[0].spans == (Span(0, 0, 1, 2),)


@pytest.mark.parametrize(
    "rows",
    ['<row r="1"><c r="A1"><v>1</v></row>', '<row r="1"><c r="A1"><v>&unknown;</v> </c></row>'],
)
def test_a_worksheet_that_is_not_well_formed_is_damaged(tmp_path: Path, rows: str) -> None:
    with pytest.raises(CorruptDocument):
        read(saved(tmp_path, workbook(rows)), LIMITS)


def test_shared_strings_have_their_runs_and_no_reading(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>9</v></c></row>'
    string = "<r><t>东</t></r><r><t>京_x000D_府</t></r><rPh><t>とうきょう</t></rPh>"
    assert tables(read(saved(tmp_path, workbook(rows, strings=[string])), LIMITS)) == ["东京 府"]


def test_a_workbook_with_a_macro_sheet_is_read(tmp_path: Path) -> None:
    book = workbook(
        f'<row r="1">{text_cell("A1", "数据")}</row>',
        parts={
            "xl/_rels/workbook.xml.rels": relations(
                ("r1", "worksheet", "xl/worksheets/sheet1.xml"), ("r9", "x", "xl/macrosheets/m.xml")
            ).replace(
                "http://schemas.openxmlformats.org/officeDocument/2006/relationships/x", MACRO_SHEET
            ),
            "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/'
            '2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
            'relationships"><sheets><sheet name="表" sheetId="1" r:id="r1"/><sheet name="宏" '
            'sheetId="2" state="veryHidden" r:id="r9"/></sheets></workbook>',
            "xl/macrosheets/m.xml": '<xm:macrosheet xmlns:xm="http://schemas.microsoft.com/office/'
            'excel/2006/main" xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            '<sheetData><row r="1"><c r="A1" t="str"><f>HALT()</f><v>停</v></c></row></sheetData>'
            "</xm:macrosheet>",
        },
    )
    document = read(saved(tmp_path, book), LIMITS)
    assert document.text == "表\n\n数据"
    assert [(one.what, one.where) for one in document.unread] == [("hidden sheet", "宏")]
    assert hidden(read(saved(tmp_path, book), HIDDEN)) == ["宏", "停"]


def drawn(*names: str) -> bytes:
    """A workbook with a chart, a picture in a cell, and pictures of these names in a drawing."""
    pictures = "".join(
        f'<a:pic><a:blipFill><a:blip r:embed="{name}"/></a:blipFill><a:spPr><a:xfrm><a:ext '
        f'cx="{size}" cy="{size}"/></a:xfrm></a:spPr></a:pic>'
        for name, size in zip(names, (2_000_000, 2_000_000, 100_000), strict=False)
    )
    image = io.BytesIO()
    Image.linear_gradient("L").save(image, "PNG")
    return workbook(
        f'<row r="1">{text_cell("A1", "数据")}'
        '<c r="B1" t="str"><f>_xlfn.DISPIMG("ID_1",1)</f><v>=DISPIMG("ID_1",1)</v></c></row>',
        sheet_relations=[("d1", "drawing", "xl/drawings/drawing1.xml")],
        parts={
            "xl/drawings/drawing1.xml": slide(pictures),
            "xl/drawings/_rels/drawing1.xml.rels": relations(
                ("a", "chart", "xl/charts/chart1.xml"),
                ("b", "image", "xl/media/1.png"),
                ("c", "image", "xl/media/none.png"),
            ),
            "xl/media/1.png": image.getvalue(),
        },
    )


def test_each_picture_in_a_cell_is_named_instead_of_its_error(tmp_path: Path) -> None:
    pictures = "".join(f'<c r="{at}1" t="e" vm="1"><v>#VALUE!</v></c>' for at in "BC")
    error = '<c r="D1" t="e"><v>#VALUE!</v></c>'
    book = workbook(f'<row r="1">{text_cell("A1", "数据")}{pictures}{error}</row>')
    document = read(saved(tmp_path, book), LIMITS)
    assert tables(document) == ["数据\t\t\t#VALUE!"]
    assert [(one.what, one.where) for one in document.unread] == [
        ("picture", "表!B1"),
        ("picture", "表!C1"),
    ]


def test_charts_and_pictures_are_named_and_small_pictures_are_not(tmp_path: Path) -> None:
    document = read(saved(tmp_path, drawn("b", "c", "b")), LIMITS)
    assert tables(document) == ["数据"]
    assert [(one.what, one.where, one.reason) for one in document.unread] == [
        ("picture", "表!B1", "a picture in a cell"),
        ("chart", "表", "it is not in the file"),
        ("picture", "表", "OCR is switched off"),
        ("picture", "表", "it is not in the file"),
    ]


def test_pictures_of_a_workbook_need_a_process_with_ocr(tmp_path: Path) -> None:
    limits = ReadLimits(max_chars=10_000, max_pages=1, ocr_pages=None)
    with pytest.raises(NoTextLayer):
        read(saved(tmp_path, drawn("b")), limits)
    assert tables(read(saved(tmp_path, drawn()), limits)) == ["数据"]


def test_a_table_of_many_long_strings_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 999)
    )
    path = saved(tmp_path, workbook(rows, strings=[f"<t>{'长' * 10_000}</t>"]))
    with pytest.raises(DocumentTooLong, match="characters"):
        read(path, LIMITS)


def test_xls_is_read_as_shown(tmp_path: Path) -> None:
    def style(code: str) -> xlwt.XFStyle:
        made = xlwt.XFStyle()
        made.num_format_str = code
        return made

    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    sheet.write(0, 0, 0.853, style("0.00%"))
    sheet.write(0, 1, 12_300, style("000000"))
    sheet.write(0, 2, "藏列")
    sheet.col(2).hidden = True
    sheet.write(1, 0, 46_023, style('yyyy"年"m"月"'))
    sheet.write(1, 1, 5)
    sheet.write(2, 0, "藏行")
    sheet.row(2).hidden = True
    sheet.write_merge(3, 4, 0, 0, "合并")
    sheet.write(4, 1, "末")
    written = io.BytesIO()
    book.save(written)
    path = saved(tmp_path, written.getvalue())
    document = read(path, LIMITS)
    assert tables(document) == ["85.30%\t012300\n2026年1月\t5\n合并\n\t末"]
    assert document.tables[0].spans == (Span(2, 0, 2, 1),)
    assert document.tables[0].raw == "0.853\t12300\n2026-01-01\t\n\n\t"
    assert [one.what for one in document.unread] == ["hidden rows", "hidden columns"]
    assert hidden(read(path, HIDDEN)) == ["表", "藏列\n藏行"]


def test_errors_of_xls_are_shown(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.add_sheet("表").write(0, 0, 1.234567890123)
    written = io.BytesIO()
    book.save(written)
    number = b"\x03\x02\x0e\x00" + bytes(4) + b"\x0f\x00"
    error = b"\x05\x02\x08\x00" + bytes(4) + b"\x0f\x00\x07\x01"
    data = written.getvalue()
    at = data.index(number[:8])
    # The record's place is filled with one that no reader knows.
    filled = error + b"\xfe\xfe\x02\x00\x00\x00"
    data = data[:at] + filled + data[at + len(filled) :]
    assert tables(read(saved(tmp_path, data), LIMITS)) == ["#DIV/0!"]


def test_ods_is_read_as_shown(tmp_path: Path) -> None:
    def parts() -> list[Any]:
        percent = cell("85.30%", valuetype="percentage", value="0.853")
        return [
            table.TableColumn(),
            table.TableColumn(visibility="collapse"),
            table.TableColumn(),
            within(table.TableHeaderRows(), row("街道", "藏列", "比例")),
            row(cell("东街", numberrowsspanned="2"), "", percent),
            row("", "", cell(formula="of:=[.A1]")),
            row("藏行", visibility="filter"),
        ]

    path = saved(tmp_path, ods(Sheet("表", parts()), Sheet("底稿", parts(), is_hidden=True)))
    document = read(path, LIMITS)
    assert tables(document) == ["街道\t比例\n东街\t85.30%\n\t=[.A1]"]
    (found,) = document.tables
    assert (found.spans, found.head_rows, found.raw) == ((Span(1, 0, 2, 1),), 1, "\n\t0.853\n\t")
    assert [one.what for one in document.unread] == [
        "formula", "hidden rows", "hidden columns", "hidden sheet",
    ]  # fmt: skip
    assert hidden(read(path, HIDDEN))[:2] == ["表", "藏列\n藏行"]


EXCEL_2003 = """<?xml version="1.0" encoding="UTF-8"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:x="urn:schemas-microsoft-com:office:excel">
<Styles><Style ss:ID="Default"/><Style ss:ID="p"><NumberFormat ss:Format="Percent"/></Style>
<Style ss:ID="d" ss:Parent="e"/><Style ss:ID="e"><NumberFormat ss:Format="yyyy/m/d"/></Style>
</Styles>
<Worksheet ss:Name="名册"><Table><Column ss:Index="3" ss:Hidden="1"/>
<Row><Cell ss:MergeAcross="1"><Data ss:Type="String">姓名</Data></Cell>
<Cell><Data ss:Type="String">藏列</Data></Cell><Cell><Data ss:Type="String">金额</Data>
<Comment><ss:Data>核对</ss:Data></Comment></Cell></Row>
<Row ss:Hidden="1"><Cell><Data ss:Type="String">藏行</Data></Cell></Row>
<Row><Cell><Data ss:Type="String">甲</Data></Cell><Cell ss:Index="4" ss:StyleID="p">
<Data ss:Type="Number">0.5</Data></Cell>
<Cell ss:StyleID="d"><Data ss:Type="DateTime">2026-06-01T00:00:00.000</Data></Cell>
<Cell><Data ss:Type="Error">#N/A</Data></Cell><Cell ss:Formula="=RC[-1]"/></Row>
</Table><WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><PageSetup>
<Header x:Data="&amp;C内部资料"/></PageSetup></WorksheetOptions></Worksheet>
<Worksheet ss:Name="底稿"><Table><Row><Cell><Data ss:Type="String">未公开</Data></Cell></Row>
</Table>
<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible>
</WorksheetOptions></Worksheet></Workbook>"""


def test_excel_2003_xml_is_read_as_shown(tmp_path: Path) -> None:
    path = saved(tmp_path, EXCEL_2003.encode())
    assert detect(path) == sheets.EXCEL_2003_XML
    document = read(path, LIMITS)
    assert tables(document) == ["姓名\t\t金额\n甲\t\t50.00%\t2026/6/1\t#N/A\t=RC[-1]"]
    assert document.tables[0].spans == (Span(0, 0, 1, 2),)
    assert document.text.endswith("内部资料\n\n核对")
    assert [one.what for one in document.unread] == [
        "formula", "hidden rows", "hidden columns", "hidden sheet",
    ]  # fmt: skip
    assert hidden(read(path, HIDDEN)) == ["名册", "藏列\n藏行", "底稿", "未公开"]


@pytest.mark.parametrize(
    "damage",
    ['<!DOCTYPE Workbook [<!ENTITY a "b">]><Workbook ', "<Workbook <"],
)
def test_a_damaged_excel_2003_xml_is_reported(tmp_path: Path, damage: str) -> None:
    data = EXCEL_2003.replace("<Workbook ", damage).encode()
    with pytest.raises(CorruptDocument):
        read(saved(tmp_path, data), LIMITS, sheets.EXCEL_2003_XML)


def test_a_workbook_of_openpyxl_has_no_formula_values(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "=1+1"
    written = io.BytesIO()
    book.save(written)
    document = read(saved(tmp_path, written.getvalue()), LIMITS)
    assert document.text == "Sheet\n\n=1+1"
    assert [one.what for one in document.unread] == ["formula"]
