"""Options within the documented limits that make a task slow."""

from __future__ import annotations

import random
from typing import Any

from tests.hostile.sender import Input, job


def _words(rng: random.Random, count: int, alphabet: int = 300) -> str:
    return "".join(chr(0x4E00 + rng.randrange(alphabet)) for _ in range(count))


def _terms_alike() -> dict[str, Any]:
    terms = ["市" * 99 + chr(0x4E00 + at) for at in range(1_000)]
    return {
        "task": "redact",
        "input": {"text": "市" * 20_000},
        "options": {"kinds": ["mobile"], "terms": terms, "use_model": False},
    }


def _cite_check() -> dict[str, Any]:
    rng = random.Random(1)
    text = "".join(f"《{_words(rng, 60)}法》。" for _ in range(15_000))
    names = {_words(rng, 60): "x" for _ in range(1_000)}
    laws = [{"text": _words(rng, 20) + "法\n第一条 甲。"}]
    options = {"laws": laws, "short_names": names}
    return {"task": "cite_check", "input": {"text": text}, "options": options}


def _laws_of_many_articles() -> dict[str, Any]:
    articles = "".join(f"第{at}条 甲乙丙丁。\n" for at in range(1, 20_000))
    text = "《甲法》第三条规定：“" + "甲乙丙丁" * 30_000 + "”。"
    return {
        "task": "cite_check",
        "input": {"text": text},
        "options": {"laws": [{"text": "甲法\n" + articles}]},
    }


def _compare(old: str, new: str) -> dict[str, Any]:
    return {"task": "compare", "input": {"text": new}, "options": {"old": {"text": old}}}


def _compare_random() -> dict[str, Any]:
    rng = random.Random(2)
    return _compare(_words(rng, 300_000, 20), _words(rng, 300_000, 20))


def _compare_repeated() -> dict[str, Any]:
    return _compare("甲乙。\n" * 60_000, "乙甲。\n" * 60_000)


def _compare_one_letter() -> dict[str, Any]:
    return _compare("甲" * 400_000, "甲" * 399_999 + "乙")


def _glossary() -> dict[str, Any]:
    rng = random.Random(3)
    glossary = {_words(rng, 40): "x" * 40 for _ in range(200)}
    return {
        "task": "translate",
        "input": {"text": "市" * 100_000},
        "options": {"to": "en", "glossary": glossary},
    }


def _labels() -> dict[str, Any]:
    labels = [f"label {at}" for at in range(20)]
    return {
        "task": "classify",
        "input": {"text": "市场。" * 100_000},
        "options": {"labels": labels},
    }


def _questions() -> dict[str, Any]:
    return {
        "task": "qa",
        "input": {"text": "甲乙丙丁，" * 100_000},
        "options": {"questions": ["甲" * 400]},
    }


INPUTS: tuple[Input, ...] = (
    job("redact: 1,000 long terms alike", _terms_alike, short=True),
    job("cite_check: 15,000 titles and 1,000 names, eight jobs", _cite_check, times=8, short=True),
    job("cite_check: 20,000 articles and one long quote", _laws_of_many_articles, times=2),
    job("compare: two random texts", _compare_random, times=2, short=True),
    job("compare: 60,000 equal lines", _compare_repeated, times=2),
    job("compare: one character repeated", _compare_one_letter, times=2),
    job("translate: 200 long terms", _glossary, times=2),
    job("classify: twenty labels of a long text", _labels, times=2),
    job("qa: a question that every passage answers", _questions, times=2),
)
