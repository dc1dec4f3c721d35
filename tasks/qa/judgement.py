"""Checks an answer: its quotes must be in the document and must support all that it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from documents.document import Document
from tasks.model.split import Part
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


class Judge:
    """Judges answers from one document."""

    def __init__(self, document: Document) -> None:
        self._finder = QuoteFinder(document)
        self._facts = facts_of(document.text)

    def judge(self, question: str, claim: Claim, part: Part) -> Judgement:
        """`part` is what the model read. A rejected answer has no quotes."""
        if not claim.found or not claim.answer.strip():
            return Judgement((), NotFound.not_in_document)
        quotes = self._quotes(claim, part)
        if not quotes:
            return Judgement((), NotFound.no_quote)
        extra = self._extra(question, claim.answer, quotes)
        if extra:
            return Judgement((), NotFound.not_in_quotes, extra)
        if not _is_related(question, claim.answer, quotes):
            return Judgement((), NotFound.unrelated)
        return Judgement(quotes)

    def _quotes(self, claim: Claim, part: Part) -> list[Quote]:
        quotes = [
            self._finder.find(words, part.start, part.end)
            for words in claim.quotes
            if len(normal_form(words)) >= LEAST_QUOTE
        ]
        located = [quote for quote in quotes if quote.match is not Match.none]
        return list({(quote.start, quote.end): quote for quote in located}.values())

    def _extra(self, question: str, answer: str, quotes: Sequence[Quote]) -> list[str]:
        spans = [(quote.start or 0, quote.end or 0) for quote in quotes]
        quoted = [
            fact
            for fact in self._facts
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
