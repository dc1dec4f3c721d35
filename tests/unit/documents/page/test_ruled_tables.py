from __future__ import annotations

from collections.abc import Mapping, Sequence

from documents.page.blocks import TableBlock
from documents.page.page_lines import Line
from documents.page.ruled_tables import ruled_table
from documents.page.rulings import Ruling, grids
from documents.table import Span

EM = 10.0


def table(
    texts: Mapping[tuple[int, int], Sequence[str]],
    *,
    down: Sequence[Ruling],
    ys: Sequence[float] = (),
    along: Sequence[Ruling] = (),
) -> TableBlock:
    """The table of texts by the middle of their first line, a line every 14 points."""
    right = max(one.at for one in down)
    (grid,) = grids([*along, *(Ruling(y, 0, right) for y in ys)], down, 2.0)
    found: dict[int, list[Line]] = {}
    for (x, y), words in texts.items():
        cell = grid.cell_at(x, y)
        assert cell is not None
        for at, text in enumerate(words):
            top = y + 14.0 * at - EM / 2
            box = (x, top, x + EM * len(text), top + EM)
            found.setdefault(cell, []).append(Line((text,), box, EM, min(2, len(text)) * EM))
    return ruled_table(grid, found)


def rules(*xs: float, top: float, bottom: float) -> list[Ruling]:
    return [Ruling(x, top, bottom) for x in xs]


def test_cells_over_several_columns_are_spans() -> None:
    found = table(
        {(10, 10): ["全年"], (10, 30): ["上半年"], (110, 30): ["下半年"], (10, 50): ["一"]},
        down=[*rules(0, 200, top=0, bottom=60), *rules(100, top=20, bottom=60)],
        ys=(0, 20, 40, 60),
    )
    assert found.text == "全年\n上半年\t下半年\n一"
    assert found.table.spans == (Span(0, 0, 1, 2),)
    assert found.edges == (0, 100, 200)


def test_rows_without_a_rule_between_are_told_by_their_level() -> None:
    found = table(
        {(10, 10): ["事项", "复印", "打印"], (110, 10): ["数量", "12", "7"]},
        down=rules(0, 100, 200, top=0, bottom=80),
        ys=(0, 60, 80),
    )
    assert found.text == "事项\t数量\n复印\t12\n打印\t7"


def test_two_rows_of_figures_are_two_and_two_lines_of_words_are_one() -> None:
    down, ys = rules(0, 100, 200, top=0, bottom=60), (0, 40, 60)
    figures = {(10, 10): ["纸", "笔"], (110, 10): ["12", "7"]}
    assert table(figures, down=down, ys=ys).text == "纸\t12\n笔\t7"
    words = {(10, 10): ["办公用", "纸张"], (110, 10): ["西城区", "仓库"]}
    assert table(words, down=down, ys=ys).text == "办公用纸张\t西城区仓库"


def test_a_cell_that_goes_on_below_spans_the_rows_beside_it() -> None:
    found = table(
        {
            (10, 40): ["办公用品"],
            (110, 10): ["纸", "笔", "墨"],
            (210, 10): ["1", "2", "3"],
            (110, 70): ["合计"],
        },
        down=rules(0, 100, 200, 300, top=0, bottom=80),
        along=[Ruling(0, 0, 300), Ruling(60, 100, 300), Ruling(80, 0, 300)],
    )
    assert found.text == "办公用品\t纸\t1\n\t笔\t2\n\t墨\t3\n\t合计"
    assert found.table.spans == (Span(0, 0, 4, 1),)


def test_a_label_begins_a_piece_of_its_cell() -> None:
    found = table(
        {(10, 10): ["名称：甲", "电话：无"], (210, 10): ["乙", "丙"], (10, 50): ["丁"]},
        down=rules(0, 200, 400, top=0, bottom=60),
        ys=(0, 40, 60),
    )
    assert found.text == "名称：甲 电话：无\t乙丙\n丁"


def test_rules_between_columns_of_the_head_divide_the_rows_below_it() -> None:
    def found(count: int) -> str:
        down = [*rules(0, 300, top=0, bottom=20 + 20 * count), *rules(100, 200, top=0, bottom=20)]
        texts = {(10 + 100 * at, 10): [word] for at, word in enumerate(("国家", "国产", "进口"))}
        for row in range(count):
            for at, word in enumerate(("甲国", "3", "4")):
                texts[10 + 100 * at, 30 + 20 * row] = [word]
        ys = [20.0 * at for at in range(count + 2)]
        return table(texts, down=down, ys=ys).text

    assert found(3) == "国家\t国产\t进口" + "\n甲国\t3\t4" * 3
    assert "\t" not in found(2).split("\n")[-1]
