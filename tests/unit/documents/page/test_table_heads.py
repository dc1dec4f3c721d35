from __future__ import annotations

import pytest

from documents.page.table_heads import head_rows
from documents.table import Span


def cells(text: str) -> list[list[str]]:
    return [line.split("|") for line in text.split("\n")]


def test_words_above_figures_are_a_head() -> None:
    assert head_rows(cells("事项|数量|金额\n复印|3|1.50\n打印|12|6.00"), ()) == 1
    assert head_rows(cells("序号|姓名|住址\n1|甲|城东\n2|乙|城西"), ()) == 1
    assert head_rows(cells("地区|2024|2025\n东|3|4\n西|5|6"), ()) == 1


def test_cells_over_columns_have_their_second_row_in_the_head() -> None:
    rows = cells("地区|面积\n|耕地面积|林地面积\n东|3|4\n西|5|6")
    assert head_rows(rows, (Span(0, 0, 2, 1), Span(0, 1, 1, 2))) == 2


@pytest.mark.parametrize(
    "text",
    [
        "姓名|张某|性别|男\n年龄|35|工龄|10\n电话|1|邮编|2",  # a form
        "复印|3|1.50\n打印|12|6.00\n装订|1|2.00",
        "事项|数量\n复印|3\n打印|12",
        "事项||金额\n复印|3|1.50\n打印|12|6.00",
    ],
)
def test_rows_that_may_be_values_are_no_head(text: str) -> None:
    assert head_rows(cells(text), ()) == 0
