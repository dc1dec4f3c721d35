"""Tables without rules whose cells wrap: rows are further apart than the lines of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import pytest

from documents.page.blocks import Glyph, Line, lines
from documents.page.cell_rows import divided
from documents.page.wrapped_tables import wrapped_tables

EM, STEP = 10.0, 14.0
LEFTS, WIDE = (50.0, 170.0, 250.0, 370.0), (10, 7, 10, 7)  # in points, in characters
Cells = Sequence[Sequence[str]]
ROWS = (
    ("主要任务", "经费", "牵头单位", "时限"),
    ("清理本机关积压的档案并登记造册", "1,200.5", "办公室会同档案主管部门", "3,010"),
    ("培训", "880", "人事处", "240"),
    ("建立电子档案移交与接收的办法", "", "信息中心会同各业务处室以及所属事业单位", "1,999.9"),
    ("检查库房", "76", "行政处", "12"),
    ("编制年度报告", "15.25", "办公室会同财务部门和审计部门办理", "8"),
)
Placed = tuple[str, float, float]


def drawn(
    rows: Cells, *, padding: float = 3, level: str = "middle", side: str = "left", top: float = 100
) -> list[Placed]:
    """The lines of the cells with their places, cell by cell."""
    found: list[Placed] = []
    for row in rows:
        cells = [
            [text[at : at + wide] for at in range(0, len(text), wide)]
            for text, wide in zip(row, WIDE, strict=False)
        ]
        high = max(map(len, cells)) * STEP
        for column, cell in enumerate(cells):
            space = high - len(cell) * STEP
            first = top + padding + {"top": 0.0, "middle": space / 2, "bottom": space}[level]
            for at, words in enumerate(cell):
                room = (WIDE[column] - len(words)) * EM
                left = LEFTS[column] + {"left": 0.0, "middle": room / 2, "right": room}[side]
                found.append((words, left, first + STEP * at))
        top += high + 2 * padding
    return found


def across(found: Sequence[Placed]) -> list[Placed]:
    """The same as a program draws it that goes from the top line by line."""
    return sorted(found, key=lambda one: (one[2], one[1]))


def glyphs(found: Sequence[Placed]) -> list[Glyph]:
    return [
        Glyph(char, (left + EM * at, top, left + EM * (at + 1), top + EM))
        for words, left, top in found
        for at, char in enumerate(words)
    ]


def page(found: Sequence[Placed]) -> list[Line]:
    return lines(glyphs(found))


def tables(found: Sequence[Placed]) -> list[list[list[str]]]:
    _, blocks = wrapped_tables(page(found))
    return [[row.split("\t") for row in block.text.split("\n")] for block in blocks]


def cells(rows: Cells) -> list[list[str]]:
    return [list(row) for row in rows]


@pytest.mark.parametrize("side", ["left", "middle", "right"])
@pytest.mark.parametrize("level", ["top", "middle", "bottom"])
@pytest.mark.parametrize("padding", [0.7, 3, 6])
def test_rows_are_told_by_the_distances_of_lines(padding: float, level: str, side: str) -> None:
    found = drawn(ROWS, padding=padding, level=level, side=side)
    assert tables(found) == [cells(ROWS)]
    assert tables(across(found)) == [cells(ROWS)]


def test_text_above_and_below_stays_outside() -> None:
    prose = ["各单位按照下列分工办理并按时报送结果不得拖延推诿遇有问题及时报告办公室", "不得推诿。"]
    table = drawn(ROWS, top=100)
    below = max(top for _, _, top in table) + 2 * STEP
    around = [(text, 50.0, top + STEP * at) for top in (60, below) for at, text in enumerate(prose)]
    left, blocks = wrapped_tables(page([*around[:2], *table, *around[2:]]))
    assert [line.text for line in left] == [*prose, *prose]
    assert len(blocks) == 1
    assert blocks[0].box[1] >= 100
    assert blocks[0].box[3] < below


def test_a_cell_that_wraps_often_may_be_narrow() -> None:
    rows = [("项", "1", "甲" * 30, "2"), ("目", "3", "乙" * 25, "4"), ("表", "5", "丙", "6")]
    assert tables(drawn(rows)) == [cells(rows)]


def test_characters_that_reach_lower_are_no_distance() -> None:
    """Punctuation may reach below the line, and the middle of a line is lower then."""
    rows = [*ROWS, *[("培训", "880", "乙" * 10 + "、" * 4, "12")] * 3]
    moved = [
        glyph._replace(box=(glyph.box[0], glyph.box[1], glyph.box[2], glyph.box[3] + 1.6))
        if glyph.char == "、" and glyph.box
        else glyph
        for glyph in glyphs(drawn(rows, padding=0.9))
    ]
    _, (table,) = wrapped_tables(lines(moved))
    assert [row.split("\t") for row in table.text.split("\n")] == cells(rows)


def test_cells_that_are_not_level_are_no_row() -> None:
    found = [
        (words, left, top + 5 * LEFTS.index(left)) for words, left, top in drawn(ROWS, padding=12)
    ]
    assert tables(found) == tables(across(found)) == []


def test_lines_of_two_rows_may_overlap() -> None:
    """In some fonts characters are higher than the lines are apart."""
    high = [
        glyph._replace(box=(*glyph.box[:3], glyph.box[3] + 6.2)) if glyph.box else glyph
        for glyph in glyphs(drawn(ROWS, padding=0.9))
    ]
    _, (table,) = wrapped_tables(lines(high))
    assert [row.split("\t") for row in table.text.split("\n")] == cells(ROWS)


def test_only_a_first_row_that_wraps_makes_no_table() -> None:
    """It may be text above rows of one line each."""
    rows = [
        ("甲" * 20, "880", "乙" * 15, "12"),
        *[("登记编号甲乙丙丁戊己", "880", "县人民政府", "12")] * 5,
    ]
    assert tables(drawn(rows)) == []


def test_few_cells_that_wrap_among_full_ones_are_enough() -> None:
    """The distance of rows is more usual than that of lines of a cell, and the lines are full."""
    full = ("登记编号甲乙丙丁戊己", "880", "县人民政府办公室信息", "12")
    rows = [*[full] * 5, ("甲" * 16, "7", "乙" * 14, "8"), *[full] * 4]
    assert tables(drawn(rows)) == [cells(rows)]


def test_a_line_over_two_columns_ends_a_table() -> None:
    table = drawn(ROWS)
    below = max(top for _, _, top in table) + 2 * STEP
    left, (found,) = wrapped_tables(
        page([*table, ("各单位遵照上列分工执行并及时报送", 50.0, below)])
    )
    assert [line.text for line in left] == ["各单位遵照上列分工执行并及时报送"]
    assert [row.split("\t") for row in found.text.split("\n")] == cells(ROWS)


def columns(*texts: Sequence[int], lower: float = 0, space: float = 6) -> list[Placed]:
    """Columns of text. For each, the numbers of lines of its paragraphs; `lower` for each more."""
    found: list[Placed] = []
    for column, paragraphs in enumerate(texts):
        top = 100 + lower * column
        for number in paragraphs:
            lengths = [10] * (number - 1) + [6]
            for length in lengths:
                found.append(("文" * length, LEFTS[0] + 130 * column, top))
                top += STEP
            top += space
    return found


@pytest.mark.parametrize(
    ("texts", "lower"),
    [
        # The first paragraphs stand level, and those below them do not.
        (([2, 1, 2, 3, 3, 3, 3], [2, 2, 2, 5, 5, 2], [2, 2, 1, 2, 4, 6]), 0),
        # Each stands lower than the one beside it.
        (([3, 3, 2, 2, 3], [3, 2, 3, 2, 3], [2, 3, 3, 3, 2]), 4.5),
        # Two columns may be a text and its translation.
        (([3] * 5, [3] * 5), 0),
        (([3] * 5, [3] * 5, [3] * 5), 0),
        # Nothing stands between the paragraphs.
        (([2, 5, 3, 4], [3, 2, 5, 4], [4, 4, 3, 3]), 0),
    ],
)
def test_columns_of_text_are_no_table(texts: Sequence[Sequence[int]], lower: float) -> None:
    found = columns(*texts, lower=lower, space=6 if lower or len(texts[0]) != 4 else 0)
    assert tables(found) == tables(across(found)) == []


def test_two_paragraphs_beside_one_are_no_cells_of_a_row() -> None:
    found = columns([5] * 4, [2, 2] * 4, [2, 2] * 4, space=STEP)
    assert tables(found) == tables(across(found)) == []


def test_rows_in_groups_are_no_cells_that_wrap() -> None:
    """A wider space after each three rows, and cells of one length in a column."""
    found = [
        (words, left, 100 + STEP * at + 8 * (at // 3))
        for at in range(12)
        for words, left in zip(("项目名称甲乙", "1,204.5", "880", "76"), LEFTS, strict=True)
    ]
    assert tables(found) == []


def test_a_table_whose_cells_have_one_line_is_found_by_its_order() -> None:
    rows = [("甲乙", "12", "丙丁", "34")] * 5
    found = drawn(rows)
    assert tables(found) == []
    assert [line.text for line in wrapped_tables(page(found))[0]] == ["甲乙\t12\t丙丁\t34"] * 5


def test_rows_of_a_ruled_row_are_told_by_the_distances_of_lines() -> None:
    """The first lines of their cells are no shorter than those of running text."""
    full = ("登记编号甲乙丙丁戊己", "880", "县人民政府办公室信息", "12")
    found = drawn([full, *ROWS, full, full])
    columns = [
        ([line for line in page(found) for line in line.parts or (line,) if line.box[0] == left], w)
        for left, w in zip(LEFTS, (10 * EM + 6, 7 * EM + 6) * 2, strict=True)
    ]
    rows = divided(columns)
    assert [["".join(line.text for line in cell) for cell in row] for row in rows] == cells(
        [full, *ROWS, full, full]
    )


def test_paragraphs_in_the_cells_of_a_ruled_row_are_one_row() -> None:
    def cell(lengths: Sequence[int]) -> list[Line]:
        tops = [100 + STEP * at + 5 * (at // 2) for at in range(len(lengths))]
        return page([("文" * n, 50.0, top) for n, top in zip(lengths, tops, strict=True)])

    assert len(divided([(cell([10, 4] * 4), 100), (cell([10]), 100)])) == 1


def test_a_page_of_many_lines_is_not_searched() -> None:
    found = [(words, left, top) for words, left, top in drawn(ROWS * 120)]
    assert len(list(groupby(found))) > 1_000
    assert tables(found) == []
