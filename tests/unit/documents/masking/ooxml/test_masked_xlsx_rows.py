"""Worksheets of many rows, which are masked and written in groups."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from documents.errors import CorruptDocument
from documents.masking.account import Account
from documents.masking.ooxml.xlsx_file import mask_xlsx
from documents.ooxml.sheet_rows import row_groups, without_rows
from standin.documents.builders import LIMITS, saved
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PHONE = "13812341234"
ROWS = 1_203


def sheet(rows: str, prefix: str = "") -> bytes:
    """A workbook whose worksheet has these rows as XML."""
    book, written, changed = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    book.save(written)
    name = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"
    xml = (
        f'<{prefix}worksheet {name}="{MAIN}"><{prefix}sheetData>{rows}</{prefix}sheetData>'
        f"</{prefix}worksheet>"
    )
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(changed, "w") as new:
        for part in old.namelist():
            new.writestr(part, xml if part == "xl/worksheets/sheet1.xml" else old.read(part))
    return changed.getvalue()


def masked(data: bytes, folder: Path) -> tuple[bytes, Account]:
    account = Account()
    masking = Masker(Targets(frozenset(RULES)), Style()).masking()
    return mask_xlsx(saved(folder, data), masking, LIMITS, account).data, account


def cell(row: int, text: str, column: str = "A") -> str:
    return f'<c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c>'


def table(file: bytes) -> list[tuple[object, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(file))
    return list(book.worksheets[0].iter_rows(values_only=True))


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_all_rows_of_a_long_sheet_stay_in_order_and_are_masked(tmp_path: Path, prefix: str) -> None:
    rows = "".join(
        f'<row r="{row}">{cell(row, f"a &lt;b&gt; &amp; {row}")}{cell(row, PHONE, "B")}</row>'
        for row in range(1, ROWS + 1)
    ).replace("<", "<" + prefix).replace(f"<{prefix}/", f"</{prefix}")  # fmt: skip
    file, account = masked(sheet(rows, prefix), tmp_path)
    assert [row[0] for row in table(file)] == [f"a <b> & {row}" for row in range(1, ROWS + 1)]
    assert {row[1] for row in table(file)} == {"138****1234"}
    assert account.masked["cells", "mobile"] == ROWS


def test_a_shared_formula_is_removed_in_all_groups_of_rows(tmp_path: Path) -> None:
    first = (
        f'<row r="1"><c r="A1" t="str"><f t="shared" ref="A1:A{ROWS}" si="0">"{PHONE}"&amp;B1</f>'
        f"<v>x</v></c></row>"
    )
    others = "".join(
        f'<row r="{row}"><c r="A{row}" t="str"><f t="shared" si="0"/><v>x</v></c></row>'
        for row in range(2, ROWS + 1)
    )
    file, account = masked(sheet(first + others), tmp_path)
    assert {row[0] for row in table(file)} == {"x"}
    assert account.removed["formulas"] == ROWS


def test_a_shared_formula_without_text_to_mask_stays(tmp_path: Path) -> None:
    first = '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1+1</f><v>2</v></c></row>'
    second = '<row r="2"><c r="A2"><f t="shared" si="0"/><v>3</v></c></row>'
    file, account = masked(sheet(first + second), tmp_path)
    assert [row[0] for row in table(file)] == ["=B1+1", "=B2+1"]
    assert account.removed["formulas"] == 0


@pytest.mark.parametrize(
    "content",
    [
        f'<c r="A1" t="s"><v>{PHONE}</v></c>',
        f'<c r="A1" t="n"><is><t>{PHONE}</t></is><v>5</v></c>',
        f'<c r="A1" t="inlineStr"><v>{PHONE}</v></c>',
        f'<c r="A1" t="n"><v>5</v><other><v>{PHONE}</v></other></c>',
        f'<c r="A1" t="n" note="{PHONE}"><v>5</v></c>',
    ],
)
def test_text_where_a_reader_sees_none_is_not_written(tmp_path: Path, content: str) -> None:
    file, _ = masked(sheet(f'<row r="1">{content}</row>'), tmp_path)
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        assert PHONE.encode() not in packed.read("xl/worksheets/sheet1.xml")


def test_a_group_has_some_hundred_rows_and_the_rest_of_the_sheet_none() -> None:
    rows = "".join(f'<row r="{row}"/>' for row in range(1, ROWS + 1))
    data = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData><cols/></worksheet>'.encode()
    groups = [[row.get("r") for row in group] for group in row_groups(data)]
    assert max(map(len, groups)) <= 500
    assert [row for group in groups for row in group] == [str(row) for row in range(1, ROWS + 1)]
    assert [(child.tag, len(child)) for child in without_rows(data)] == [
        (f"{{{MAIN}}}sheetData", 0),
        (f"{{{MAIN}}}cols", 0),
    ]


def test_cells_in_two_places_are_joined() -> None:
    data = (
        f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"/></sheetData><cols/>'
        '<sheetData><row r="2"/></sheetData></worksheet>'
    ).encode()
    assert [row.get("r") for group in row_groups(data) for row in group] == ["1", "2"]
    assert len(without_rows(data)) == 2


@pytest.mark.parametrize("data", [b"", b"<worksheet>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"])
def test_a_damaged_sheet_is_an_error(data: bytes) -> None:
    with pytest.raises(CorruptDocument):
        without_rows(data)


@pytest.mark.parametrize("first", [1, 2, 500, 501, 502])
def test_a_number_over_the_end_of_a_row_is_masked(tmp_path: Path, first: int) -> None:
    written = {first: "0371", first + 1: "63507694"}
    rows = "".join(
        f'<row r="{row}">{cell(row, written.get(row, "甲"))}</row>' for row in range(1, 1_003)
    )
    file, account = masked(sheet(rows), tmp_path)
    assert account.masked["cells", "landline"] == 1
    assert len(table(file)) == 1_002
    assert "63507694" not in str(table(file))
