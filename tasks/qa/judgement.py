"""Checks an answer: its quotes must be in the document and must support all that it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from documents.document import Document
from tasks.qa.passages import grams
from tasks.text.facts.check import Source, facts_of, values_of
from tasks.text.facts.organisations import OrganisationIndex
from tasks.text.quotes import Match, Quote, QuoteFinder, normal_form

LEAST_QUOTE = 4
_YES_NO = frozenset(("yes", "no", "是", "否", "不是", "有", "没有", "可以", "不可以", "能", "不能"))


class NotFound(StrEnum):
    """Why there is no answer."""

    not_in_document = "not-in-document"
    no_quote = "no-quote"
    not_in_quotes = "not-in-quotes"
    unrelated = "unrelated"


@dataclass(frozen=True, slots=True)
class Claim:
    """The model's answer; `found` is False if it found none in the document."""

    found: bool
    answer: str
    quotes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`reason` is None for an accepted answer; `extra` are statements that its quotes lack."""

    quotes: Sequence[Quote]
    reason: NotFound | None = None
    extra: Sequence[str] = ()

    def faults(self) -> list[str]:
        """What is wrong with the answer, in words for the model."""
        if self.reason is NotFound.no_quote:
            return ["No quote is in the document. Copy one literally, or say found: false."]
        if self.reason is NotFound.not_in_quotes:
            return [f"The quotes do not say {word!r}." for word in self.extra]
        if self.reason is NotFound.unrelated:
            return ["The quotes have nothing to do with the answer."]
        return []

    def moved(self, offset: int) -> Judgement:
        """The same judgement with its quotes moved by `offset` characters."""
        quotes = [
            quote.model_copy(
                update={"start": (quote.start or 0) + offset, "end": (quote.end or 0) + offset}
            )
            for quote in self.quotes
        ]
        return replace(self, quotes=quotes)


def judge(section: Document, question: str, claim: Claim) -> Judgement:
    """Judge an answer from the section that the model read. A rejected answer has no quotes."""
    if not claim.found or not claim.answer.strip():
        return Judgement((), NotFound.not_in_document)
    quotes = _quotes(section, claim)
    if not quotes:
        return Judgement((), NotFound.no_quote)
    extra = _extra(section, question, claim.answer, quotes)
    if extra:
        return Judgement((), NotFound.not_in_quotes, extra)
    if not _is_related(question, claim.answer, quotes):
        return Judgement((), NotFound.unrelated)
    return Judgement(quotes)


def _quotes(section: Document, claim: Claim) -> list[Quote]:
    finder = QuoteFinder(section)
    quotes = [
        finder.find(words) for words in claim.quotes if len(normal_form(words)) >= LEAST_QUOTE
    ]
    located = [quote for quote in quotes if quote.match is not Match.none]
    return list({(quote.start, quote.end): quote for quote in located}.values())


def _extra(section: Document, question: str, answer: str, quotes: Sequence[Quote]) -> list[str]:
    spans = [(quote.start or 0, quote.end or 0) for quote in quotes]
    quoted = [
        fact
        for fact in facts_of(section.text)
        if any(start <= fact.start and fact.end <= end for start, end in spans)
    ]
    texts = [*(quote.text for quote in quotes), question]
    facts = [*quoted, *(fact for text in texts for fact in facts_of(text))]
    source = Source(values_of(facts), OrganisationIndex(*texts))
    return [answer[fact.start : fact.end] for fact in source.unsupported(answer)]


def _is_related(question: str, answer: str, quotes: Sequence[Quote]) -> bool:
    """Whether the quotes share a word with the answer, or for yes or no, with the question."""
    quoted = grams("\n".join(quote.text for quote in quotes))
    plain_answer = answer.strip().rstrip("。.！!").casefold()
    words = grams(question if plain_answer in _YES_NO else answer)
    return not quoted.keys().isdisjoint(words) or normal_form(answer) in normal_form(
        "\n".join(quote.text for quote in quotes)
    )
