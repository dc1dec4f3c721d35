from __future__ import annotations

from collections.abc import Sequence

from documents.page.cell_rows import divided
from documents.page.page_lines import Line

EM = 10.0


def cell(*drawn: tuple[str, float]) -> Sequence[Line]:
    return [Line((words,), (0, top, EM * len(words), top + EM), EM, 2 * EM) for words, top in drawn]


def texts(*cells: Sequence[Line], width: float = 100) -> list[list[str]]:
    rows = divided([(found, width) for found in cells])
    return [["".join(line.text for line in found) for found in row] for row in rows]


def test_lines_that_stand_level_in_several_cells_are_rows() -> None:
    left = cell(("营业执照", 0), ("卫生许可", 15), ("消防验收", 30))
    right = cell(("三日", 0), ("七日", 15), ("十日", 30))
    assert texts(left, right) == [["营业执照", "三日"], ["卫生许可", "七日"], ["消防验收", "十日"]]


def test_a_line_without_room_above_is_the_rest_of_its_cell() -> None:
    left = cell(("甲", 7), ("乙", 35), ("丙", 55))
    right = cell(("一二三四五六七八九", 0), ("一二三", 14), ("七日", 35), ("十日", 55))
    assert texts(left, right) == [
        ["甲", "一二三四五六七八九一二三"],
        ["乙", "七日"],
        ["丙", "十日"],
    ]


def test_cells_of_two_lines_each_are_one_row() -> None:
    assert texts(cell(("甲乙", 0), ("丙", 15)), cell(("一二", 0), ("三", 15))) == [
        ["甲乙丙", "一二三"]
    ]


def test_prose_beside_prose_is_one_row() -> None:
    long = cell(*(("一二三四五六七八九十", 15.0 * at) for at in range(4)))
    assert len(texts(long, long)) == 1
