"""Worksheets of very many cells, which are reduced block by block."""

from __future__ import annotations

import tracemalloc

from documents.inventory.nested import Nested
from documents.inventory.package.xml_part import xml_entries
from documents.inventory.walk import inventory
from standin.documents.builders import LIMITS

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PART = "xl/worksheets/sheet1.xml"


def sheet(rows: int, last: str) -> bytes:
    cells = "".join(f'<c r="{chr(65 + at)}1" t="s"><v>{at}</v></c>' for at in range(12))
    inline = '<c r="M1" t="inlineStr"><is><t>{}</t></is></c>'
    content = "".join(
        f'<row r="{row}">{cells}{inline.format(f"text {row}")}</row>' for row in range(rows)
    )
    end = f'<row r="{rows}">{inline.format(last)}</row>'
    return f'<worksheet xmlns="{MAIN}"><sheetData>{content}{end}</sheetData></worksheet>'.encode()


def test_each_text_of_a_sheet_of_several_blocks_is_listed() -> None:
    data = sheet(6_000, "the last one")
    assert len(data) > 2 << 20
    listed = "\n".join(entry.text for entry in xml_entries(PART, data, Nested(LIMITS, inventory)))
    lines = set(listed.split())
    assert {f"{row}" for row in range(6_000)} <= lines
    assert "the last one" in listed


def test_the_memory_for_plain_cells_is_a_part_of_the_size_of_the_sheet() -> None:
    data = sheet(12_000, "the last one")
    tracemalloc.start()
    try:
        for _ in xml_entries(PART, data, Nested(LIMITS, inventory)):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(data)
