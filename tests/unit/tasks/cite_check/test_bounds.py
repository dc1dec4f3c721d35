"""The time and the result of the check are bounded, whatever the text and the laws."""

from __future__ import annotations

import random
import time

import pytest

from bench.quality.laws import of_text
from tasks.cite_check import CiteCheckResult, check_citations
from tasks.cite_check.library import LawText
from tasks.cite_check.quotations import Work, nearest_words
from tasks.limits import MOST_LISTED

SECONDS = 20
RANDOM = random.Random(1)
TITLE = "市场管理办法\n2020年1月1日公布\n"
CITED = "《市场管理办法》第一条"


def words(count: int) -> str:
    return "".join(chr(0x4E00 + RANDOM.randrange(300)) for _ in range(count))


ATTACKS: dict[str, tuple[str, str, dict[str, str]]] = {
    "unknown names and many known ones": (
        "".join(f"《{words(60)}法》。" for _ in range(15_000)),
        f"{words(20)}法\n第一条 甲。",
        {words(60): "x" for _ in range(1_000)},
    ),
    "names within each other": (
        "依法" * 100_000,
        TITLE,
        {"依法" * n: "市场管理办法" for n in range(1, 100)},
    ),
    "quotations of a long article": (
        f"{CITED}规定：“{'a' * 50}b”。" * 10_000,
        f"{TITLE}第一条 {'a' * 900_000}",
        {},
    ),
    "quotations of a law with many articles": (
        f"{CITED}规定：“{'市场内禁止吸烟，' * 5}x”。" * 10_000,
        TITLE + "\n".join(f"第{n}条 {'市场内禁止吸烟，' * 10}" for n in range(1, 3_000)),
        {},
    ),
    "spaces after a name": (f"《市场管理办法》{' ' * 900_000}", f"{TITLE}第一条 甲。", {}),
    "a chain of provisions before a quotation": (
        f"《市场管理办法》{'第一条、' * 100_000}规定：“{'a' * 20}”",
        f"{TITLE}第一条 {'a' * 100_000}",
        {},
    ),
    "quotation marks that do not close": (f"{CITED}：“" * 30_000, f"{TITLE}第一条 甲。", {}),
    "items with parts": (
        f"{CITED}第（五）项。" * 5_000,
        "\n".join(
            [f"{TITLE}第一条 下列：", *(f"（{n}）x" for n in range(1, 30_000)), *["1. y"] * 30_000]
        ),
        {},
    ),
}


def check(text: str, law: str, names: dict[str, str] | None = None) -> CiteCheckResult:
    return check_citations(of_text(text), [LawText(of_text(law))], names or {})


@pytest.mark.parametrize("name", list(ATTACKS))
def test_no_text_and_no_law_takes_long(name: str) -> None:
    started = time.process_time()
    result = check(*ATTACKS[name])
    assert time.process_time() - started < SECONDS
    assert len(result.citations) <= MOST_LISTED
    if name.startswith("quotations of"):  # they need more work than one text may take
        assert 0 < len(result.citations) < 1_000
        assert len(result.citations) + result.not_listed == 10_000


def test_further_citations_are_counted() -> None:
    result = check(f"{CITED}。" * (MOST_LISTED + 7), f"{TITLE}第一条 市场每日开放。")
    assert len(result.citations) == sum(result.counts.values()) == MOST_LISTED
    assert result.not_listed == 7


def test_the_nearest_words_are_found_in_a_long_article() -> None:
    article = words(30_000) + "摊主应当按照规定的时间开放市场并且保持清洁" + words(30_000)
    found = nearest_words(article, "摊主必须按照规定的时间开放市场并且保持清洁", Work())
    assert found == "摊主应当按照规定的时间开放市场并且保持清洁"


def test_a_part_of_an_item_belongs_to_the_item_with_the_highest_number() -> None:
    law = f"{TITLE}第一条 下列：\n（一）甲\n（二）乙\n1. 丙丙丙丙丙丙丙丙丙"
    (one,) = check("《市场管理办法》第一条第二项规定：“丙丙丙丙丙丙丙丙丙”", law).citations
    assert one.verdict == "ok"
