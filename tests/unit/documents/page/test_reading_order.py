from __future__ import annotations

from documents.page.reading_order import Box, in_columns, in_rows


def line(left: float, top: float, right: float, height: float = 10) -> Box:
    return left, top, right, top + height


def order(boxes: list[Box]) -> list[int]:
    return [at for column in in_columns(boxes) for row in in_rows(boxes, column) for at in row]


def column(left: float, right: float, top: float, lines: int) -> list[Box]:
    return [line(left, top + 16 * at, right) for at in range(lines)]


def test_nothing_has_no_order() -> None:
    assert in_columns([]) == []


def test_lines_are_read_from_the_top() -> None:
    boxes = column(50, 500, 100, 6)
    shuffled = [boxes[at] for at in (3, 0, 5, 1, 4, 2)]
    assert [shuffled[at] for at in order(shuffled)] == boxes


def test_two_columns_are_read_one_after_the_other_below_their_title() -> None:
    title, foot = line(50, 60, 500, 20), line(50, 300, 500)
    left, right = column(50, 260, 100, 8), column(290, 500, 104, 8)
    boxes = [*right, foot, *left, title]
    assert [boxes[at] for at in order(boxes)] == [title, *left, *right, foot]


def test_short_entries_side_by_side_are_rows_of_a_table() -> None:
    boxes = [line(left, top, left + 60) for top in (100, 116, 132) for left in (50, 200, 350)]
    shuffled = boxes[::-1]
    assert [shuffled[at] for at in order(shuffled)] == boxes
    assert [len(row) for row in in_rows(boxes, range(9))] == [3, 3, 3]


def test_a_row_whose_middle_cell_crosses_the_page_stays_together() -> None:
    rows = [
        [line(50, 100, 120), line(140, 100, 330), line(400, 100, 480)],
        [line(50, 116, 120), line(140, 116, 330), line(400, 116, 480)],
        [line(50, 132, 120), line(140, 132, 250), line(400, 132, 480)],
    ]
    boxes = [box for row in rows for box in row]
    assert [boxes[at] for at in order(boxes)] == boxes


def test_lines_that_touch_are_not_one_row() -> None:
    boxes = [line(50, 100, 500, 16), line(50, 112, 500, 16)]
    assert in_rows(boxes, [0, 1]) == [[0], [1]]
