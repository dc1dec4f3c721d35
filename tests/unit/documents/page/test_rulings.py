from __future__ import annotations

from documents.document import BlockKind
from documents.page.blocks import PageBlock
from documents.page.page_lines import Line
from documents.page.ruled_tables import ruled_table
from documents.page.rulings import Grid, Ruling, grids, insert_tables

NEAR = 2.0


def ruled(xs: list[float], ys: list[float]) -> tuple[list[Ruling], list[Ruling]]:
    along = [Ruling(y, xs[0], xs[-1]) for y in ys]
    return along, [Ruling(x, ys[0], ys[-1]) for x in xs]


def words(grid: Grid) -> str:
    def line(cell: int) -> Line:
        return Line((f"c{cell}",), (0.0, 0.0, 10.0, 10.0), 10.0, 10.0)

    return ruled_table(grid, {cell: [line(cell)] for cell in grid.cells}).text


def test_a_ruled_table_has_a_cell_for_each_field() -> None:
    (grid,) = grids(*ruled([0, 50, 100], [0, 20, 40]), NEAR)
    assert words(grid) == "c0\tc1\nc2\tc3"
    assert grid.box == (0, 0, 100, 40)
    assert grid.cell_at(75, 30) == 3
    assert grid.cell_at(101, 30) is None
    assert grid.cell_at(75, -1) is None


def test_a_merged_cell_has_its_words_once_and_keeps_the_columns() -> None:
    along, _ = ruled([0, 50, 100], [0, 20, 40])
    down = [Ruling(0, 0, 40), Ruling(100, 0, 40), Ruling(50, 0, 20)]
    (grid,) = grids([*along, Ruling(60, 0, 100)], [*down, Ruling(50, 40, 60)], NEAR)
    assert words(grid).split("\n")[:2] == ["c0\tc1", "c2"]


def test_rulings_drawn_cell_by_cell_are_one_table() -> None:
    pieces = [Ruling(y + wobble, x, x + 50) for y in (0, 20, 40) for x, wobble in ((0, 0), (51, 1))]
    down = [Ruling(x, y, y + 20) for x in (0, 50, 101) for y in (0, 20)]
    (grid,) = grids(pieces, down, NEAR)
    assert len(grid.cells) == 4


def test_frames_and_single_rules_are_no_tables() -> None:
    assert grids(*ruled([0, 100], [0, 20, 40, 60]), NEAR) == []
    assert grids(*ruled([0, 50, 100], [0, 20]), NEAR) == []
    assert grids([Ruling(10, 0, 100), Ruling(30, 0, 100)], [], NEAR) == []


def test_two_tables_on_a_page_are_two() -> None:
    one, other = ruled([0, 50, 100], [0, 20, 40]), ruled([0, 50, 100], [100, 120, 140])
    found = grids([*one[0], *other[0]], [*one[1], *other[1]], NEAR)
    assert sorted(grid.box[1] for grid in found) == [0, 100]


def test_a_table_stands_after_what_is_above_it() -> None:
    def block(text: str, top: float, left: float = 0) -> PageBlock:
        return PageBlock(text, BlockKind.paragraph, (left, top, left + 90, top + 10))

    table = PageBlock("t", BlockKind.table, (0, 50, 90, 80))
    texts = [block("above", 10), block("below", 90), block("beside", 20, left=200)]
    assert [one.text for one in insert_tables(texts, [table])] == ["above", "t", "below", "beside"]
    assert insert_tables([], [table]) == [table]


def test_columns_that_go_on_beyond_the_last_line_have_an_open_row() -> None:
    along = [Ruling(y, 0, 100) for y in (0, 20, 40)]
    open_below = [Ruling(x, 0, 60) for x in (0, 50, 100)]
    (grid,) = grids(along, open_below, NEAR)
    assert (grid.ys, grid.is_open_above, grid.is_open_below) == ((0, 20, 40, 60), False, True)
    (grid,) = grids(along, [Ruling(x, -20, 40) for x in (0, 50, 100)], NEAR)
    assert (grid.ys, grid.is_open_above, grid.is_open_below) == ((-20, 0, 20, 40), True, False)
    # One line that is longer, such as a margin of the page, is none of the table's columns.
    one_longer = [Ruling(0, 0, 60), Ruling(50, 0, 40), Ruling(100, 0, 40)]
    assert grids(along, one_longer, NEAR)[0].ys == (0, 20, 40)


def test_a_table_stands_before_what_is_below_it_in_another_order_of_the_file() -> None:
    def block(text: str, top: float) -> PageBlock:
        return PageBlock(text, BlockKind.paragraph, (0, top, 90, top + 10))

    table = PageBlock("t", BlockKind.table, (0, 50, 90, 80))
    texts = [block("below", 90), block("running head", 10)]
    assert [one.text for one in insert_tables(texts, [table])] == ["t", "below", "running head"]
