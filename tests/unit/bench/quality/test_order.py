from __future__ import annotations

import pytest

from bench.quality.order import error
from bench.quality.order_pages import KINDS, pages

SENTENCES = ["甲乙丙丁戊己庚辛壬癸。" * 3, "子丑寅卯辰巳午未申酉。" * 4]


def test_a_page_says_the_order_of_its_words() -> None:
    drawn = pages(len(KINDS), SENTENCES)
    assert [page.kind for page in drawn] == list(KINDS)
    assert drawn == pages(len(KINDS), SENTENCES)
    for page in drawn:
        assert page.words[:5] in page.html


@pytest.mark.parametrize(
    ("wanted", "text", "expected"),
    [
        ("一二三", "一 二\n三", 0),
        ("一二三四", "一三四", 0.25),
        ("一二三四", "", 1),
        ("一一", "一", 0.5),
        ("一二三四", "三四一二", 1),
    ],
)
def test_the_error_is_the_share_of_characters_to_change(
    wanted: str, text: str, expected: float
) -> None:
    assert error(wanted, text) == expected
