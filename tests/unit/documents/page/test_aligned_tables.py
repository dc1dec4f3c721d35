"""Tables without rules: the words of a cell stay together, and stay in their column."""

from __future__ import annotations

from documents.document import BlockKind
from documents.page.blocks import Glyph, Line, blocks, lines

EM = 10.0
COLUMNS = (50.0, 180.0, 300.0)


def text(words: str, left: float, top: float) -> list[Glyph]:
    return [
        Glyph(char, (left + EM * at, top, left + EM * (at + 1), top + EM))
        for at, char in enumerate(words)
    ]


def page(*drawn: tuple[str, int, float]) -> list[Line]:
    """Words, each with its column and its top, in the order of the file."""
    return lines(
        glyph for words, column, top in drawn for glyph in text(words, COLUMNS[column], top)
    )


def rows(*drawn: tuple[str, int, float]) -> list[list[str]]:
    (block,) = blocks(page(*drawn))
    assert block.kind is BlockKind.table
    return [line.split("\t") for line in block.text.split("\n")]


HEAD = (("事项", 0, 100.0), ("承办单位", 1, 100.0), ("时限", 2, 100.0))


def test_a_row_without_a_cell_keeps_the_columns() -> None:
    found = rows(
        *HEAD, ("营业执照", 0, 120), ("三日", 2, 120), ("卫生许可", 0, 140), ("卫生局", 1, 140)
    )
    assert found == [
        ["事项", "承办单位", "时限"],
        ["营业执照", "", "三日"],
        ["卫生许可", "卫生局"],
    ]


def test_a_cell_of_two_lines_beside_one_line_is_one_cell() -> None:
    found = rows(
        *HEAD,
        *(("特种设备使用", 0, 120), ("登记", 0, 131), ("市场监管局", 1, 125.5), ("五日", 2, 125.5)),
        *(("卫生许可", 0, 155), ("卫生健康", 1, 149.5), ("委员会", 1, 160.5), ("七日", 2, 155)),
    )
    assert found == [
        ["事项", "承办单位", "时限"],
        ["特种设备使用登记", "市场监管局", "五日"],
        ["卫生许可", "卫生健康委员会", "七日"],
    ]


def test_the_rest_of_a_cell_below_its_row_is_no_row() -> None:
    found = rows(
        *HEAD,
        *(("营业执照", 0, 115), ("市场监督", 1, 115), ("三日", 2, 115), ("管理局", 1, 130)),
        *(("卫生许可", 0, 145), ("卫生局", 1, 145), ("七日", 2, 145)),
    )
    assert found[1:] == [["营业执照", "市场监督管理局", "三日"], ["卫生许可", "卫生局", "七日"]]


def test_prose_below_a_table_is_no_row() -> None:
    words = "以上事项由各单位按照职责分工负责办理并按时报送结果不得拖延推诿"
    found = blocks(page(*HEAD, ("营业执照", 0, 115), ("三日", 2, 115), (words, 0, 130)))
    assert [block.kind for block in found] == [BlockKind.table, BlockKind.paragraph]


def test_letters_that_stand_apart_in_a_cell_are_one_word() -> None:
    def apart(word: str, top: float) -> list[Glyph]:
        return [glyph for at, char in enumerate(word) for glyph in text(char, 200 + 15 * at, top)]

    found = blocks(
        lines(
            [
                *text("代码：", 50, 100),
                *apart("9A1B", 100),
                *text("名称：", 50, 115),
                *apart("8C", 115),
            ]
        )
    )
    assert [block.text for block in found] == ["代码：\t9A1B\n名称：\t8C"]


def test_a_line_below_the_last_character_is_no_vertical_text() -> None:
    found = lines([*text("上半", 50, 100), *text("年", 55, 115)])
    assert [line.text for line in found] == ["上半", "年"]


def contents(top: float, title: str, left: float, number: str, step: int = 10) -> list[Glyph]:
    """A title, leader dots and a page number at the right margin."""
    places = (float(at) for at in range(200, 380, step))
    dots = [Glyph(".", (at, top, at + 2, top + EM)) for at in places]
    return text(title, left, top) + dots + text(number, 390, top)


def test_entries_of_a_list_of_contents_are_no_rows_of_a_table() -> None:
    glyphs = [
        *text("一", 50, 100), *text("总则", 85, 100), *text("1", 390, 100),
        *text("二", 50, 114), *text("办理", 85, 114), *text("2", 390, 114),
        *contents(128, "受理", 85, "2"),
        *contents(142, "审查", 85, "3"),
        *text("三", 50, 156), *text("附则", 85, 156), *text("6", 390, 156),
        *text("四", 50, 170), *text("附件", 85, 170), *text("7", 390, 170),
    ]  # fmt: skip
    found = [block.text for block in blocks(lines(glyphs))]
    assert (found[0], found[-1]) == ("一\t总则\t1\n二\t办理\t2", "三\t附则\t6\n四\t附件\t7")
    assert [(one[:2], one[-1]) for one in found[1:-1]] == [("受理", "2"), ("审查", "3")]


def test_each_entry_of_a_list_of_contents_is_a_block() -> None:
    glyphs = [
        *text("总则" * 7, 50, 100), *contents(100, "", 50, "1", 3),
        *text("附则" * 7, 50, 114), *contents(114, "", 50, "2", 3),
    ]  # fmt: skip
    found = [block.text for block in blocks(lines(glyphs))]
    assert [(one[:2], one[-1]) for one in found] == [("总则", "1"), ("附则", "2")]
