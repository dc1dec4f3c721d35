"""Text of shapes, charts and diagrams in documents and workbooks."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest
from openpyxl.chart import BarChart

from documents.document import BlockKind
from documents.read import read
from standin.documents.builders import LIMITS, as_docx, as_ods, as_xlsx, saved

A = "http://schemas.openxmlformats.org/drawingml/2006/main"


def spoken(*paragraphs: str) -> str:
    return "".join(
        f'<a:p xmlns:a="{A}"><a:r><a:t>{text[:2]}</a:t></a:r><a:r><a:t>{text[2:]}</a:t></a:r></a:p>'
        for text in paragraphs
    )


def with_parts(data: bytes, parts: Mapping[str, str]) -> bytes:
    written = io.BytesIO(data)
    with zipfile.ZipFile(written, "a") as packed:
        for name, xml in parts.items():
            packed.writestr(name, xml)
    return written.getvalue()


def drawings(tmp_path: Path, data: bytes) -> list[str]:
    document = read(saved(tmp_path, data), LIMITS)
    blocks = [block for block in document.blocks if block.kind is BlockKind.drawing]
    assert tuple(blocks) == document.blocks[len(document.blocks) - len(blocks) :]
    return [document.text[block.start : block.end] for block in blocks]


@pytest.mark.parametrize(("data", "folder"), [(as_docx(), "word"), (as_xlsx(), "xl")])
def test_text_of_shapes_charts_and_diagrams_comes_last_and_once(
    tmp_path: Path, data: bytes, folder: str
) -> None:
    shape, entry = spoken("联系人王小明", "电话"), spoken("办公室")
    parts = {
        f"{folder}/drawings/drawing1.xml": f"<s><txBody>{shape}</txBody></s>",
        f"{folder}/charts/chart1.xml": f"<c><rich>{spoken('经费支出')}</rich><v>1</v></c>",
        f"{folder}/diagrams/data1.xml": f"<d><t>{entry}</t><t>{entry}</t></d>",
        f"{folder}/diagrams/drawing1.xml": f"<d><txBody>{entry}</txBody></d>",
    }
    assert drawings(tmp_path, with_parts(data, parts)) == [
        "联系人王小明\n电话",
        "经费支出",
        "办公室",
    ]


def test_the_title_of_a_workbooks_chart_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active
    chart = BarChart()
    chart.title = "经费支出"
    book.active.add_chart(chart)
    written = io.BytesIO()
    book.save(written)
    assert drawings(tmp_path, written.getvalue()) == ["经费支出"]


def test_a_text_box_of_an_ods_is_read(tmp_path: Path) -> None:
    box = (
        '<table:shapes><draw:frame xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0">'
        "<draw:text-box><text:p>联系人<text:span>王小明</text:span></text:p><text:p>电话</text:p>"
        "</draw:text-box></draw:frame></table:shapes></table:table>"
    )
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_ods())) as usual, zipfile.ZipFile(written, "w") as packed:
        for name in usual.namelist():
            data = usual.read(name)
            if name == "content.xml":
                assert b"</table:table>" in data
                data = data.replace(b"</table:table>", box.encode(), 1)
            packed.writestr(name, data)
    assert drawings(tmp_path, written.getvalue()) == ["联系人王小明\n电话"]
