"""Raised and lowered digits in strings of XLS."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
import xlwt

from documents.read import read
from documents.readers.sheets.xls_strings import SharedStrings
from standin.documents.builders import LIMITS, saved

NORMAL = xlwt.Font()
SUPER, SUB = xlwt.Font(), xlwt.Font()
SUPER.escapement, SUB.escapement = xlwt.Font.ESCAPEMENT_SUPERSCRIPT, xlwt.Font.ESCAPEMENT_SUBSCRIPT


@pytest.mark.parametrize("before", [0, 2_735, 2_736, 2_737, 2_738, 4_000])
def test_raised_digits_keep_their_value(tmp_path: Path, before: int) -> None:
    """`before`: other strings, after which the text is at the end of a record, or in the next."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("A")
    sheet.write(0, 0, "文" * before)
    sheet.write_rich_text(1, 0, [("共10", NORMAL), ("8", SUPER), ("元", NORMAL)])
    sheet.write_rich_text(2, 0, [("log", NORMAL), ("10", SUB), ("2", NORMAL)])
    sheet.write(3, 0, "108")
    book.save(data := io.BytesIO())
    document = read(saved(tmp_path, data.getvalue(), "a.xls"), LIMITS)
    assert [line for line in document.text.splitlines() if "文" not in line][-3:] == [
        "共10^8元", "log_(10)2", "108",
    ]  # fmt: skip
    assert not document.unread


def test_formats_belong_to_their_cells_below_and_beside_empty_ones(tmp_path: Path) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("A")
    sheet.write_rich_text(2, 3, [("10", NORMAL), ("8", SUPER)])
    sheet.write(3, 3, 0.5, xlwt.easyxf(num_format_str="0%"))
    sheet.write(4, 3, "108")
    book.save(data := io.BytesIO())
    document = read(saved(tmp_path, data.getvalue(), "a.xls"), LIMITS)
    assert document.text.splitlines()[-3:] == ["10^8", "50%", "108"]


def strings(*parts: bytes) -> SharedStrings:
    found = SharedStrings()
    for position in (0, 1):
        found.add(0x0031, struct.pack("<5H", 200, 0, 0, 0, position))
    found.add(0x00FC, parts[0])
    for part in parts[1:]:
        found.add(0x003C, part)
    return found


HEAD = struct.pack("<II", 1, 1)
RUNS = struct.pack("<HH", 2, 1)


@pytest.mark.parametrize(
    "parts",
    [
        (HEAD + b"\3\0\x08\1\0" + b"108" + RUNS,),
        (HEAD + b"\3\0\x08\1\0", b"\0" + b"108" + RUNS),
        (HEAD + b"\3\0\x08\1\0" + b"10", b"\1" + b"8\0" + RUNS),
        (HEAD + b"\3\0\x09\1\0" + b"1\x000\0", b"\0" + b"8", RUNS),
        (HEAD + b"\3\0\x0c\1\0\2\0\0\0" + b"108" + RUNS[:2], RUNS[2:] + b"ab"),
    ],
)
def test_a_string_goes_on_in_the_next_record(parts: tuple[bytes, ...]) -> None:
    assert strings(*parts).raised() == ({0: "10^8"}, True)


@pytest.mark.parametrize("cut", range(1, 9))
def test_strings_that_are_cut_short_are_noticed(cut: int) -> None:
    data = HEAD + b"\3\0\x08\1\0" + b"108" + RUNS
    assert strings(data[:-cut]).raised() == ({}, False)


def test_the_fifth_font_has_the_sixth_number() -> None:
    found = SharedStrings()
    for position in (0, 0, 0, 0, 1):
        found.add(0x0031, struct.pack("<5H", 200, 0, 0, 0, position))
    found.add(0x00FC, HEAD + b"\3\0\x08\1\0" + b"108" + struct.pack("<HH", 2, 5))
    assert found.raised() == ({0: "10^8"}, True)
