"""Checks that a translated paragraph has the facts of its source and uses the glossary."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.text.facts.check import ALL_KINDS, Source, facts_of, missing_facts, values_of
from tasks.text.facts.fact import Fact, FactKind
from tasks.text.facts.organisations import OrganisationIndex
from tasks.text.quotes import normal_form
from tasks.translate.glossary import Glossary

Span = tuple[int, int]
KINDS = ALL_KINDS - {FactKind.organisation}
"""The kinds of facts that can be compared across languages, unlike organisations' names."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A glossary term with another translation. `start` is its offset in the source."""

    term: str
    expected: str
    start: int


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults of a translated paragraph. The facts in `lost` have offsets in the source."""

    unsupported: Sequence[Fact]
    lost: Sequence[Fact]
    missed: Sequence[Missed]
    blank: bool

    def __bool__(self) -> bool:
        return bool(self.unsupported or self.lost or self.missed or self.blank)


class TranslationChecker:
    """Checks translations of spans of one text into one language."""

    def __init__(self, text: str, language: str, glossary: Mapping[str, str]) -> None:
        self._text = text
        self._language = language
        self._facts = facts_of(text)
        self._glossary = Glossary(glossary)

    def faults(self, span: Span, translation: str) -> Faults:
        start, end = span
        if not translation.strip():
            return Faults((), (), (), blank=True)
        first = bisect_left(self._facts, start, key=lambda fact: fact.start)
        last = bisect_left(self._facts, end, key=lambda fact: fact.start)
        facts = [fact for fact in self._facts[first:last] if fact.end <= end]
        source = Source(values_of(facts), OrganisationIndex())
        extra = list(source.unsupported(translation, KINDS, language=self._language))
        missing = missing_facts(facts, translation, language=self._language)
        return Faults(extra, missing, self._missed(span, translation), blank=False)

    def _missed(self, span: Span, translation: str) -> list[Missed]:
        start, end = span
        text = self._text[start:end]
        translated = normal_form(translation)
        missed = []
        for term, expected in self._glossary.terms(text).items():
            at = text.find(term)
            if at >= 0 and normal_form(expected) not in translated:
                missed.append(Missed(term, expected, start + at))
            text = text.replace(term, "\x00" * len(term))
        return missed
