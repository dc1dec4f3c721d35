"""XLSB: cells as Excel shows them, with what is hidden or cannot be read."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from documents.detect import detect
from documents.document import BlockKind, Document
from documents.errors import CorruptDocument
from documents.inventory.entry import Unread
from documents.limits import ReadLimits
from documents.read import read
from documents.readers import sheets
from documents.table import Span
from standin.documents.builders import LIMITS, saved
from standin.documents.office_builders import (
    binary_cell,
    binary_row,
    binary_workbook,
    binary_workbook_of,
    record,
    rich_wide,
    wide,
)
from tasks.secrecy.files import screen

REAL = struct.Struct("<d")


def reading(tmp_path: Path, data: bytes, limits: ReadLimits = LIMITS) -> Document:
    return read(saved(tmp_path, data), limits)


def blocks(document: Document) -> list[tuple[BlockKind, str]]:
    return [(one.kind, document.text[one.start : one.end]) for one in document.blocks]


def row(*cells: bytes, number: int = 0, is_hidden: bool = False) -> bytes:
    return binary_row(number, is_hidden=is_hidden) + b"".join(cells)


def text(column: int, value: str) -> bytes:
    return binary_cell(6, column, wide(value))


def test_a_workbook_is_read(tmp_path: Path) -> None:
    data = binary_workbook(["收入", 12.5, "支出", 7.0])
    assert detect(saved(tmp_path, data)) == sheets.XLSB
    document = reading(tmp_path, data)
    assert document.text == "表\n\n收入\t12.5\t支出\t7"
    assert (document.media_type, document.tables) == (sheets.XLSB, ())


@pytest.mark.parametrize(
    ("code", "value", "shown", "raw"),
    [
        ("0.00%", 0.853, "85.30%", "0.853"),
        ("000000", 1234.0, "001234", "1234"),
        ('0.0"万元"', 12.5, "12.5万元", "12.5"),
        ('yyyy"年"m"月"d"日"', 46174.0, "2026年6月1日", "2026-06-01"),
        ("#,##0.00", 1234567.5, "1,234,567.50", "1234567.5"),
        ("[DBNum2][$-804]General", 105.0, "壹佰零伍", "105"),
    ],
)
def test_a_number_is_shown_in_its_format(
    tmp_path: Path, code: str, value: float, shown: str, raw: str
) -> None:
    cells = (binary_cell(5, 0, REAL.pack(value), 1), text(1, "x"))
    document = reading(tmp_path, binary_workbook_of(row(*cells), formats=[code]))
    assert document.text == f"表\n\n{shown}\tx"
    assert document.tables[0].raw == f"{raw}\t"


def test_days_are_counted_from_1904_if_the_workbook_says_so(tmp_path: Path) -> None:
    data = binary_workbook_of(
        row(binary_cell(5, 0, REAL.pack(1.0), 1)), formats=["yyyy-m-d"], book=record(153, b"\1" * 8)
    )
    assert reading(tmp_path, data).text == "表\n\n1904-1-2"


def test_more_number_formats_than_are_applied_are_named(tmp_path: Path) -> None:
    formats = [f'0.0"{at}"' for at in range(2_001)]
    cells = [binary_cell(5, at, REAL.pack(2.0), at + 1) for at in range(2_001)]
    document = reading(tmp_path, binary_workbook_of(row(*cells), formats=formats))
    assert document.text.split("\t")[-2:] == ["2.01999", "2"]
    assert [(one.what, one.where) for one in document.unread] == [("number format", "")]
    assert "2,000" in document.unread[0].reason
    document = reading(tmp_path, binary_workbook_of(row(*cells[:2_000]), formats=formats))
    assert document.unread == ()


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (1, b"", ""),
        (2, struct.pack("<I", 12345 << 2 | 2), "12345"),
        (2, struct.pack("<I", 12345 << 2 | 3), "123.45"),
        (2, struct.pack("<i", -2 << 2 | 2), "-2"),
        (2, REAL.pack(1.5)[4:], "1.5"),
        (3, b"\x07", "#DIV/0!"),
        (4, b"\x01", "TRUE"),
        (7, struct.pack("<I", 1), "共享"),
        (8, wide("结果") + bytes(10), "结果"),
        (9, REAL.pack(2.5) + bytes(10), "2.5"),
        (10, b"\x00" + bytes(10), "FALSE"),
        (11, b"\x2a" + bytes(10), "#N/A"),
        (62, b"\x01" + wide("多种格式") + bytes(8), "多种格式"),
    ],
)
def test_each_kind_of_cell_is_read(tmp_path: Path, kind: int, value: bytes, shown: str) -> None:
    rows = row(text(0, "a"), binary_cell(kind, 1, value), text(2, "b"))
    document = reading(tmp_path, binary_workbook_of(rows, strings=["别的", "共享"]))
    assert document.text == f"表\n\na\t{shown}\tb"


def test_cells_without_a_column_follow_the_one_before(tmp_path: Path) -> None:
    following = record(13, struct.pack("<II", 0, 7 << 2 | 2)), record(12, bytes(4))
    rows = row(text(1, "a"), *following, record(17, bytes(4) + wide("b")))
    assert reading(tmp_path, binary_workbook_of(rows)).text == "表\n\na\t7\t\tb"


def test_merged_cells_and_rows_that_stay_in_view_are_known(tmp_path: Path) -> None:
    rows = row(text(0, "标题")) + row(text(0, "a"), text(1, "b"), number=1)
    data = binary_workbook_of(
        rows,
        before=record(151, REAL.pack(0) + REAL.pack(1) + bytes(12) + b"\1"),
        after=record(176, struct.pack("<IIII", 0, 0, 0, 1)),
    )
    (table,) = reading(tmp_path, data).tables
    assert (table.spans, table.head_rows) == ((Span(0, 0, 1, 2),), 1)


def hidden_parts() -> bytes:
    rows = row(text(0, "a"), text(1, "藏列"), text(2, "c"))
    rows += row(text(0, "藏行"), number=1, is_hidden=True) + row(text(0, "d"), number=2)
    columns = record(60, struct.pack("<IIIIH", 1, 1, 2048, 0, 1))
    return binary_workbook_of(rows, before=columns)


def test_hidden_rows_and_columns_are_named(tmp_path: Path) -> None:
    document = reading(tmp_path, hidden_parts())
    assert document.text == "表\n\na\tc\nd"
    assert [(one.what, one.where) for one in document.unread] == [
        ("hidden rows", "表"),
        ("hidden columns", "表"),
    ]
    hidden = reading(tmp_path, hidden_parts(), replace(LIMITS, hidden=True))
    assert blocks(hidden)[-1] == (BlockKind.hidden, "藏列\n藏行")


def test_a_hidden_sheet_is_named(tmp_path: Path) -> None:
    data = binary_workbook_of(row(text(0, "底稿内容")), state=1, after=b"")
    limits = replace(LIMITS, hidden=True)
    assert blocks(reading(tmp_path, data, limits)) == [
        (BlockKind.hidden, "表"),
        (BlockKind.hidden, "底稿内容"),
    ]


def test_comments_headers_and_footers_follow(tmp_path: Path) -> None:
    lines = (wide("&C内部资料"), wide("第&P页"), *[struct.pack("<I", 0xFFFFFFFF)] * 4)
    data = binary_workbook_of(
        row(text(0, "a")),
        after=record(479, bytes(2) + b"".join(lines)),
        sheet_relations=[("r1", "comments", "xl/comments1.bin")],
        parts={"xl/comments1.bin": record(637, b"\0" + wide("请核对"))},
    )
    assert blocks(reading(tmp_path, data))[2:] == [
        (BlockKind.header, "内部资料"),
        (BlockKind.footer, "第页"),
        (BlockKind.comment, "请核对"),
    ]


def test_cells_far_apart_are_tables_of_their_own(tmp_path: Path) -> None:
    far = binary_workbook(["a"] * 8, last_row=1_000_000)
    assert reading(tmp_path, far).text.split("\n\n")[1:] == ["\t".join("a" * 8)] * 2


def changed(data: bytes, part: str, cut: int) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            read_ = old.read(name)
            new.writestr(name, read_[:-cut] if name.endswith(part) else read_)
    return written.getvalue()


@pytest.mark.parametrize(("part", "cut"), [("sheet1.bin", 12), ("workbook.bin", 5)])
def test_one_that_is_cut_short_is_damaged(tmp_path: Path, part: str, cut: int) -> None:
    with pytest.raises(CorruptDocument, match="damaged"):
        reading(tmp_path, changed(binary_workbook(["收入", 12.5]), part, cut))


@pytest.mark.parametrize(
    "records",
    [
        [binary_cell(5, 0, b"\0" * 4)],
        [binary_cell(7, 0, b"\0")],
        [record(5, b"\0")],
        [binary_cell(6, 0, struct.pack("<I", 1 << 30))],
        [b"\x05\xff\xff\xff\xff"],
    ],
)
def test_records_that_do_not_hold_what_they_say_are_damage(
    tmp_path: Path, records: Sequence[bytes]
) -> None:
    with pytest.raises(CorruptDocument):
        reading(tmp_path, binary_workbook_of(row(*records)))


def test_a_text_that_no_list_has_is_empty(tmp_path: Path) -> None:
    rows = row(text(0, "a"), binary_cell(7, 1, struct.pack("<I", 1 << 30)))
    assert reading(tmp_path, binary_workbook_of(rows)).text == "表\n\na"


def test_its_parts_are_ordinary_for_the_check_of_uploads(tmp_path: Path) -> None:
    path = saved(tmp_path, binary_workbook(["机密★1年"]))
    found = screen(path, {"media_type": sheets.XLSB}, LIMITS).values
    assert found == {"level": "机密", "unread": [Unread.other_records.value]}


def test_many_ranges_of_hidden_columns_take_no_time(tmp_path: Path) -> None:
    columns = record(60, struct.pack("<IIIIH", 0, 0xFFFFFFFF, 2048, 0, 1)) * 20_000
    data = binary_workbook_of(row(text(0, "a")), before=columns)
    start = time.process_time()
    assert reading(tmp_path, data).text == "表"
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("runs", "shown"),
    [
        ([("产值10", 0), ("8", 1), ("元", 0)], "产值10^8元"),
        ([("面积5m", 0), ("2", 1)], "面积5m^2"),
        ([("H", 0), ("2", 2), ("O", 0)], "H2O"),
        ([("粗体", 3), ("文字", 0)], "粗体文字"),
        ([("文字", 9)], "文字"),
    ],
)
def test_raised_digits_keep_their_value(
    tmp_path: Path, runs: Sequence[tuple[str, int]], shown: str
) -> None:
    rich = rich_wide(*runs)
    cells = row(binary_cell(7, 0, struct.pack("<I", 0)), binary_cell(62, 1, rich))
    data = binary_workbook_of(cells, strings=[rich], positions=[0, 1, 2, 0])
    assert reading(tmp_path, data).text == f"表\n\n{shown}\t{shown}"
    # Text whose runs are cut short is read without them.
    cut = binary_workbook_of(cells, strings=[rich[:-5]], positions=[0, 1, 2, 0])
    assert reading(tmp_path, cut).text.endswith(f"\t{shown}")
