from __future__ import annotations

import pytest

from documents.document import BlockKind
from documents.page.running_heads import Placed, running_heads

HEIGHT = 842.0
BODY, FOOTER, HEADER = BlockKind.paragraph, BlockKind.footer, BlockKind.header


def on(page: int, text: str, top: float, kind: BlockKind = BODY) -> Placed:
    return Placed(text, kind, page, (72.0, top, 400.0, top + 12))


def told(*blocks: Placed) -> dict[str, BlockKind]:
    pages = {block.page: HEIGHT for block in blocks}
    found = running_heads(blocks, pages)
    return {f"{blocks[at].page} {blocks[at].text}": kind for at, kind in found.items()}


def body(pages: int) -> list[Placed]:
    return [on(page, f"第{page}段正文，各不相同。", 300) for page in range(1, pages + 1)]


@pytest.mark.parametrize(
    "text", ["— 1 —", "－1－", "-1-", "第1页", "第 1 页 共 3 页", "第1页/共3页", "共3页 第1页",
             "1/3", "Page 1 of 3", "第一页", "— 3 —", "· 1 ·"]
)  # fmt: skip
def test_a_page_number_is_a_footer(text: str) -> None:
    assert told(*body(1), on(1, text, 790)) == {f"1 {text}": FOOTER}


@pytest.mark.parametrize(
    "text", ["2026", "特此通知。", "1,000 元", "一", "mix", "civil", "D", "12、"]
)
def test_other_text_at_the_bottom_of_one_page_is_body(text: str) -> None:
    assert told(*body(1), on(1, text, 790)) == {}


def test_bare_numbers_count_on_from_page_to_page() -> None:
    numbers = [on(page, str(page + 4), 790) for page in (1, 2, 3)]
    assert list(told(*body(3), *numbers).values()) == [FOOTER] * 3
    assert told(*body(3), on(1, "17", 790), on(2, "2026", 790), on(3, "5", 790)) == {}


def test_a_number_above_another_block_at_the_bottom_is_body() -> None:
    assert told(*body(1), on(1, "1", 780), on(1, "抄送：区委办公室。", 810)) == {}


def test_text_that_repeats_at_one_place_is_a_header() -> None:
    heads = [on(page, f"防汛工作简报 第{page}期", 40) for page in (1, 2, 3)]
    assert list(told(*body(3), *heads).values()) == [HEADER] * 3
    assert list(told(*body(2), *heads[:2]).values()) == [HEADER] * 2


def test_heads_of_odd_and_even_pages_are_told() -> None:
    heads = [on(page, "左页" if page % 2 else "右页", 40) for page in (1, 2, 3, 4)]
    assert len(told(*body(4), *heads)) == 4


def test_titles_and_other_places_are_not_heads() -> None:
    titles = [on(page, "临时救助申请表", 85) for page in (1, 2)]
    assert told(*body(2), *titles) == {}
    moved = [on(page, "防汛工作简报", 20 + 15 * page) for page in (1, 2)]
    assert told(*body(2), *moved) == {}


def test_tables_are_not_heads() -> None:
    rows = [on(page, "姓名\t电话", 40, BlockKind.table) for page in (1, 2, 3)]
    assert told(*body(3), *rows) == {}


def test_a_page_without_other_text_has_no_heads() -> None:
    assert told(on(1, "1", 790), on(2, "2", 790)) == {}


def test_the_name_of_a_section_is_a_head_where_other_pages_have_one() -> None:
    heads = [on(page, "档案工作年度报告", 28) for page in (1, 3, 5)]
    found = told(*body(5), *heads, on(2, "第二章 收集", 29), on(4, "第四章的首段", 60))
    assert found == {
        **{f"{page} 档案工作年度报告": HEADER for page in (1, 3, 5)},
        "2 第二章 收集": HEADER,
    }


def test_text_where_other_pages_have_their_number_is_body() -> None:
    numbers = [on(page, f"— {page} —", 790) for page in (1, 2, 3)]
    found = told(*body(4), *numbers, on(4, "特此通知。", 790))
    assert found == {f"{page} — {page} —": FOOTER for page in (1, 2, 3)}
