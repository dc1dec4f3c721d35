"""Mutations of punctuation, and the wording that a kind of document needs."""

from __future__ import annotations

import random

from bench.quality.layout_mutations.mutation import (
    HAN,
    TEXT,
    Broken,
    Expected,
    Mutation,
    breaks,
    swap,
)
from bench.quality.official_paper import Paper

# Punctuation


_WORDS = (*TEXT, "h2")
_BETWEEN = rf"(?<={HAN}){{}}(?={HAN}|$)"


@breaks("text.width")
def _(paper: Paper, rng: random.Random) -> Broken:
    wide, half = rng.choice(("，,", "。.", "；;", "：:", "（(", "）)"))
    pattern = {"（": "（(?=含)", "）": "(?<=日)）"}.get(wide, _BETWEEN.format(wide))
    return swap("text.width", paper, rng, _WORDS, pattern, half)


@breaks("text.quotes")
def _(paper: Paper, rng: random.Random) -> Broken:
    broken = swap("text.quotes", paper, rng, _WORDS, "“(.+?)”", r'"\1"')
    if broken is None or broken[0].span is None:
        return None
    line, (start, end) = broken[0].line, broken[0].span
    return [Expected("text.quotes", line, (at, at + 1)) for at in (start, end - 1)]


@breaks("text.pairs")
def _(paper: Paper, rng: random.Random) -> Broken:
    found = swap("text.pairs", paper, rng, _WORDS, "[”》“]", "")
    return found and [Expected("text.pairs", found[0].line)]


@breaks("text.repeated")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("text.repeated", paper, rng, ("text", "h3", "h4"), "([，。])", r"\1\1")


@breaks("text.dots")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("text.dots", paper, rng, TEXT, rf"(?<={HAN})，", "...", "。。。", "......")


@breaks("text.space")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("text.space", paper, rng, TEXT, rf"(?<={HAN})(?={HAN})", " ", "  ")


@breaks("text.year")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("text.year", paper, rng, _WORDS, r"20(\d\d)年", r"\1年")


@breaks("text.titles")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("text.titles", paper, rng, _WORDS, "》", "》、《城市供水条例》", "》，《行政法》")


# Wording of the kinds


def _closing(rule: str, kind: str, *words: str) -> Mutation:
    def mutate(paper: Paper, rng: random.Random) -> Broken:
        if paper.kind != kind:
            return None
        line = paper.of("text")[-1]
        line.text, line.first = rng.choice(words), 2
        return [Expected(rule, line)]

    return mutate


breaks("request.asks")(_closing("request.asks", "请示", "以上情况，特作说明。", "特此说明。"))
breaks("letter.ends")(_closing("letter.ends", "函", "以上情况，特作说明。"))
breaks("proposal.asks")(_closing("proposal.asks", "议案", "以上情况，特作说明。"))


@breaks("request.one_matter")
def _(paper: Paper, rng: random.Random) -> Broken:
    return _added(
        paper, rng, "request.one_matter", "请示", "另外，申请增加人员编制。", "同时，请示调整预算。"
    )


@breaks("report.no_request")
def _(paper: Paper, rng: random.Random) -> Broken:
    return _added(
        paper, rng, "report.no_request", "报告", "以上当否，请批示。", "恳请上级给予经费。"
    )


def _added(paper: Paper, rng: random.Random, rule: str, kind: str, *sentences: str) -> Broken:
    """Append a sentence to the first or second paragraph of the text."""
    if paper.kind != kind:
        return None
    line = rng.choice(paper.of("text")[:2])
    start, words = len(line.text), rng.choice(sentences)
    line.text += words
    return [Expected(rule, line, (start, start + len(words)))]


@breaks("reply.received")
def _(paper: Paper, rng: random.Random) -> Broken:
    if paper.kind != "批复":
        return None
    return swap("reply.received", paper, rng, ["text"], "你单位《.*?》收悉", "关于有关事项")


@breaks("reply.says")
def _(paper: Paper, _rng: random.Random) -> Broken:
    if paper.kind != "批复":
        return None
    for line in paper.of("text"):
        line.text = line.text.replace("同意", "研究了").replace("此复", "专此说明")
    return [Expected("reply.says", paper.of("text")[-1])]
