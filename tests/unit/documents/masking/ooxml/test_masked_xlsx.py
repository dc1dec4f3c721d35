from __future__ import annotations

import html
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from documents.masking.account import Account
from documents.masking.ooxml.xlsx_file import mask_xlsx
from documents.read import read
from documents.readers import sheets
from standin.documents.builders import LIMITS, saved
from standin.documents.office_builders import workbook
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PHONE, PERSON, NAME = "13812341234", "11010519491231002X", "欧阳青禾"


def masked(data: bytes, folder: Path, *terms: str) -> tuple[bytes, Account]:
    account = Account()
    masking = Masker(Targets(frozenset(RULES), terms or (NAME,)), Style()).masking()
    file = mask_xlsx(saved(folder, data), masking, LIMITS, account)
    assert file.media_type == sheets.XLSX
    return file.data, account


def written(book: openpyxl.Workbook) -> bytes:
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def texts(file: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        parts = [html.unescape(packed.read(name).decode()) for name in packed.namelist()]
        return "\n".join([*packed.namelist(), *parts])


def with_parts(data: bytes, *changes: tuple[str, str, str]) -> bytes:
    """The file with text replaced in parts, or parts added if the text is empty."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(result, "w") as new:
        for name in old.namelist():
            text = re.sub(rb"&#(\d+);", lambda code: chr(int(code[1])).encode(), old.read(name))
            for part, before, after in changes:
                if part == name:
                    assert before.encode() in text
                    text = text.replace(before.encode(), after.encode())
            new.writestr(name, text)
        for part, before, after in changes:
            if not before:
                new.writestr(part, after)
    return result.getvalue()


def relation(kind: str, target: str = "") -> str:
    return (
        f'<Relationship Id="x1" Type="{RELATIONS}/{kind}" Target="{target or kind + ".xml"}"/>'
        "</Relationships>"
    )


def everywhere() -> bytes:
    """A workbook with the name or the number in each place that openpyxl can write."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = f"{NAME}表"
    sheet.append(["姓名", "电话", "编号", "数"])
    sheet.append([NAME, int(PHONE), PERSON, 12])
    sheet["A4"] = f'=IF(B2={PHONE},"{NAME}","")'
    sheet["A5"] = "=SUM(D2:D2)"
    sheet["A6"] = '="1381234"&"1234"'
    sheet["A7"] = f'=CONCATENATE("{NAME[:2]}","{NAME[2:]}")'
    sheet["A8"] = f'=138&{PHONE[3:7]}&"{PHONE[7:]}"'
    sheet["B3"] = "备注"
    sheet["B3"].number_format = f'"{NAME}"0'
    sheet["B3"].comment = Comment(f"见{PHONE}", NAME)
    sheet["B3"].hyperlink = f"http://example.org/?q={PHONE}"
    sheet["C3"].hyperlink = f"#'{NAME}表'!A1"
    sheet.oddHeader.left.text = f"电话{PHONE}"
    sheet.oddFooter.center.text = f"{PHONE[:3]}&B{PHONE[3:]}"
    choice = DataValidation(type="list", formula1=f'"{NAME},其他"', promptTitle=NAME, prompt=PHONE)
    sheet.add_data_validation(choice)
    choice.add("D3")
    rule = FormulaRule(formula=[f'A2="{NAME}"'], fill=PatternFill("solid", bgColor="FFFF00"))
    sheet.conditional_formatting.add("A2:A3", rule)
    sheet.auto_filter.ref = "A1:D3"
    sheet.auto_filter.add_filter_column(0, [NAME])
    book.defined_names[NAME] = DefinedName(NAME, attr_text=f"'{NAME}表'!$A$1")
    book.defined_names["kept"] = DefinedName("kept", attr_text=f"'{NAME}表'!$D$2")
    book.properties.title, book.properties.creator = NAME, NAME
    other: Any = book.create_sheet("其他")
    other.append([f"{NAME}列", "值"])
    other.append(["甲", 3])
    other.add_table(Table(displayName="T1", ref="A1:B2"))
    chart = BarChart()
    chart.title = NAME
    chart.add_data(Reference(sheet, min_col=4, min_row=1, max_row=2), titles_from_data=True)
    other.add_chart(chart, "D4")
    return written(book)


def test_nothing_to_mask_is_left_in_any_place(tmp_path: Path) -> None:
    data = everywhere()
    assert texts(data).count(NAME) > 15
    file, account = masked(data, tmp_path)
    left = texts(file)
    for value in (NAME, PHONE, PERSON, PHONE[:7], f'"{NAME[:2]}"', f"&{PHONE[3:7]}&"):
        assert value not in left, left[left.index(value) - 300 :][:400]
    assert account.removed["formulas"] >= 2
    assert account.uncovered == []


def test_the_masked_workbook_opens_and_keeps_what_is_not_masked(tmp_path: Path) -> None:
    file, _ = masked(everywhere(), tmp_path)
    book = openpyxl.load_workbook(io.BytesIO(file))
    sheet: Any = book["Sheet1"]
    assert [cell.value for cell in sheet[2]] == ["****", "138****1234", "11*************02X", 12]
    assert sheet["A5"].value == "=SUM(D2:D2)"
    assert sheet["A4"].value is None
    assert book.defined_names["kept"].attr_text == "Sheet1!$D$2"
    assert book["其他"]._charts
    text = sheets.read_xlsx(saved(tmp_path, file, "masked.xlsx"), LIMITS).text
    assert "138****1234" in text
    assert "其他" in text


def test_a_number_with_one_digit_a_cell_is_masked_in_its_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["证件号", *PERSON])
    file, _ = masked(written(book), tmp_path)
    (row,) = openpyxl.load_workbook(io.BytesIO(file)).active.rows
    assert "".join(str(cell.value) for cell in row) == "证件号11*************02X"


def test_runs_of_a_cell_are_masked_together_and_their_reading_is_removed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet["A1"] = "占位"
    rich = (
        f'<sst xmlns="{MAIN}"><si><r><rPr><b/></rPr><t>{NAME[:2]}</t></r>'
        f"<r><t>{NAME[2:]}来访</t></r>"
        '<rPh sb="0" eb="4"><t>ouyang qinghe</t></rPh></si></sst>'
    )
    data = with_parts(
        written(book),
        ("xl/worksheets/sheet1.xml", 't="inlineStr"><is><t>占位</t></is>', 't="s"><v>0</v>'),
        ("xl/_rels/workbook.xml.rels", "</Relationships>", relation("sharedStrings")),
        ("xl/sharedStrings.xml", "", rich),
    )
    file, _ = masked(data, tmp_path)
    opened = openpyxl.load_workbook(io.BytesIO(file))
    assert opened.active["A1"].value == "****来访"
    assert "ouyang" not in texts(file)
    assert "<b/>" in texts(file)


def test_cells_of_a_shared_formula_lose_it_together(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet["A1"], sheet["A2"] = "甲", "乙"
    formulas = (
        f'<c r="B1" t="str"><f t="shared" ref="B1:B2" si="0">A1&amp;"{NAME}"</f><v>甲</v></c>',
        '<c r="B2" t="str"><f t="shared" si="0"/><v>乙</v></c>',
    )
    data = with_parts(
        written(book),
        ("xl/worksheets/sheet1.xml", "<t>甲</t></is></c>", f"<t>甲</t></is></c>{formulas[0]}"),
        ("xl/worksheets/sheet1.xml", "<t>乙</t></is></c>", f"<t>乙</t></is></c>{formulas[1]}"),
    )
    file, _ = masked(data, tmp_path)
    opened: Any = openpyxl.load_workbook(io.BytesIO(file)).active
    assert [opened["B1"].value, opened["B2"].value] == ["甲", "乙"]


def test_pivot_caches_external_links_and_unknown_parts_are_removed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet["A1"] = "=[1]Sheet1!A1"
    data = with_parts(
        written(book),
        (
            "xl/_rels/workbook.xml.rels",
            "</Relationships>",
            relation("externalLink", "links/link1.xml"),
        ),
        (
            "xl/workbook.xml",
            "</sheets>",
            '</sheets><externalReferences><externalReference r:id="x1" '
            f'xmlns:r="{RELATIONS}"/></externalReferences>',
        ),
        ("xl/links/link1.xml", "", f"<externalLink>{NAME}</externalLink>"),
        ("xl/unknown.bin", "", NAME),
    )
    file, account = masked(data, tmp_path)
    assert NAME not in texts(file)
    assert "externalReference" not in texts(file)
    assert account.removed["copies of other workbooks' cells"] == 1
    assert account.removed["other parts"] == 1
    assert openpyxl.load_workbook(io.BytesIO(file)).active["A1"].value is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<sheetData>", f'<sheetData note="{PHONE}">'),
        ("<is>", f'<is note="{PHONE}">{PHONE}'),
        ("<v>3</v>", f'<v note="{PHONE}">3<x>{PHONE}</x></v>{PHONE}'),
        ("</row>", f"{PHONE}<x>{PHONE}</x></row>"),
        ("</sheetData>", f"{PHONE}<x/></sheetData>{PHONE}"),
        ("<row ", f'<row note="{PHONE}" '),
        ('<c r="A1"', f'<c note="{PHONE}" r="A1"'),
    ],
)
def test_what_is_not_understood_among_the_cells_is_removed(
    tmp_path: Path, before: str, after: str
) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["甲", 3])
    data = with_parts(written(book), ("xl/worksheets/sheet1.xml", before, after))
    file, _ = masked(data, tmp_path)
    assert PHONE not in texts(file)
    (row,) = openpyxl.load_workbook(io.BytesIO(file)).active.rows
    assert [cell.value for cell in row] == ["甲", 3]


def test_what_a_number_format_shows_is_masked(tmp_path: Path) -> None:
    cells = (
        f'<c r="A1" s="1"><v>{PHONE}</v></c><c r="B1" s="2"><v>46023</v></c>'
        '<c r="C1" s="3"><v>0.853</v></c><c r="D1" s="4" t="s"><v>0</v></c>'
        '<c r="E1" s="2"><f>B1</f><v>46023</v></c><c r="F1" s="3"><v>0.25</v></c>'
    )
    formats = [
        "000-0000-0000", "yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;", "0.0%",
        f"@&quot;（{NAME}）&quot;",
    ]  # fmt: skip
    book = workbook(f'<row r="1">{cells}</row>', formats=formats, strings=["<t>经办</t>"])
    file, _ = masked(book, tmp_path, NAME, "2026年1月1日", "85.3%")
    text = read(saved(tmp_path, file, "masked"), LIMITS).text
    for value in ("138-1234-1234", PHONE, "2026年1月1日", "85.3%", NAME):
        assert value not in text
    assert "25.0%" in text
    assert "经办" in text
    for value in (PHONE, "46023", "0.853", NAME):
        assert value not in texts(file)


def test_a_stored_number_is_masked_though_its_format_shows_another(tmp_path: Path) -> None:
    cells = f'<c r="A1" s="1"><v>{PHONE}</v></c><c r="B1" s="2"><v>{PHONE}</v></c>'
    book = workbook(f'<row r="1">{cells}</row>', formats=[";;;", "0.0,,"])
    file, _ = masked(book, tmp_path)
    assert PHONE not in texts(file)


def test_a_value_over_several_items_of_a_list_is_removed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet["A1"] = "值"
    for row, items in enumerate((f"{PHONE[:5]},{PHONE[5:]}", "是,否"), start=1):
        choice = DataValidation(type="list", formula1=f'"{items}"')
        choice.add(f"A{row}")
        sheet.add_data_validation(choice)
    left = texts(masked(written(book), tmp_path)[0])
    assert PHONE[5:] not in left
    assert "是,否" in left
