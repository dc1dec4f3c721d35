"""The views of a scan, of which each has numbers that the others split."""

from __future__ import annotations

import math

import pytest

from documents.ocr.scan import OcrLine, Scan, lean_of
from documents.ocr.views import View, reading_order, views
from tests.unit.documents.ocr.test_layout import seen, turned

EM = 20.0


def scan(*lines: OcrLine, lean: float = 0.0) -> Scan:
    return Scan(lines, 800, 600, lean=lean)


def texts(given: Scan) -> list[str]:
    return [view.text.strip().replace("\n\n", " | ") for view in views(given)]


def vertical(text: str, left: float, top: float) -> OcrLine:
    height = EM * len(text)
    corners = ((left, top), (left + EM, top), (left + EM, top + height), (left, top + height))
    return OcrLine(text, 0.99, corners)


def test_each_character_has_its_line_and_its_place_in_it() -> None:
    given = scan(seen("电话一二", 100, 100), seen("三四", 100, 130))
    for view in views(given):
        for char, place in zip(view.text, view.places, strict=True):
            assert char.isspace() if place is None else given.lines[place[0]].text[place[1]] == char
        assert sum(place is not None for place in view.places) == 6


def test_a_number_at_the_end_of_a_full_line_continues_on_the_next() -> None:
    wrapped, _, plain = texts(
        scan(seen("联系电话请拨打138123", 100, 100), seen("41234。", 100, 130))
    )
    assert "13812341234" in wrapped
    assert "138123\n41234" in plain


def test_a_short_line_does_not_continue() -> None:
    lines = (seen("138123", 100, 100), seen("41234各单位要落实值班制度", 100, 130))
    assert "138123\n41234" in texts(scan(*lines))[0]


@pytest.mark.parametrize("degrees", [0.0, 3.0])
def test_lines_of_a_cell_stand_above_each_other(degrees: float) -> None:
    lean = math.radians(degrees)
    cells = [("电话", 100, 100), ("1381234", 300, 100), ("河滨路", 600, 100), ("1234", 300, 124)]
    lines = [seen(text, left, top, lean=lean) for text, left, top in cells]
    stacked = texts(scan(*lines, lean=lean))[1]
    assert stacked == "电话 | 13812341234 | 河滨路"


def test_text_that_runs_downwards_is_joined_from_its_parts() -> None:
    lines = [seen("各单位要落实值班制度", 100, 100 + 30 * row) for row in range(4)]
    parts = [vertical("签发人王", 700, 60), seen("小", 700, 144), vertical("明电话", 700, 168)]
    assert "签发人王小明电话" in texts(scan(*lines, *parts))[1]


def test_cells_of_a_row_are_separated_by_a_tab_and_near_words_are_not() -> None:
    given = scan(seen("姓名", 100, 100), seen("王", 150, 100), seen("小明", 400, 100))
    assert texts(given)[2] == "姓名王\t小明"


def test_the_reading_order_is_from_the_top_and_columns_of_vertical_text_follow() -> None:
    given = scan(vertical("签发人王", 700, 60), seen("第二行", 100, 130), seen("第一行", 100, 100))
    assert reading_order(given) == [2, 1, 0]


def test_no_lines_have_no_text() -> None:
    assert views(scan()) == [View("", ())] * 3
    assert reading_order(scan()) == []


def test_a_part_of_a_line_lies_along_it() -> None:
    line = seen("一二三四", 100, 100)
    assert line.middles == (0.125, 0.375, 0.625, 0.875)
    left, _, right, _ = line.part(0.25, 0.75)
    assert (left, right) == ((120, 100), (160, 120))
    down = vertical("一二三四", 100, 100).part(0.25, 0.75)
    assert {point[1] for point in down} == {120, 160}
    lean = lean_of([seen("一二三四", 100, 100, lean=0.1)])
    corner = seen("一二三四", 100, 100, lean=0.1).part(0.5, 1.0)[0]
    assert corner == pytest.approx(turned((140, 100), lean))
