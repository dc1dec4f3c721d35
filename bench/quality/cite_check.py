"""`cite_check`: wrong citations are detected, and correct ones pass."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from bench.quality.laws import laws, of_text
from bench.quality.measure import Measure
from documents.document import Document
from tasks.cite_check import CiteCheckResult, Verdict, check_citations
from tasks.cite_check.library import STATE, LawText

OF_EACH = 100
OLD, NEW = "保守国家秘密法(2010-04-29)", "保守国家秘密法(2024-02-27)"
_ARTICLE = re.compile(r"^第(\S+)条 (.*)$")
_CHARACTERS = "人民机关应当可以依法规定管理处罚档案秘密"


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation in a sentence."""

    law: str
    article: str
    quote: str
    version: str = ""
    form: str = "根据《{law}》{version}{article}规定：“{quote}”，现作出如下决定。"

    @property
    def text(self) -> str:
        return self.form.format(
            law=self.law, version=self.version, article=self.article, quote=self.quote
        )


FORMS = (
    "根据《{law}》{version}{article}规定：“{quote}”，现作出如下决定。",
    "“{quote}”（《{law}》{version}{article}）是工作的依据。",
    "按照《{law}》{version}{article}的规定：“{quote}”。请遵照执行。",
)


def library() -> list[Document]:
    return list(laws().values())


def check(text: str, documents: list[Document]) -> CiteCheckResult:
    """Check a text against the laws."""
    return check_citations(of_text(text), [LawText(one) for one in documents], {})


def sentences(document: Document) -> Iterator[tuple[str, str]]:
    """Pairs of an article's label and one of its sentences of at least 10 characters."""
    for line in document.text.split("\n"):
        match = _ARTICLE.match(line)
        if match is None:
            continue
        for sentence in match.group(2).split("。"):
            if len(sentence) >= 10 and not {"“", "《"} & set(sentence):
                yield f"第{match.group(1)}条", sentence


def correct(draw: random.Random) -> Cited:
    name = draw.choice([name for name in laws() if name != OLD])
    title = STATE + name.partition("(")[0]
    article, quote = draw.choice(list(sentences(laws()[name])))
    short = draw.choice([title, title.removeprefix(STATE)])
    return Cited(short, article, quote, form=draw.choice(FORMS))


def article_beyond_the_end(draw: random.Random) -> Cited:
    return replace(correct(draw), article=f"第一百{draw.choice('一二三四')}十条")


def no_such_paragraph(draw: random.Random) -> Cited:
    cited = correct(draw)
    return replace(cited, article=f"{cited.article}第{draw.choice('八九')}款")


def misquoted(draw: random.Random) -> Cited:
    cited = correct(draw)
    at = draw.randrange(1, len(cited.quote) - 1)
    new = draw.choice([char for char in _CHARACTERS if char != cited.quote[at]])
    quote = draw.choice(
        [
            cited.quote[:at] + new + cited.quote[at + 1 :],
            cited.quote[:at] + new + cited.quote[at:],
            cited.quote[:at] + cited.quote[at + 1 :],
        ]
    )
    return replace(cited, quote=quote) if quote not in laws_text() else misquoted(draw)


def wrong_article(draw: random.Random) -> Cited:
    """A quotation attributed to another article of the law."""
    cited = correct(draw)
    others = [
        number
        for document in laws().values()
        for number, sentence in sentences(document)
        if cited.quote in sentence
    ]
    article = draw.choice(
        [f"第{one}条" for one in "一二三四五六七八九" if f"第{one}条" not in others]
    )
    return replace(cited, article=article)


def old_version_named(draw: random.Random) -> Cited:
    article, quote = draw.choice(list(sentences(laws()[OLD])))
    version = draw.choice(["（2010年修订）", "（2010年4月29日修订）", "(2010修订)"])
    return Cited(f"{STATE}保守国家秘密法", article, quote, version, draw.choice(FORMS))


def old_version_quoted(draw: random.Random) -> Cited:
    now = dict(sentences(laws()[NEW]))
    old = [
        (article, quote)
        for article, quote in sentences(laws()[OLD])
        if article in now and quote not in laws()[NEW].text
    ]
    article, quote = draw.choice(old)
    return Cited(f"{STATE}保守国家秘密法", article, quote, form=draw.choice(FORMS))


def misspelt(draw: random.Random) -> Cited:
    cited = correct(draw)
    start = len(STATE) if cited.law.startswith(STATE) else 0
    at = draw.randrange(start, len(cited.law) - 1)
    law = draw.choice(
        [
            cited.law[:at] + draw.choice("蜜挡刑罪案") + cited.law[at + 1 :],
            cited.law[:at] + cited.law[at + 1 :],
        ]
    )
    return replace(cited, law=law) if law != cited.law else misspelt(draw)


def laws_text() -> str:
    return "\n".join(document.text for document in laws().values())


MUTATIONS: dict[str, tuple[Callable[[random.Random], Cited], Verdict]] = {
    "article beyond the end": (article_beyond_the_end, Verdict.no_such_article),
    "paragraph that does not exist": (no_such_paragraph, Verdict.no_such_article),
    "misquoted": (misquoted, Verdict.quotation_differs),
    "quoted from another article": (wrong_article, Verdict.quotation_differs),
    "old version, named": (old_version_named, Verdict.superseded),
    "old version, quoted": (old_version_quoted, Verdict.superseded),
    "misspelt name": (misspelt, Verdict.unknown_law),
}


def verdicts(cited: Cited, documents: list[Document]) -> list[Verdict]:
    return [one.verdict for one in check(cited.text, documents).citations]


def measures() -> Iterable[Measure]:
    documents, draw = library(), random.Random(7)
    right = [verdicts(correct(draw), documents) for _ in range(OF_EACH)]
    wrong = sum(one != [Verdict.ok] for one in right)
    yield Measure(
        "cite_check",
        "correct citations reported as wrong",
        OF_EACH,
        wrong / OF_EACH,
        0.0,
        lower_is_better=True,
    )
    for name, (mutate, verdict) in MUTATIONS.items():
        found = sum(verdicts(mutate(draw), documents) == [verdict] for _ in range(OF_EACH))
        yield Measure("cite_check", f"found: {name}", OF_EACH, found / OF_EACH, 1.0)
