"""Lines that OCR read become paragraphs, for any orientation of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from documents.document import BlockKind, Seal
from documents.draft import Draft
from documents.limits import ReadLimits
from documents.ocr.layout import Frame, confidence, merged, page_blocks
from documents.ocr.scan import OcrLine, OcrSeal, Point, Scan, lean_of
from documents.page.arrange import arrange
from documents.page.blocks import Line
from documents.page.rulings import Ruling
from documents.readers.pictures import add_scanned
from documents.table import Span

EM = 20.0


def seen(text: str, left: float, top: float, *, lean: float = 0.0, sure: float = 0.99) -> OcrLine:
    width = EM * len(text)
    corners = [(left, top), (left + width, top), (left + width, top + EM), (left, top + EM)]
    one, two, three, four = (turned(corner, lean) for corner in corners)
    return OcrLine(text, sure, (one, two, three, four))


def turned(point: Point, angle: float) -> Point:
    x, y = point
    return x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)


def texts(scan: Scan) -> list[str]:
    return [block.text for block in page_blocks(scan, Frame(scan, 1.0, scan.lean))]


TWO_PARAGRAPHS = [
    ("各街道办事处要落实值班制度并安排", 240, 100),
    ("专人负责值守工作，确保信息畅通，遇", 200, 134),
    ("到紧急情况及时报告。", 200, 168),
    ("各单位要加强巡查，发现隐患立即处", 240, 202),
    ("理，并将情况报区防汛办公室。", 200, 236),
]


@pytest.mark.parametrize("degrees", [0.0, 2.0, -2.0])
def test_paragraphs_are_found_on_a_skewed_page(degrees: float) -> None:
    lean = math.radians(degrees)
    lines = tuple(seen(text, left, top, lean=lean) for text, left, top in TWO_PARAGRAPHS[::-1])
    scan = Scan(lines, 800, 600, lean=lean_of(lines))
    assert scan.lean == pytest.approx(lean, abs=0.001)
    assert texts(scan) == [
        "各街道办事处要落实值班制度并安排专人负责值守工作，确保信息畅通，遇到紧急情况及时报告。",
        "各单位要加强巡查，发现隐患立即处理，并将情况报区防汛办公室。",
    ]


def test_a_short_line_detected_too_high_continues_its_paragraph() -> None:
    left, top, right, bottom = 195.0, 160.0, 237.0, 196.0
    short = OcrLine("况。", 0.99, ((left, top), (right, top), (right, bottom), (left, bottom)))
    lines = (
        seen("各街道办事处要落实值班制度并安排", 240, 100),
        seen("专人负责值守工作，确保信息畅通，不漏情", 200, 134),
        short,
    )
    assert len(texts(Scan(lines, 800, 600))) == 1


def test_a_line_that_begins_with_a_bracket_is_not_indented() -> None:
    lines = (
        seen("依照有关规定公布的文件，应当按照", 200, 100),
        seen("《档案法》的规定移交档案馆保存，不", 200 + 0.6 * EM, 134),
        seen("得自行销毁，也不得转让。", 200, 168),
    )
    assert len(texts(Scan(lines, 800, 600))) == 1


@pytest.mark.parametrize("degrees", [0.0, 6.0, -6.0])
def test_words_far_apart_in_a_line_are_cells(degrees: float) -> None:
    lines = tuple(
        seen(word, left, top, lean=math.radians(degrees))
        for top, row in ((100, ("姓名", "王五")), (134, ("单位", "区档案馆")))
        for left, word in zip((100, 400), row, strict=True)
    )
    scan = Scan(lines, 800, 600)
    (block,) = page_blocks(scan, Frame(scan, 1.0, math.radians(degrees)))
    assert (block.kind, block.text) == (BlockKind.table, "姓名\t王五\n单位\t区档案馆")


def test_a_drawn_table_is_read_cell_by_cell() -> None:
    lines = (
        seen("登记表", 100, 20),
        seen("事项", 110, 110),
        seen("查阅土地登记档案并", 210, 100),
        seen("复印材料", 210, 124),
        seen("日期", 110, 160),
        seen("三月", 210, 160),
    )
    along = tuple(Ruling(y, 100, 500) for y in (90.0, 150.0, 190.0))
    down = tuple(Ruling(x, 90, 190) for x in (100.0, 200.0, 500.0))
    scan = Scan(lines, 600, 400, along=along, down=down)
    assert texts(scan) == ["登记表", "事项\t查阅土地登记档案并复印材料\n日期\t三月"]


def test_a_ruled_table_on_scans_has_spans_and_goes_on_over_pages() -> None:
    def page(rows: Sequence[tuple[str, ...]], top: float) -> Scan:
        bottom = top + 40.0 * len(rows)
        lines = tuple(
            seen(words, left, top + 10 + 40 * at)
            for at, row in enumerate(rows)
            for words, left in zip(row, (110, 210, 310), strict=True)
            if words
        )
        merged = top + 40 if not rows[0][2] else top
        down = [Ruling(x, top, bottom) for x in (100.0, 200.0, 500.0)]
        along = tuple(Ruling(top + 40.0 * at, 100, 500) for at in range(len(rows) + 1))
        return Scan(lines, 600, 800, along=along, down=(*down, Ruling(300.0, merged, bottom)))

    first = [("年度", "办理数", ""), ("合计", "上半年", "下半年"), ("一三", "30", "40")]
    second = [("一四", "50", "60"), ("一五", "70", "80")]
    draft = Draft(ReadLimits(max_chars=1_000, max_pages=9))
    for number, scan in enumerate((page(first, 650), page(second, 50)), start=1):
        add_scanned(draft, Frame(scan, 1.0, 0.0), number)
    arrange(draft, {1: 800, 2: 800})
    document = draft.finish("image/tiff", 2)
    assert document.text.split("\n") == [
        "年度\t办理数", "合计\t上半年\t下半年", "一三\t30\t40", "一四\t50\t60", "一五\t70\t80",
    ]  # fmt: skip
    (table,) = document.tables
    assert table.spans == (Span(0, 1, 1, 2),)
    assert [(part.page, part.row) for part in table.parts] == [(1, 0), (2, 3)]
    assert document.blocks[0].confidence is not None


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        (0, (10, 20, 30, 25)),
        (1, (75, 10, 80, 30)),
        (2, (70, 175, 90, 180)),
        (3, (20, 170, 25, 190)),
    ],
)
def test_a_box_is_given_on_the_page_as_it_was_sent(
    turns: int, expected: tuple[float, float, float, float]
) -> None:
    frame = Frame(Scan((), 100, 200, turns), 1.0, 0.0)
    assert frame.on_page((10, 20, 30, 25)) == expected


def test_a_picture_with_margins_has_its_boxes_on_the_page() -> None:
    frame = Frame(Scan((), 100, 200), 0.5, 0.0, (36.0, 72.0))
    assert frame.on_page((10, 20, 30, 25)) == (41.0, 82.0, 51.0, 84.5)


def test_the_confidence_of_a_block_is_that_of_its_characters() -> None:
    lines = (seen("一二三四五六七八九", 100, 100, sure=1.0), seen("十", 100, 134, sure=0.5))
    scan = Scan(lines, 800, 600)
    frame = Frame(scan, 1.0, 0.0)
    placed = [(frame.straight(line), line) for line in lines]
    (block, *_) = page_blocks(scan, frame)
    assert confidence(block, placed[:1]) == 1.0
    assert confidence(block, []) is None


def test_ocr_does_not_repeat_the_text_layer() -> None:
    layer = [Line(("页眉",), (100, 100, 140, 120), 20, 40)]
    scan = Scan((seen("页届", 100, 101), seen("正文", 100, 300)), 800, 600)
    found, placed = merged(layer, Frame(scan, 1.0, 0.0))
    assert [line.text for line in found] == ["页眉", "正文"]
    assert [line.text for _, line in placed] == ["正文"]


def test_columns_end_at_a_table() -> None:
    rows = [
        ("一二三四五六七八九十一二", left, top) for left in (100, 380) for top in (100, 130, 160)
    ]
    below = [(text, left, top + 300) for text, left, top in rows]
    cells = [seen("甲", 200, 225), seen("乙", 400, 225), seen("丙", 200, 265), seen("丁", 400, 265)]
    along = tuple(Ruling(at, 100, 620) for at in (210, 250, 290))
    down = tuple(Ruling(at, 210, 290) for at in (100, 360, 620))
    marks = [seen(f"{number}{text[1:]}", left, top)
             for number, (text, left, top) in enumerate([*rows, *below])]  # fmt: skip
    scan = Scan((*marks, *cells), 800, 800, along=along, down=down)
    found = "".join(texts(scan))
    order = [char for char in found if char.isdigit() or char in "甲乙丙丁"]
    assert order == [*"012345", *"甲乙丙丁", *"6789", "1", "0", "1", "1"]


def test_seals_are_placed_on_the_page() -> None:
    seal = OcrSeal("round", "甲局", (10, 20, 50, 60), 0.98765)
    scan = Scan((), 200, 100, turns=1, lean=0.02, seals=(seal,))
    frame = Frame(scan, 0.5, 0.02, (7.0, 0.0))
    assert frame.seals(3) == [Seal("round", "甲局", 3, (77.0, 5.0, 97.0, 25.0), 0.9877)]
    assert frame.seals(None) == [Seal("round", "甲局", None, None, 0.9877)]
