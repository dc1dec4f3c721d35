"""`minutes`, `translate`, `draft`, `qa`: whether the checks detect facts that a model invented.

No model is used. Figures of the `rules` test the checks on generated text; figures of the
`plumbing` run a whole task with a scripted engine. Invented facts are drawn so that the source does
not contain them: the checks compare sets of facts, so a number that occurs elsewhere in the source
cannot be detected.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from bench.quality.invented_facts import (
    Inventor,
    amounts,
    around,
    dates,
    organisation_name,
    sentences,
    shares,
)
from bench.quality.laws import laws, of_text
from bench.quality.measure import Measure
from documents.document import Document
from standin.scripted_engine import ScriptedEngine
from tasks.draft import DraftOptions, draft
from tasks.minutes import MinutesOptions, minutes
from tasks.qa import QaOptions, qa
from tasks.text.facts.check import Source, facts_of, missing_facts
from tasks.text.facts.fact import FactKind
from tasks.translate import TranslateOptions, translate
from tasks.translate.check import TranslationChecker

OF_EACH = 200
RUNS = 20
INVENTIONS: dict[FactKind, Callable[[Inventor], str]] = {
    FactKind.number: Inventor.number,
    FactKind.date: Inventor.date,
    FactKind.issue_number: Inventor.issue_number,
    FactKind.organisation: Inventor.organisation,
}
# Chinese sentences and their translations, with placeholders for facts.
PAIRS = (
    ("经研究，安排资金{0}元，自{1}起执行。", "{0} yuan is provided and takes effect on {1}."),
    ("截至{1}，共有{0}人参加，占{2}。", "By {1}, {0} people had taken part, or {2}."),
    ("《关于拨付资金的通知》（国发{3}）于{1}印发。", "The notice (Guo Fa {4}) was issued on {1}."),
    ("第{5}条规定，罚款{0}元，逾期加收{2}。", "Article {5}: a fine of {0} yuan, plus {2} if late."),
)


def measures() -> Iterable[Measure]:
    yield from _inventions()
    yield from _faithful()
    yield from _translations()
    yield from _whole_tasks()
    yield from _questions()


def _inventions() -> Iterator[Measure]:
    """Invented facts after sentences of a law, checked against that law."""
    draw = random.Random(41)
    for kind, invent in INVENTIONS.items():
        found = exact = 0
        for _ in range(OF_EACH):
            text = draw.choice(_texts())
            kept = draw.choice(sentences(text))
            invented = invent(Inventor(text, draw))
            extra = list(_source(text).unsupported(kept + invented))
            found += any(fact.kind is kind and fact.end > len(kept) for fact in extra)
            exact += all(fact.start >= len(kept) for fact in extra)
        yield Measure("drafts", f"found: an invented {kind}", OF_EACH, found / OF_EACH, 1.0)
        name = f"no other finding with an invented {kind}"
        yield Measure("drafts", name, OF_EACH, exact / OF_EACH, 1.0)


@lru_cache
def _texts() -> list[str]:
    """The laws, each with many organisations, so that an invented one resembles some of them."""
    draw = random.Random(40)
    named = ["\n".join(around(organisation_name(draw), draw) for _ in range(60)) for _ in laws()]
    return [f"{d.text}\n{more}" for d, more in zip(laws().values(), named, strict=True)]


@lru_cache
def _source(text: str) -> Source:
    return Source.of(text)


def _faithful() -> Iterator[Measure]:
    """False alarms: the law's own sentences; dates, sums and shares in another notation."""
    cases = [(text, one) for text in (d.text for d in laws().values()) for one in sentences(text)]
    alarms = sum(any(_source(text).unsupported(one)) for text, one in cases)
    yield _alarms("drafts", "false alarm: a law's own sentence", len(cases), alarms)
    parts = [
        (text, clause)
        for text, one in cases
        for clause in re.split("[，；：]", one)
        if len(clause) > 4
    ]
    alarms = sum(any(_source(text).unsupported(one)) for text, one in parts)
    yield _alarms("drafts", "false alarm: a clause of a law, alone", len(parts), alarms)
    draw = random.Random(43)
    alarms = 0
    for _ in range(OF_EACH):
        name = organisation_name(draw)
        alarms += any(Source.of(around(name, draw)).unsupported(around(name, draw)))
    name = "false alarm: an organisation of the source in another sentence"
    yield _alarms("drafts", name, OF_EACH, alarms)
    pairs = [pair for _ in range(OF_EACH) for pair in _two_notations(draw)]
    alarms = sum(
        any(Source.of(one).unsupported(other)) or bool(missing_facts(facts_of(one), other))
        for one, other in pairs
    )
    name = "false alarm: a date, sum or share written another way"
    yield _alarms("drafts", name, len(pairs), alarms)


def _two_notations(draw: random.Random) -> Iterator[tuple[str, str]]:
    for ways in (_day(draw), amounts(draw.randint(2, 9_999)), shares(draw.randint(1, 999))):
        one, other = draw.sample(ways, 2)
        yield f"共 {one} 元。", f"In all {other} yuan."


def _day(draw: random.Random) -> list[str]:
    return dates(date(1985, 1, 1) + timedelta(days=draw.randrange(18_000)))


def _alarms(task: str, name: str, sample: int, alarms: int) -> Measure:
    return Measure(task, name, sample, alarms / sample, 0.0, lower_is_better=True)


def _translations() -> Iterator[Measure]:
    draw = random.Random(47)
    right = wrong = missing = 0
    for _ in range(OF_EACH):
        source, faithful, false, shorter = _pair(draw)
        checker = TranslationChecker(source, "en", {})
        span = (0, len(source))
        right += bool(checker.faults(span, faithful))
        wrong += bool(checker.faults(span, false).unsupported)
        missing += bool(checker.faults(span, shorter).lost)
    yield _alarms("translate", "false alarm: equal figures", OF_EACH, right)
    yield Measure("translate", "found: another figure", OF_EACH, wrong / OF_EACH, 1.0)
    yield Measure("translate", "found: a lost figure", OF_EACH, missing / OF_EACH, 1.0)


def _pair(draw: random.Random) -> tuple[str, str, str, str]:
    """A sentence, its translation, one with a changed figure, and one that lacks a figure."""
    sums, day, share = amounts(draw.randint(2, 9_999)), _day(draw), shares(draw.randint(1, 999))
    year, number, article = draw.randint(2000, 2030), draw.randint(1, 300), draw.randint(2, 99)
    chinese, english = draw.choice(PAIRS)
    issue, issue_english = f"〔{year}〕{number}号", f"[{year}] No. {number}"
    of_source = (
        draw.choice([sums[0], sums[3], sums[4]]),
        draw.choice(day[:2]),
        draw.choice(share[:2]),
        issue, issue_english, article,
    )  # fmt: skip
    facts = [
        draw.choice([sums[1], sums[5]]),
        draw.choice(day[4:6]),
        draw.choice([share[0], share[2]]),
        issue, issue_english, article,
    ]  # fmt: skip
    places = [at for at in (0, 1, 2, 4, 5) if f"{{{at}}}" in english]
    at = draw.choice(places)
    other = {
        0: f"{draw.randint(10_001, 99_999) * 10_000 + 7:,}",
        1: dates(date(1970, 1, 1) + timedelta(days=draw.randrange(5_000)))[4],
        2: f"{draw.randint(101, 999)}.3%",
        4: f"[{year}] No. {number + 301}",
        5: f"{article + 100}",
    }[at]
    false = [other if place == at else words for place, words in enumerate(facts)]
    shorter = ["" if place == at else words for place, words in enumerate(facts)]
    return (
        chinese.format(*of_source),
        english.format(*facts),
        english.format(*false),
        english.format(*shorter),
    )


def _whole_tasks() -> Iterator[Measure]:
    draw = random.Random(53)
    for name, run in (
        ("draft", _draft_passes),
        ("minutes", _minutes_pass),
        ("translate", _translation_passes),
    ):
        refused = passed = 0
        for index in range(RUNS):
            document = of_text("\n".join(sentences(draw.choice(list(laws().values())).text)[:12]))
            invent = list(INVENTIONS.values())[index % (3 if name == "translate" else 4)]
            kept = document.text.split("\n\n")[0]
            refused += not run(document, kept + invent(Inventor(document.text, draw)))
            passed += run(document, kept)
        words = "with an invented fact fails the checks"
        yield Measure(name, f"a draft {words}", RUNS, refused / RUNS, 1.0, basis="plumbing")
        words = "a draft in the source's own words passes the checks"
        yield Measure(name, words, RUNS, passed / RUNS, 1.0, basis="plumbing")


def _draft_passes(document: Document, words: str) -> bool:
    answer = {"subject": "有关事项", "opening": words, "sections": []}
    options = DraftOptions.model_validate({"kind": "通知"})
    return asyncio.run(draft(document, options, _engine(answer))).checked


def _minutes_pass(document: Document, words: str) -> bool:
    decision = {"text": words, "quote": document.text[:20]}
    answer = {"attendees": [], "topics": [], "decisions": [decision], "tasks": []}
    return asyncio.run(minutes(document, MinutesOptions(), _engine(answer))).checked


def _translation_passes(document: Document, words: str) -> bool:
    """Translate into the same language: the first paragraph changed, the others unchanged."""
    paragraphs = [words, *document.text.split("\n\n")[1:]]
    options = TranslateOptions.model_validate({"language": "zh"})
    answer = {"paragraphs": paragraphs}
    return asyncio.run(translate(document, options, _engine(answer))).checked


def _questions() -> Iterator[Measure]:
    """Questions that no sample answers, with a model that invents answers in several ways."""
    draw = random.Random(59)
    documents = list(laws().values())
    found = dict.fromkeys(_INVENTED_ANSWERS, 0)
    for name, invent_answer in _INVENTED_ANSWERS.items():
        for _ in range(RUNS):
            document = draw.choice(documents)
            inventor = Inventor(document.text, draw)
            invented = draw.choice(list(INVENTIONS.values()))(inventor)
            true = draw.choice(sentences(document.text))
            answer = invent_answer(invented, true)
            question = f"{draw.choice(['谁', '何时', '多少钱'])}：{draw.choice(_UNANSWERABLE)}？"
            options = QaOptions(questions=[question])
            found[name] += _answered(document, options, answer)
        refused = 1 - found[name] / RUNS
        yield Measure("qa", f"not found: {name}", RUNS, refused, 1.0, basis="plumbing")
    good = 0
    for _ in range(RUNS):
        document = draw.choice(documents)
        true = draw.choice(sentences(document.text))
        answer = {"found": True, "answer": true, "quotes": [true]}
        options = QaOptions(questions=[f"关于{true[:8]}，有何规定？"])
        good += _answered(document, options, answer)
    name = "not found: invented without any figure, a true quote that shares words with it"
    refused = 0
    for _ in range(RUNS):
        document = draw.choice(documents)
        true = draw.choice(sentences(document.text))
        answer = {"found": True, "answer": f"可以，{true[:8]}免费。", "quotes": [true]}
        options = QaOptions(questions=[f"{draw.choice(_UNANSWERABLE)}要钱吗？"])
        refused += not _answered(document, options, answer)
    yield Measure("qa", f"{name} (rules cannot)", RUNS, refused / RUNS, basis="plumbing")
    name = "found: an answer with its quote"
    yield Measure("qa", name, RUNS, good / RUNS, 1.0, basis="plumbing")


def _answered(document: Document, options: QaOptions, answer: Mapping[str, Any]) -> bool:
    return asyncio.run(qa(document, options, _engine(answer))).answers[0].found


def _engine(answer: Mapping[str, Any]) -> ScriptedEngine:
    return ScriptedEngine(lambda _: answer, context_tokens=32_768)


_UNANSWERABLE = (
    "地铁票价", "游泳馆开放", "火星登陆", "足球联赛冠军", "面包配方", "天气预报", "演唱会门票",
)  # fmt: skip
_INVENTED_ANSWERS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "an invented answer with an invented quote": lambda invented, _: {
        "found": True, "answer": invented, "quotes": [invented],
    },
    "an invented answer with a true quote about something else": lambda invented, true: {
        "found": True, "answer": invented, "quotes": [true],
    },
    "an invented answer without quotes": lambda invented, _: {
        "found": True, "answer": invented, "quotes": [],
    },
    "an invented answer with a quote of one character": lambda invented, _: {
        "found": True, "answer": invented, "quotes": ["的"],
    },
    "a true quote that was changed": lambda _, true: {
        "found": True, "answer": true, "quotes": [f"{true[:6]}绝不{true[6:]}"],
    },
}  # fmt: skip
