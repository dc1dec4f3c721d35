"""A value in two or three neighbouring elements is listed as a whole."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest

from documents.inventory.entry import Entry, EntryKind
from documents.inventory.neighbours import with_neighbours
from documents.readers import docx, ofd, pdf
from standin.documents.builders import PARAGRAPH, as_docx, as_ofd
from standin.documents.pdf_places.page import blank, saved_pdf
from tests.unit.documents.inventory.places import NAME, entries_of, texts_of, with_parts

PERSON, PHONE, MAIL = "11010519491231002X", "13812341234", "zhang@tax.example"
TEXT = [(PARAGRAPH, "关于某事的通知")]
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"


def halves(value: str) -> list[str]:
    return [value[: len(value) // 2], value[len(value) // 2 :]]


def in_properties(parts: list[str]) -> tuple[bytes, str]:
    listed = "".join(f"<v:lpstr>{part}</v:lpstr>" for part in parts)
    data = f"<Properties xmlns:v='{_TYPES}'><v:vector>{listed}</v:vector></Properties>"
    return with_parts(as_docx(TEXT), {"docProps/app.xml": data.encode()}), docx.MEDIA_TYPE


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


@pytest.mark.parametrize("place", [in_properties, in_tags, in_annotations, in_fields])
@pytest.mark.parametrize("value", [PERSON, PHONE, MAIL, NAME])
def test_halves_in_neighbouring_elements_are_listed_as_one(
    tmp_path: Path, value: str, place: object
) -> None:
    assert callable(place)
    assert value in texts_of(entries_of(tmp_path, *place(halves(value))))


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
