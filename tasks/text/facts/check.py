"""Checks the facts of a text against its source, in both directions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from tasks.text.facts.amounts import amounts
from tasks.text.facts.dates import dates, times
from tasks.text.facts.fact import Fact, FactKind, mask_spans, spans_of
from tasks.text.facts.issue_numbers import issue_numbers
from tasks.text.facts.languages import COMMA_IS_A_POINT
from tasks.text.facts.organisations import OrganisationIndex, organisations
from tasks.text.plain import plain

ALL_KINDS = frozenset(FactKind)


def facts_of(text: str, *, language: str = "") -> list[Fact]:
    """Returns the facts of a text except organisations, in order, without overlaps but for ranges.

    `language`: a code such as `de`, for number formats. Default: Chinese and English.
    """
    searched = plain(text)
    found = issue_numbers(searched)
    rest = mask_spans(searched, list(spans_of(found)))
    for finder in (times, dates):
        here = finder(rest)
        found += here
        rest = mask_spans(rest, list(spans_of(here)))
    found += amounts(rest, comma_is_a_point=language in COMMA_IS_A_POINT)
    return sorted(found, key=lambda fact: (fact.start, fact.end))


def values_of(facts: Sequence[Fact]) -> frozenset[str]:
    """Returns all values that the facts support."""
    return frozenset().union(*(fact.values | fact.also for fact in facts))


@dataclass(frozen=True, slots=True)
class Source:
    """The facts and organisations of a source."""

    values: frozenset[str]
    organisations: OrganisationIndex

    @classmethod
    def of(cls, *texts: str) -> Source:
        """Reads the facts of all `texts`: the document and other permitted sources."""
        facts = [fact for text in texts for fact in facts_of(text)]
        return cls(values_of(facts), OrganisationIndex(*texts))

    def unsupported(
        self, text: str, kinds: Collection[FactKind] = ALL_KINDS, *, language: str = ""
    ) -> Iterator[Fact]:
        """Yields the facts of `text` that the source does not support."""
        for fact in facts_of(text, language=language):
            if fact.kind in kinds and fact.sure and not self._has(fact):
                yield fact
        if FactKind.organisation in kinds:
            searched = plain(text)
            for fact in organisations(searched):
                place = self.organisations.unknown(fact)
                if place is not None:
                    start, end = place
                    yield replace(fact, start=start, end=end, values=frozenset({text[start:end]}))

    def _has(self, fact: Fact) -> bool:
        return not fact.values.isdisjoint(self.values)


def missing_facts(source: Sequence[Fact], text: str, *, language: str = "") -> list[Fact]:
    """Returns the facts of a source that `text` does not have.

    1 is not required: 一年 is "a year". For an issue number, year and number are enough.
    """
    there = values_of(facts_of(text, language=language))
    return [
        fact
        for fact in source
        if fact.sure and "1" not in fact.values and there.isdisjoint(_required_values(fact))
    ]


def _required_values(fact: Fact) -> frozenset[str]:
    if fact.kind is not FactKind.issue_number:
        return fact.values
    return fact.values | {value for value in fact.also if value.startswith("〔")}
