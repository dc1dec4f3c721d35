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
    return _compare("甲" * 600_000, "甲" * 599_999 + "乙")


def _glossary() -> dict[str, Any]:
    rng = random.Random(3)
    glossary = {_words(rng, 40): "x" * 40 for _ in range(200)}
    return {
        "task": "translate",
        "input": {"text": "市" * 100_000},
        "options": {"language": "en", "glossary": glossary},
    }


def _labels() -> dict[str, Any]:
    labels = [{"name": f"label {at}"} for at in range(20)]
    return {
        "task": "classify",
        "input": {"text": "市场。" * 100_000},
        "options": {"labels": labels},
    }


def _questions() -> dict[str, Any]:
    return {
        "task": "qa",
        "input": {"text": "甲乙丙丁，" * 150_000},
        "options": {"questions": ["甲乙丙丁，" * 60] * 20},
    }


def _glossary_alike() -> dict[str, Any]:
    """Every term occurs at every place."""
    glossary = {"市" * length: "x" * 100 for length in range(1, 101)}
    options = {"language": "en", "glossary": glossary}
    return {"task": "translate", "input": {"text": "市" * 900_000}, "options": options}


def _tree() -> list[dict[str, Any]]:
    """Nodes with keywords that are all alike."""
    words = ["市" * 19 + chr(0x4E00 + at) for at in range(20)]
    return [{"id": f"n{at}", "name": f"N{at}", "keywords": words} for at in range(1_000)]


def _dispatch_tree() -> dict[str, Any]:
    return {
        "task": "dispatch",
        "input": {"text": "市" * 200_000},
        "options": {"tree": _tree(), "method": "model"},
    }


def _dispatch_examples() -> dict[str, Any]:
    rng = random.Random(4)
    examples = [{"text": _words(rng, 600, 5_000), "label": f"n{at % 500}"} for at in range(1_000)]
    nodes = [{"id": f"n{at}", "name": f"N{at}"} for at in range(500)]
    return {
        "task": "dispatch",
        "input": {"text": "市场" * 1_000},
        "options": {"tree": nodes, "examples": examples, "method": "examples"},
    }


def _dispatch_chain() -> dict[str, Any]:
    nodes = [{"id": f"n{at}", "name": "x", "parent": f"n{at + 1}"} for at in range(4_999)]
    return {"task": "dispatch", "input": {"text": "x"}, "options": {"tree": nodes}}


def _minutes() -> dict[str, Any]:
    text = "".join(f"甲{chr(0x4E00 + at % 5_000)}：好。\n" for at in range(150_000))
    return {"task": "minutes", "input": {"text": text}}


def _draft() -> dict[str, Any]:
    text = "2026年3月5日第1号甲乙局" * 60_000
    return {"task": "draft", "input": {"text": text}, "options": {"kind": "通知"}}


INPUTS: tuple[Input, ...] = (
    job("redact: 1,000 long terms alike", _terms_alike, short=True, accepted=True),
    job(
        "cite_check: 15,000 titles and 1,000 names, eight jobs",
        _cite_check,
        times=8,
        short=True,
        accepted=True,
    ),
    *(
        job(name, body, times=2, accepted=True)
        for name, body in (
            ("cite_check: 20,000 articles and one long quote", _laws_of_many_articles),
            ("compare: 60,000 equal lines", _compare_repeated),
            ("compare: one character repeated", _compare_one_letter),
            ("translate: 200 long terms", _glossary),
            ("translate: terms that occur everywhere", _glossary_alike),
            ("classify: twenty labels of a long text", _labels),
            ("qa: twenty questions that every passage answers", _questions),
            ("dispatch: 1,000 nodes of twenty keywords alike", _dispatch_tree),
            ("dispatch: 1,000 long examples", _dispatch_examples),
            ("minutes: 150,000 lines of 5,000 speakers", _minutes),
            ("draft: 180,000 facts", _draft),
        )
    ),
    job("compare: two random texts", _compare_random, times=2, short=True, accepted=True),
    job("dispatch: a chain of 5,000 nodes", _dispatch_chain, times=20),
)
