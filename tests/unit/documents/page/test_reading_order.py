from __future__ import annotations

import pytest

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


def test_four_columns_are_read_one_after_the_other() -> None:
    title = line(50, 60, 500, 20)
    columns = [
        column(50 + 115 * number, 150 + 115 * number, 100 + 5 * number, 9) for number in range(4)
    ]
    boxes = [title, *(box for row in zip(*columns, strict=True) for box in row)]
    assert [boxes[at] for at in order(boxes)] == [title, *(box for one in columns for box in one)]


def test_columns_between_titles_may_have_different_numbers() -> None:
    head, middle = line(50, 60, 500, 20), line(50, 300, 500, 20)
    above = [column(50, 190, 100, 8), column(205, 345, 100, 8), column(360, 500, 100, 8)]
    below = [column(50, 265, 340, 8), column(285, 500, 340, 8)]
    boxes = [head, *above[0], *above[1], *above[2], middle, *below[0], *below[1]]
    shuffled = sorted(boxes, key=lambda box: (box[1], -box[0]))
    assert [shuffled[at] for at in order(shuffled)] == boxes


def test_a_few_lines_below_a_title_are_columns_if_the_page_has_them() -> None:
    left, right = column(50, 260, 100, 8), column(290, 500, 100, 8)
    title, more, beside = line(50, 240, 500, 14), line(50, 270, 258), line(290, 270, 499)
    boxes = [*left, *right, title, more, beside]
    groups = [[boxes[at] for at in group] for group in in_columns(boxes)]
    assert groups == [left, right, [title], [more], [beside]]


def test_columns_of_short_lines_that_stand_apart_are_read_one_after_the_other() -> None:
    left = [line(50, 100 + 16 * at, 250 if at % 4 == 0 else 110) for at in range(12)]
    right = [line(290, 103 + 19 * at, 490 if at % 4 == 0 else 350) for at in range(10)]
    foot = line(200, 320, 340)
    boxes = sorted([*left, *right, foot], key=lambda box: box[1])
    assert [boxes[at] for at in order(boxes)] == [*left, *right, foot]


def test_labels_level_with_their_values_are_no_column() -> None:
    labels = [line(50, 100 + 32 * at, 80 + 10 * (at % 4)) for at in range(8)]
    values = [
        [line(290, 101 + 32 * at, 390 if at == 2 else 350), line(290, 117 + 32 * at, 310)]
        for at in range(8)
    ]
    rows = [[label, *own] for label, own in zip(labels, values, strict=True)]
    boxes = [*labels, *(one for own in values for one in own)]
    assert [boxes[at] for at in order(boxes)] == [box for row in rows for box in row]


def test_a_gutter_is_found_where_the_fewest_lines_reach_into_it() -> None:
    left = [line(50, 100 + 16 * at, 288 if at in {5, 9} else 284) for at in range(14)]
    right = [line(290 if at == 3 else 294, 100 + 16 * at, 520) for at in range(14)]
    boxes = [box for pair in zip(left, right, strict=True) for box in pair]
    assert [boxes[at] for at in order(boxes)] == [*left, *right]


def test_a_column_begins_at_its_numbers_though_most_lines_stand_further_right() -> None:
    left = [line(50, 100 + 18 * at, 150 if at % 3 else 270) for at in range(14)]
    numbers = {0, 5, 10}
    right = [
        line(300 if at in numbers else 320, 103 + 19 * at, 400 if at % 3 else 520)
        for at in range(13)
    ]
    answers = [line(440, 103 + 19 * at, 470) for at in (1, 2, 7, 8, 11)]
    boxes = sorted([*left, *right, *answers], key=lambda box: box[1])
    own = [sum(boxes[at] in left for at in group) for group in in_columns(boxes)]
    assert own == [14, 0]


def test_a_column_with_a_table_in_it_stands_beside_a_column_on_the_same_lines() -> None:
    left = column(50, 260, 100, 24)
    cells = [
        line(start, 100 + 16 * at, start + 40) for at in range(10) for start in (290, 360, 430)
    ]
    right = [*cells, *column(290, 500, 260, 14)]
    boxes = sorted([*left, *right], key=lambda box: box[1])
    assert [boxes[at] for at in order(boxes)] == [*left, *right]


def test_heads_beside_paragraphs_are_read_before_them() -> None:
    title, foot = line(50, 40, 500, 20), line(50, 420, 500)
    above, first, second = (
        column(160, 500, top, lines) for top, lines in ((84, 2), (130, 4), (210, 5))
    )
    heads = [column(50, 140, 130, 3), column(50, 120, 210, 2)]
    boxes = sorted(
        [title, *above, *first, *second, *heads[0], *heads[1], foot], key=lambda box: box[1]
    )
    wanted = [title, *above, *heads[0], *first, *heads[1], *second, foot]
    assert [boxes[at] for at in order(boxes)] == wanted


@pytest.mark.parametrize("lower", [0, 16])
def test_lines_beside_the_middle_of_a_paragraph_are_no_heads(lower: float) -> None:
    body = column(160, 500, 100, 9)
    notes = [*column(50, 140, 100 + lower, 2), *column(50, 140, 164 + lower, 2)]
    boxes = sorted([*body, *notes], key=lambda box: box[1])
    assert len(in_columns(boxes)) == 1


@pytest.mark.parametrize(
    "title",
    [line(205, 70, 345, 20), line(240, 84, 310), line(206, 80, 345, 14)],
    ids=["large and apart", "short", "large and near"],
)
def test_a_title_over_the_middle_column_is_read_first(title: Box) -> None:
    columns = [column(50 + 155 * at, 190 + 155 * at, 100, 9) for at in range(3)]
    boxes = [title, *(box for row in zip(*columns, strict=True) for box in row)]
    assert [boxes[at] for at in order(boxes)] == [title, *(box for one in columns for box in one)]


def test_a_line_of_the_right_column_that_begins_higher_is_no_title() -> None:
    left, right = column(50, 260, 116, 8), column(290, 500, 100, 9)
    boxes = sorted([*left, *right], key=lambda box: box[1])
    assert [boxes[at] for at in order(boxes)] == [*left, *right]
