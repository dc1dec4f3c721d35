"""Holding a result against its source and its task's rules, without a model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel, Field

from documents.document import Document
from tasks.department_tasks.check_rules import (
    Check,
    DatesInSource,
    IssueNumbersInSource,
    Matches,
    MaxLength,
    NoPersonalIdentifiers,
    NotEmpty,
    NumbersInSource,
    OneOf,
    OrganisationsInSource,
    QuotesInSource,
)
from tasks.department_tasks.guiding import allowed_by
from tasks.department_tasks.regexes import MOST_CHARACTERS
from tasks.department_tasks.result_paths import texts_in, values_at
from tasks.redact.finder import Finder, Targets
from tasks.text.facts.check import Source as Facts
from tasks.text.facts.fact import FactKind
from tasks.text.numbers import arabic_numbers, number_values
from tasks.text.quotes import Match, Quote, QuoteFinder

MOST_FAILURES = 50
_SHOWN = 60


class CheckFailure(BaseModel):
    """One place that a check found fault with."""

    path: str = Field(description="The place in `data`, a JSON pointer.")
    detail: str = Field(description="What is wrong there.")


class CheckReport(BaseModel):
    """What came of one check."""

    check: str = Field(description="The check's name.")
    at: list[str] = Field(description="The places that it looked at, as the task's file has them.")
    passed: bool = Field(description="Whether it found no fault.")
    failures: list[CheckFailure] = Field(description="The faults that it found, 50 at most.")


class PlacedQuote(BaseModel):
    """A quote of the result, looked up in the source."""

    path: str = Field(description="The place in `data`, a JSON pointer.")
    quote: Quote = Field(description="The source's own words, and where they stand.")


@dataclass(frozen=True, slots=True)
class Checked:
    """`failed` are those of the reports whose failure fails the task."""

    reports: Sequence[CheckReport]
    failed: Sequence[CheckReport]
    quotes: Sequence[PlacedQuote]


class Source:
    """A document, prepared for checks. What they need of it is worked out when first asked for."""

    def __init__(self, document: Document) -> None:
        self._document = document

    @cached_property
    def finder(self) -> QuoteFinder:
        return QuoteFinder(self._document)

    @cached_property
    def numbers(self) -> set[Any]:
        return set(number_values(self._document.text))

    @cached_property
    def facts(self) -> Facts:
        return Facts.of(self._document.text)


def check(rules: Sequence[Check], data: Any, source: Source, options: Mapping[str, Any]) -> Checked:
    """Every rule's report. It may take a second on a long text."""
    reports, failed, quotes = [], [], []
    for rule in rules:
        report = _report(rule, data, source, options)
        reports.append(report)
        if not report.passed and rule.on_failure == "fail":
            failed.append(report)
        if isinstance(rule, QuotesInSource):
            quotes += [PlacedQuote(path=path, quote=q) for path, q in _quotes(rule, data, source)]
    return Checked(reports, failed, quotes)


def _report(rule: Check, data: Any, source: Source, options: Mapping[str, Any]) -> CheckReport:
    failures: list[CheckFailure] = []
    for pattern in rule.at:
        for path, value in values_at(data, pattern):
            faults = _faults(rule, value, source, options)
            failures += [CheckFailure(path=path, detail=detail) for detail in faults]
        if isinstance(rule, NotEmpty) and "*" not in pattern and not _is_there(data, pattern):
            failures.append(CheckFailure(path=pattern, detail="is missing"))
    return CheckReport(
        check=rule.check, at=rule.at, passed=not failures, failures=failures[:MOST_FAILURES]
    )


def _is_there(data: Any, pattern: str) -> bool:
    return next(values_at(data, pattern), None) is not None


def _quotes(rule: QuotesInSource, data: Any, source: Source) -> Iterator[tuple[str, Quote]]:
    for pattern in rule.at:
        for path, value in values_at(data, pattern):
            for words in texts_in(value):
                yield path, source.finder.find(words)


def _faults(rule: Check, value: Any, source: Source, options: Mapping[str, Any]) -> Iterator[str]:
    if value is None and not isinstance(rule, NotEmpty):
        return
    match rule:
        case OneOf():
            yield from _not_listed(value, allowed_by(rule, options))
        case NotEmpty():
            if value in ("", [], {}, None) or (isinstance(value, str) and not value.strip()):
                yield "is empty"
        case _:
            find = _OF_TEXTS[type(rule)]
            for text in texts_in(value):
                yield from find(rule, text, source)


def _not_listed(value: Any, listed: Sequence[Any]) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if one not in listed:
            shown = json.dumps(listed, ensure_ascii=False)
            yield f"{_cut(json.dumps(one, ensure_ascii=False))} is none of {shown[:200]}"


def _unquoted(_: QuotesInSource, text: str, source: Source) -> Iterator[str]:
    if source.finder.find(text).match is Match.none:
        yield f"“{_cut(text)}” does not stand in the document: copy its words exactly"


def _strange_numbers(_: NumbersInSource, text: str, source: Source) -> Iterator[str]:
    for number in arabic_numbers(text):
        if not number.values & source.numbers:
            yield f"the number {number.written} does not stand in the document"


def _strange(kind: FactKind) -> Callable[[Any, str, Source], Iterator[str]]:
    def find(_: Check, text: str, source: Source) -> Iterator[str]:
        for fact in source.facts.unsupported(text, {kind}):
            words = _cut(text[fact.start : fact.end])
            yield f"the {kind.value.replace('_', ' ')} {words} does not stand in the document"

    return find


def _too_long(rule: MaxLength, text: str, _: Source) -> Iterator[str]:
    if len(text) > rule.most:
        yield f"has {len(text)} characters: {rule.most} at most"


def _misfit(rule: Matches, text: str, _: Source) -> Iterator[str]:
    if len(text) > MOST_CHARACTERS or not re.fullmatch(rule.pattern, text):
        yield f"“{_cut(text)}” does not match {rule.pattern}"


def _identifying(rule: NoPersonalIdentifiers, text: str, _: Source) -> Iterator[str]:
    for found in Finder(Targets(rule.wanted)).find(text):
        yield f"a person's {found.kind.value} stands in it: leave it out"


_OF_TEXTS: Mapping[type[Any], Callable[[Any, str, Source], Iterator[str]]] = {
    QuotesInSource: _unquoted,
    NumbersInSource: _strange_numbers,
    DatesInSource: _strange(FactKind.date),
    IssueNumbersInSource: _strange(FactKind.issue_number),
    OrganisationsInSource: _strange(FactKind.organisation),
    MaxLength: _too_long,
    Matches: _misfit,
    NoPersonalIdentifiers: _identifying,
}


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
