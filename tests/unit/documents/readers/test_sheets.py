from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
import xlwt
from openpyxl.comments import Comment

from documents.document import BlockKind
from documents.errors import CorruptDocument, DocumentTooLong, EmptyDocument, EncryptedDocument
from documents.limits import ReadLimits
from documents.read import read
from standin.documents import ods_builder
from standin.documents.builders import LIMITS, as_ods, as_xlsx, saved

HIDDEN = ReadLimits(max_chars=10_000, max_pages=1, hidden=True)


def xlsx(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def repacked(data: bytes, name: str, old: bytes, new: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as usual, zipfile.ZipFile(written, "w") as packed:
        for part in usual.namelist():
            content = usual.read(part)
            if part == name:
                assert old in content
                content = content.replace(old, new)
            packed.writestr(part, content)
    return written.getvalue()


def test_cells_have_their_displayed_values(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.title = "经费"
        book.active.append([1, 1200000, 2.5, 0.1 + 0.2, 1e20, True, "两\n行 字", None])
        book.active.append(
            [date(2026, 6, 1), datetime.fromisoformat("2026-06-01 09:30"), time(9, 30)]
        )
        book.active.append([timedelta(hours=30, minutes=5)])

    document = read(saved(tmp_path, xlsx(fill)), LIMITS)
    assert document.text.split("\n\n") == [
        "经费",
        "1\t1200000\t2.5\t0.3\t1E+20\tTRUE\t两 行 字\n"
        "2026-06-01\t2026-06-01 9:30:00\t9:30:00\n"
        "30:05:00",
    ]


def test_a_sheet_is_a_heading_and_its_tables(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.title = "甲"
        for row in (["a", "b"], ["", "c"], [], [None, None], ["d"]):
            book.active.append(row)
        book.create_sheet("乙")["C5"] = "e"

    document = read(saved(tmp_path, xlsx(fill)), LIMITS)
    assert [(block.kind, document.text[block.start : block.end]) for block in document.blocks] == [
        (BlockKind.heading, "甲"),
        (BlockKind.table, "a\tb\n\tc"),
        (BlockKind.table, "d"),
        (BlockKind.heading, "乙"),
        (BlockKind.table, "e"),
    ]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_read_on_request(tmp_path: Path, state: str) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active["A1"] = "seen"
        sheet = book.create_sheet("底稿")
        sheet["A1"] = "unseen"
        sheet.sheet_state = state

    path = saved(tmp_path, xlsx(fill))
    assert read(path, LIMITS).text == "Sheet\n\nseen"
    document = read(path, HIDDEN)
    assert document.text == "Sheet\n\nseen\n\n底稿\n\nunseen"
    assert [block.kind for block in document.blocks[2:]] == [BlockKind.hidden] * 2


def test_notes_on_cells_are_read(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active["A1"] = "seen"
        book.active["A1"].comment = Comment("请核对", "someone")

    document = read(saved(tmp_path, xlsx(fill)), LIMITS)
    assert document.blocks[-1].kind is BlockKind.comment
    assert document.text.endswith("请核对")


def test_headers_and_footers_of_pages_are_read_without_their_codes(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        for sheet in (book.active, book.create_sheet("second")):
            sheet["A1"] = "seen"
            sheet.oddHeader.left.text = "机密★1年"
            sheet.oddHeader.left.size = 14
            sheet.oddHeader.left.font = "宋体,Bold"
            sheet.oddHeader.left.color = "FF0000"
            sheet.oddFooter.center.text = "第&P页 R&&D <&D>"
            sheet.evenHeader.right.text = "双页"
            sheet.firstFooter.left.text = "&P / &N"

    document = read(saved(tmp_path, xlsx(fill)), LIMITS)
    comments = [
        (block.kind, document.text[block.start : block.end])
        for block in document.blocks
        if block.kind not in {BlockKind.heading, BlockKind.table}
    ]
    assert comments == [
        (BlockKind.header, "机密★1年"),
        (BlockKind.header, "双页"),
        (BlockKind.footer, "第页 R&D <>"),
    ]


def test_cells_in_far_corners_take_no_memory(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active["A1"] = "near"
        book.active["XFD1048576"] = "far"

    document = read(saved(tmp_path, xlsx(fill)), LIMITS)
    assert document.text.split("\n\n") == ["Sheet", "near", "far"]


def test_a_sheet_that_claims_a_million_rows_and_has_three_is_read(tmp_path: Path) -> None:
    name = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(io.BytesIO(as_xlsx())) as package:
        sheet = package.read(name)
    start = sheet.index(b'<dimension ref="') + len(b'<dimension ref="')
    claimed = sheet[start : sheet.index(b'"', start)]
    data = repacked(as_xlsx(), name, b'"' + claimed + b'"', b'"A1:XFD1048576"')
    assert read(saved(tmp_path, data), LIMITS) == read(saved(tmp_path, as_xlsx(), "b"), LIMITS)


def repeated(*, rows: int, columns: int, word: str) -> bytes:
    """An ODS of one cell, and one below it that is repeated."""
    last = ods_builder.cell(word, numbercolumnsrepeated=columns)
    lines = [ods_builder.row("first"), ods_builder.row(last, numberrowsrepeated=rows)]
    return ods_builder.ods(ods_builder.Sheet("S", lines))


def test_repeated_cells_of_ods_count_if_they_have_content(tmp_path: Path) -> None:
    full = saved(tmp_path, repeated(rows=1_048_575, columns=16_384, word="x"), "full")
    with pytest.raises(DocumentTooLong, match="cells"):
        read(full, LIMITS)
    bare = saved(tmp_path, repeated(rows=1_048_575, columns=16_384, word=""), "bare")
    assert read(bare, LIMITS).text == "S\n\nfirst"


def test_an_encrypted_ods_is_reported(tmp_path: Path) -> None:
    entry = b"</manifest:manifest>"
    locked = b"<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>" + entry
    data = repacked(as_ods(), "META-INF/manifest.xml", entry, locked)
    with pytest.raises(EncryptedDocument, match="password"):
        read(saved(tmp_path, data), LIMITS)


def test_notes_and_page_lines_of_ods_follow_its_cells(tmp_path: Path) -> None:
    note = (
        '<office:annotation><dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">甲</dc:creator>'
        "<text:p>待核实</text:p><text:p>见附表</text:p></office:annotation>"
    )
    lines = (
        "<style:header><style:region-left><text:p>内部资料<text:sheet-name>???</text:sheet-name>"
        "</text:p></style:region-left></style:header>"
        '<style:header-left style:display="false"><text:p>not shown</text:p></style:header-left>'
        "<style:footer><text:p><text:page-number>1</text:page-number></text:p>"
        "<text:p>共<text:page-count>9</text:page-count>页</text:p></style:footer>"
    )
    master = f'<style:master-page style:name="Default" style:page-layout-name="x">{lines}'
    data = repeated(rows=1, columns=1, word="last")
    data = repacked(data, "content.xml", b"first</text:p>", f"first</text:p>{note}".encode())
    end = "</office:document-styles>"
    masters = f"<office:master-styles>{master}</style:master-page></office:master-styles>{end}"
    data = repacked(data, "styles.xml", end.encode(), masters.encode())
    document = read(saved(tmp_path, data), LIMITS)
    found = [(block.kind, document.text[block.start : block.end]) for block in document.blocks]
    assert found[1:] == [
        (BlockKind.table, "first\nlast"),
        (BlockKind.header, "内部资料"),
        (BlockKind.footer, "共页"),
        (BlockKind.comment, "待核实\n见附表"),
    ]


def test_an_encrypted_xls_is_reported(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.add_sheet("S").write(0, 0, "x")
    written = io.BytesIO()
    book.save(written)
    # Change the first record after the stream's header to `FilePass`.
    data = bytearray(written.getvalue())
    head = data.index(b"\x09\x08\x10\x00")
    data[head + 20 : head + 22] = b"\x2f\x00"
    with pytest.raises(EncryptedDocument, match="password"):
        read(saved(tmp_path, bytes(data)), LIMITS)


def as_large_xls() -> bytearray:
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for row in range(400):
        sheet.write(row, 0, f"entry {row} of the list")
    written = io.BytesIO()
    book.save(written)
    return bytearray(written.getvalue())


@pytest.mark.parametrize(
    ("first", "last", "left", "right"), [(0, 0xC0000000, 0, 1), (9, 3, 0, 1), (0, 65_536, 0, 300)]
)
def test_an_xls_that_declares_more_cells_than_a_sheet_has_is_damaged(
    tmp_path: Path, first: int, last: int, left: int, right: int
) -> None:
    data = as_large_xls()
    struct.pack_into("<IIHH", data, data.index(b"\x00\x02\x0e\x00") + 4, first, last, left, right)
    with pytest.raises(CorruptDocument, match="damaged"):
        read(saved(tmp_path, bytes(data)), LIMITS)


def test_an_xls_with_two_cells_far_apart_is_too_large(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    sheet.write(0, 0, "first")
    sheet.write(65_535, 255, "last")
    book.add_sheet("T").write(0, 0, "x")
    written = io.BytesIO()
    book.save(written)
    with pytest.raises(DocumentTooLong, match="cells"):
        read(saved(tmp_path, written.getvalue()), LIMITS)


def test_an_xls_with_a_circular_sector_chain_is_damaged(tmp_path: Path) -> None:
    data = as_large_xls()
    (table,) = struct.unpack_from("<I", data, 76)
    struct.pack_into("<I", data, (table + 1) * 512 + 4 * 8, 3)  # after the ninth the fourth again
    with pytest.raises(CorruptDocument, match="damaged"):
        read(saved(tmp_path, bytes(data)), LIMITS)
    assert read(saved(tmp_path, bytes(as_large_xls())), LIMITS).text.count("entry") == 400


def test_a_workbook_without_cells_still_has_the_names_of_its_sheets(tmp_path: Path) -> None:
    document = read(saved(tmp_path, xlsx(lambda book: None)), LIMITS)
    assert document.text == "Sheet"


def test_a_workbook_with_only_hidden_sheets_is_empty(tmp_path: Path) -> None:
    data = repacked(as_xlsx(), "xl/workbook.xml", b'state="visible"', b'state="hidden"')
    with pytest.raises(EmptyDocument):
        read(saved(tmp_path, data), LIMITS)


def test_a_workbook_that_lacks_a_sheet_is_damaged(tmp_path: Path) -> None:
    data = as_xlsx().replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheet9.xml")
    with pytest.raises(CorruptDocument, match="damaged"):
        read(saved(tmp_path, data), LIMITS)
