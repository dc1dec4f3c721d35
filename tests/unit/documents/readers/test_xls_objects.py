"""XLS: comments, shapes, form fields, headers and footers, and what is named as not read."""

import io
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
import xlwt
from xlwt.CompoundDoc import XlsDoc

from documents.document import BlockKind, Document
from documents.limits import ReadLimits
from documents.read import read
from documents.table import Span

LIMITS = ReadLimits(max_chars=100_000, max_pages=10)
HIDDEN = ReadLimits(max_chars=100_000, max_pages=10, hidden=True)
END = b"\x0a\x00\x00\x00"
COMMENT, PICTURE, TEXT_BOX, CHECK_BOX, DROP_DOWN, CHART = 25, 8, 6, 11, 20, 5


def record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def string(text: str) -> bytes:
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def object_(kind: int, number: int, text: str = "", *, parts: bytes = b"", flags: int = 0) -> bytes:
    """An object with its text, whose second half is in a record of its own."""
    common = struct.pack("<5H", 0x15, 18, kind, number, flags) + bytes(12)
    written = record(0x5D, common + parts + bytes(4))
    if not text:
        return written
    half = len(text) // 2
    head = record(0x1B6, bytes(10) + struct.pack("<HH", len(text), 16) + bytes(4))
    halves = (b"\x01" + part.encode("utf-16-le") for part in (text[:half], text[half:]))
    formats = record(0x3C, bytes(16))
    return written + record(0xEC) + head + b"".join(record(0x3C, one) for one in halves) + formats


def note(row: int, column: int, number: int) -> bytes:
    return record(0x1C, struct.pack("<4H", row, column, 0, number) + string("审核人"))


def chart(title: str) -> bytes:
    words = b"\0\0" + bytes([len(title), 1]) + title.encode("utf-16-le")
    begin = record(0x809, struct.pack("<HH", 0x600, 0x20) + bytes(12))
    page = record(0x14, string("&C图的页眉"))
    return begin + page + record(0x100D, words) + END


def workbook(records: Sequence[bytes], *, is_hidden: bool = False) -> bytes:
    """A workbook with a sheet 首页 and a sheet 表, to which the records are added at the end."""
    book = xlwt.Workbook()
    book.add_sheet("首页").write(0, 0, "正文")
    sheet = book.add_sheet("表")
    sheet.visibility = int(is_hidden)
    sheet.write_merge(0, 1, 0, 0, "合并")
    sheet.write(1, 1, "末")
    for one in range(2):
        book.get_sheet(one).header_str = b""
        book.get_sheet(one).footer_str = b""
    stream = book.get_biff_data()
    assert stream.endswith(END)
    # Merged cells are written after charts: so do programs.
    merges = stream.rindex(b"\xe5\x00\x0a\x00")
    stream = stream[:merges] + b"".join(records) + stream[merges:]
    path = io.BytesIO()
    XlsDoc().save(path, stream)
    return path.getvalue()


def opened(tmp_path: Path, data: bytes, limits: ReadLimits = LIMITS) -> Document:
    path = tmp_path / "book.xls"
    path.write_bytes(data)
    return read(path, limits)


def blocks(document: Document, *kinds: BlockKind) -> list[str]:
    return [document.text[one.start : one.end] for one in document.blocks if one.kind in kinds]


def unread(document: Document) -> list[tuple[str, str]]:
    return [(one.what, one.where) for one in document.unread]


def test_comments_are_read_by_row(tmp_path: Path) -> None:
    records = [
        object_(COMMENT, 7, "第二条批注"), object_(COMMENT, 3, "第一条\n批注"), note(5, 0, 7),
        note(1, 2, 3),
    ]  # fmt: skip
    document = opened(tmp_path, workbook(records))
    assert blocks(document, BlockKind.comment) == ["第一条\n批注", "第二条批注"]
    assert not document.unread


def test_text_boxes_and_form_fields_are_read(tmp_path: Path) -> None:
    ticked = struct.pack("<HHH", 0x12, 8, 1) + bytes(6)
    unticked = struct.pack("<HHH", 0x12, 8, 0) + bytes(6)
    records = [
        object_(TEXT_BOX, 1, "以上金额含税"),
        object_(CHECK_BOX, 2, "同意", parts=ticked),
        object_(CHECK_BOX, 3, "不同意", parts=unticked),
        object_(DROP_DOWN, 4),
        object_(DROP_DOWN, 5, flags=0x100),
    ]
    document = opened(tmp_path, workbook(records))
    assert blocks(document, BlockKind.drawing) == ["以上金额含税", "☑ 同意", "☐ 不同意"]
    assert unread(document) == [("form", "表")]


def test_headers_and_footers_are_read(tmp_path: Path) -> None:
    first = string("&C首页页眉")
    more = bytes(28) + struct.pack("<5H", 0, 0, 0, len("&C首页页眉"), 0) + first
    records = [
        record(0x14, string("&L财政局&C内部资料&R&P")),
        record(0x15, string("&C第 &P 页 共 &N 页")),
        record(0x89C, more),
    ]
    document = opened(tmp_path, workbook(records))
    assert blocks(document, BlockKind.header) == ["财政局", "内部资料", "首页页眉"]
    assert blocks(document, BlockKind.footer) == ["第  页 共  页"]


def test_a_chart_is_named_and_cells_after_it_are_kept(tmp_path: Path) -> None:
    document = opened(tmp_path, workbook([object_(CHART, 1), chart("支出情况")]))
    assert blocks(document, BlockKind.drawing) == ["支出情况"]
    assert not blocks(document, BlockKind.header)
    assert unread(document) == [("chart", "表")]
    assert document.tables[0].spans == (Span(0, 0, 2, 1),)


def test_pictures_and_embedded_objects_are_named(tmp_path: Path) -> None:
    formula = struct.pack("<HH", 0x09, 2) + bytes(2)
    records = [object_(PICTURE, 1), object_(PICTURE, 2, parts=formula)]
    assert unread(opened(tmp_path, workbook(records))) == [
        ("picture", "表"), ("embedded object", "表"),
    ]  # fmt: skip


def test_word_art_is_read(tmp_path: Path) -> None:
    words = "红头文件\0".encode("utf-16-le")
    properties = struct.pack("<HI", 0x0081, 5) + struct.pack("<HI", 0xC0C0, len(words)) + words
    drawing = struct.pack("<HHI", 0x23, 0xF00B, len(properties)) + properties
    shape = struct.pack("<HHI", 0xF, 0xF004, len(drawing)) + drawing
    document = opened(tmp_path, workbook([record(0xEC, shape)]))
    assert blocks(document, BlockKind.drawing) == ["红头文件"]


def test_what_is_on_a_hidden_sheet_is_hidden_content(tmp_path: Path) -> None:
    records = [record(0x14, string("暗页眉")), object_(COMMENT, 1, "暗批注"), note(0, 0, 1)]
    data = workbook(records, is_hidden=True)
    assert opened(tmp_path, data).text == "首页\n\n正文"
    assert blocks(opened(tmp_path, data, HIDDEN), BlockKind.hidden)[-2:] == ["暗页眉", "暗批注"]


@pytest.mark.parametrize(
    "damaged",
    [
        record(0x5D, b"\x15\x00"), record(0x1B6, b"\x00"), record(0x14, b"\xff"),
        record(0x89C, bytes(40)), record(0x100D, b"\0\0\xff"), record(0x1C, b"\0"),
        record(0xEC, b"\x0f\x00\x0b\xf0\xff\xff\xff\xff\0\0"),
        object_(COMMENT, 1) + record(0x1B6, bytes(10) + b"\xff\xff" + bytes(6)),
    ],
    ids=["object", "text", "header", "more headers", "series", "note", "drawing", "characters"],
)  # fmt: skip
def test_damaged_records_of_objects_are_left_out(tmp_path: Path, damaged: bytes) -> None:
    document = opened(tmp_path, workbook([damaged]))
    assert document.text == "首页\n\n正文\n\n表\n\n合并\n\t末"
    assert not document.unread


def test_number_formats_beyond_the_limit_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("documents.ooxml.formats.styles._MOST_CODES", 2)
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for column in range(4):
        style = xlwt.XFStyle()
        style.num_format_str = f'0"元{column}"'
        sheet.write(0, column, 5, style)
    file = io.BytesIO()
    book.save(file)
    document = opened(tmp_path, file.getvalue())
    assert blocks(document, BlockKind.table) == ["5元0\t5元1\t5\t5"]
    assert unread(document) == [("number format", "")]


def test_a_workbook_whose_records_are_unknown_says_so(tmp_path: Path) -> None:
    data = workbook([record(0x14, string("页眉"))])
    # The first record says that the workbook is one of Excel 95.
    at = data.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")
    document = opened(tmp_path, data[: at + 4] + b"\x00\x05" + data[at + 6 :])
    assert ("records", "") in unread(document)
