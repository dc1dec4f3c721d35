"""A value in two or three neighbouring elements is listed as a whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest

from documents.inventory.entry import Entry, EntryKind
from documents.inventory.neighbours import joined_values, with_neighbours
from documents.inventory.nested import ZIP
from documents.ooxml.formulas import list_items
from documents.readers import docx, ofd, pdf, sheets
from standin.documents.builders import PARAGRAPH, as_docx, as_ofd, as_xlsx
from standin.documents.pdf_places.page import blank, saved_pdf
from tests.unit.documents.inventory.places import NAME, entries_of, texts_of, with_parts

PERSON, PHONE, MAIL = "11010519491231002X", "13812341234", "zhang@tax.example"
TEXT = [(PARAGRAPH, "关于某事的通知")]
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_EXCEL_2003 = "urn:schemas-microsoft-com:office:spreadsheet"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"


def halves(value: str) -> list[str]:
    return [value[: len(value) // 2], value[len(value) // 2 :]]


def in_properties(parts: list[str]) -> tuple[bytes, str]:
    listed = "".join(f"<v:lpstr>{part}</v:lpstr>" for part in parts)
    data = f"<Properties xmlns:v='{_TYPES}'><v:vector>{listed}</v:vector></Properties>"
    return with_parts(as_docx(TEXT), {"docProps/app.xml": data.encode()}), docx.MEDIA_TYPE


def in_keywords(parts: list[str]) -> tuple[bytes, str]:
    document = blank()
    document.docinfo["/Keywords"] = "; ".join(parts)
    return saved_pdf(document), pdf.MEDIA_TYPE


def in_tags(parts: list[str]) -> tuple[bytes, str]:
    data = f"<t>{''.join(f'<who>{part}</who>' for part in parts)}</t>"
    return with_parts(as_ofd(TEXT), {"Doc_0/Tags/t.xml": data.encode()}), ofd.MEDIA_TYPE


def in_annotations(parts: list[str]) -> tuple[bytes, str]:
    document = blank()
    document.pages[0].obj.Annots = pikepdf.Array(
        [
            document.make_indirect(
                pikepdf.Dictionary(Subtype=pikepdf.Name.Text, Contents=pikepdf.String(part))
            )
            for part in parts
        ]
    )
    return saved_pdf(document), pdf.MEDIA_TYPE


def in_fields(parts: list[str]) -> tuple[bytes, str]:
    document = blank()
    fields = [pikepdf.Dictionary(T=pikepdf.String(part)) for part in parts]
    document.Root.AcroForm = pikepdf.Dictionary(Fields=[*map(document.make_indirect, fields)])
    return saved_pdf(document), pdf.MEDIA_TYPE


def in_choices(parts: list[str]) -> tuple[bytes, str]:
    items = "".join(f'<w:listItem w:displayText="{part}"/>' for part in parts)
    control = f"<w:sdt xmlns:w='{_WORD}'><w:sdtPr><w:dropDownList>{items}</w:dropDownList>"
    data = f"{control}</w:sdtPr></w:sdt>"
    return with_parts(as_docx(TEXT), {"word/a.xml": data.encode()}), docx.MEDIA_TYPE


def in_sheet(settings: str) -> tuple[bytes, str]:
    data = f"<worksheet xmlns='{_SHEET}'>{settings}</worksheet>"
    return with_parts(as_xlsx(TEXT), {"xl/worksheets/a.xml": data.encode()}), sheets.XLSX


def in_validation(parts: list[str]) -> tuple[bytes, str]:
    return in_sheet(f'<dataValidation><formula1>"{",".join(parts)}"</formula1></dataValidation>')


def in_scenario(parts: list[str]) -> tuple[bytes, str]:
    cells = (f'<inputCells r="A{row}" val="{part}"/>' for row, part in enumerate(parts, 1))
    return in_sheet(f"<scenarios><scenario>{''.join(cells)}</scenario></scenarios>")


def in_excel_2003(settings: str) -> tuple[bytes, str]:
    data = (
        f'<?xml version="1.0"?><Workbook xmlns="{_EXCEL_2003}"><Worksheet><Table><Row><Cell>'
        "<Data>a</Data></Cell></Row></Table><WorksheetOptions>"
        f"{settings}</WorksheetOptions></Worksheet></Workbook>"
    )
    return data.encode(), sheets.EXCEL_2003_XML


def in_excel_2003_scenario(parts: list[str]) -> tuple[bytes, str]:
    return in_excel_2003("".join(f"<Cell><C>0</C><V>{part}</V></Cell>" for part in parts))


def in_excel_2003_validation(parts: list[str]) -> tuple[bytes, str]:
    return in_excel_2003(f"<Value>&quot;{','.join(parts)}&quot;</Value>")


def in_path(parts: list[str]) -> tuple[bytes, str]:
    return with_parts(as_docx(TEXT), {f"files/{'/'.join(parts)}.txt": b"a"}), ZIP


@pytest.mark.parametrize(
    "place",
    [
        in_properties, in_keywords, in_tags, in_annotations, in_fields, in_choices, in_validation,
        in_scenario, in_excel_2003_scenario, in_excel_2003_validation, in_path,
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [PERSON, PHONE, MAIL, NAME])
def test_halves_in_neighbouring_elements_are_listed_as_one(
    tmp_path: Path, value: str, place: object
) -> None:
    assert callable(place)
    assert value in texts_of(entries_of(tmp_path, *place(halves(value))))


@pytest.mark.parametrize("place", [in_properties, in_choices, in_scenario, in_excel_2003_scenario])
@pytest.mark.parametrize("value", [PERSON, PHONE])
def test_halves_that_stand_elsewhere_too_are_listed_as_one(
    tmp_path: Path, value: str, place: Callable[[list[str]], tuple[bytes, str]]
) -> None:
    first, second = halves(value)
    assert value in texts_of(entries_of(tmp_path, *place([second, "甲。", first, second])))


def test_three_parts_are_listed_as_one(tmp_path: Path) -> None:
    entries = entries_of(tmp_path, *in_properties(["138", "1234", "5678"]))
    assert "13812345678" in texts_of(entries)


@pytest.mark.parametrize(
    "texts",
    [
        ["2021", "2022", "2023", "2024"],
        ["150", "2300", "4100"],
        ["工作表1", "工作表2"],
        ["Sheet1", "Sheet2", "heading 1"],
        ["330106", "330108"],
        ["通知。", "附件"],
    ],
)
def test_other_neighbours_are_not_joined(texts: list[str]) -> None:
    entries = [
        Entry(f"xl/charts/chart1.xml, v {number}", one, EntryKind.hidden)
        for number, one in enumerate(texts)
    ]
    assert list(with_neighbours(entries)) == entries


@pytest.mark.parametrize(
    "items", ['"是,否,其他"', '"2024,2025,2026"', '"1500,2300,410"', "A1,13812"]
)
def test_an_ordinary_list_of_choices_holds_no_value(items: str) -> None:
    assert not any(map(str.isascii, joined_values(list_items(items))))
