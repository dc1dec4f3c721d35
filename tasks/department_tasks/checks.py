"""The checks that a task's file can name. They check a result without a model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from documents.document import Document
from tasks.department_tasks.regexes import check_pattern, matches_whole
from tasks.department_tasks.result_paths import PATTERN, texts_in, values_at
from tasks.redact.finder import Finder, Targets
from tasks.redact.kinds import Kind
from tasks.text.facts.check import Source as Facts
from tasks.text.facts.fact import FactKind
from tasks.text.numbers import arabic_numbers, number_values
from tasks.text.quotes import Match, Quote, QuoteFinder

MOST_FAILURES = 50
MOST_QUOTES = 1_000
MOST_CHECKED = 5_000
_SHOWN = 60

ResultPath = Annotated[str, StringConstraints(pattern=PATTERN, max_length=300)]
IdentifierName = Literal[
    "identity_number", "bank_card", "mobile", "landline", "passport", "plate", "email",
    "credit_code", "ip_address", "address", "name",
]  # fmt: skip
IDENTIFIERS: tuple[IdentifierName, ...] = (
    "identity_number", "bank_card", "mobile", "landline", "passport", "plate", "email",
)  # fmt: skip


class CheckContext:
    """A job's options and document, with indexes of the document that are built on first use."""

    def __init__(self, document: Document, options: Mapping[str, Any]) -> None:
        self._document = document
        self.options = options
        self._allowed: dict[int, tuple[frozenset[str], str]] = {}

    def allowed(self, rule: OneOf) -> tuple[frozenset[str], str]:
        """The values that the rule allows, as JSON, and the first of them for a message."""
        if id(rule) not in self._allowed:
            values = rule.allowed(self.options)
            shown = _json(values[:_SHOWN])[:200]
            self._allowed[id(rule)] = frozenset(map(_json, values)), shown
        return self._allowed[id(rule)]

    @cached_property
    def finder(self) -> QuoteFinder:
        return QuoteFinder(self._document)

    @cached_property
    def numbers(self) -> set[Any]:
        return set(number_values(self._document.text))

    @cached_property
    def facts(self) -> Facts:
        return Facts.of(self._document.text)


class Rule(BaseModel):
    """A check; `at` are the paths in the result to which it applies."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    check: str
    at: Annotated[list[ResultPath], Field(min_length=1, max_length=20)]
    on_failure: Literal["fail", "report"] = "fail"

    def faults(self, value: Any, context: CheckContext) -> Iterator[str]:
        """What is wrong with the value at a path; by default, with any text in it.

        The words are for the model, which corrects its answer by them.
        """
        for text in texts_in(value):
            yield from self.text_faults(text, context)

    def text_faults(self, text: str, context: CheckContext) -> Iterable[str]:
        raise NotImplementedError


class QuotesInSource(Rule):
    check: Literal["quotes-in-source"]

    def text_faults(self, text: str, context: CheckContext) -> Iterator[str]:
        if context.finder.find(text).match is Match.none:
            yield f"“{_cut(text)}” does not stand in the document: copy its words exactly"


class NumbersInSource(Rule):
    check: Literal["numbers-in-source"]

    def text_faults(self, text: str, context: CheckContext) -> Iterator[str]:
        for number in arabic_numbers(text):
            if not number.values & context.numbers:
                yield f"the number {number.written} does not stand in the document"


class _FactsInSource(Rule):
    kind: ClassVar[FactKind]

    def text_faults(self, text: str, context: CheckContext) -> Iterator[str]:
        for fact in context.facts.unsupported(text, {self.kind}):
            words = _cut(text[fact.start : fact.end])
            yield f"the {self.kind.value.replace('_', ' ')} {words} does not stand in the document"


class DatesInSource(_FactsInSource):
    kind: ClassVar[FactKind] = FactKind.date
    check: Literal["dates-in-source"]


class IssueNumbersInSource(_FactsInSource):
    kind: ClassVar[FactKind] = FactKind.issue_number
    check: Literal["issue-numbers-in-source"]


class OrganisationsInSource(_FactsInSource):
    kind: ClassVar[FactKind] = FactKind.organisation
    check: Literal["organisations-in-source"]


class NotEmpty(Rule):
    check: Literal["not-empty"]

    def faults(self, value: Any, _: CheckContext) -> Iterator[str]:
        if value in ("", [], {}, None) or (isinstance(value, str) and not value.strip()):
            yield "is empty"


class MaxLength(Rule):
    check: Literal["max-length"]
    most: int = Field(ge=1, le=100_000)

    def text_faults(self, text: str, _: CheckContext) -> Iterator[str]:
        if len(text) > self.most:
            yield f"has {len(text)} characters: {self.most} at most"


def _checked_pattern(pattern: str) -> str:
    check_pattern(pattern)
    return pattern


class Matches(Rule):
    check: Literal["matches"]
    pattern: Annotated[str, AfterValidator(_checked_pattern)]

    def text_faults(self, text: str, _: CheckContext) -> Iterator[str]:
        if not matches_whole(self.pattern, text):
            yield f"“{_cut(text)}” does not match {self.pattern}"


class OneOf(Rule):
    """Either `values`, or the `option` in which the caller lists them."""

    check: Literal["one-of"]
    values: Annotated[list[Any], Field(min_length=1, max_length=1_000)] | None = None
    option: str | None = None

    def allowed(self, options: Mapping[str, Any]) -> list[Any]:
        """The allowed values. An option that is not a list is the only allowed value."""
        allowed = options.get(self.option) if self.option else self.values
        return allowed if isinstance(allowed, list) else [allowed]

    def faults(self, value: Any, context: CheckContext) -> Iterator[str]:
        known, shown = context.allowed(self)
        for item in value if isinstance(value, list) else [value]:
            if _json(item) not in known:
                yield f"{_cut(_json(item))} is none of {shown}"


class NoPersonalIdentifiers(Rule):
    check: Literal["no-personal-identifiers"]
    kinds: Annotated[list[IdentifierName], Field(min_length=1)] = list(IDENTIFIERS)

    def text_faults(self, text: str, _: CheckContext) -> Iterator[str]:
        wanted = Targets(frozenset(Kind(kind) for kind in self.kinds))
        for match in Finder(wanted).find(text):
            yield f"a person's {match.kind.value} stands in it: leave it out"


_Rules = (
    QuotesInSource
    | NumbersInSource
    | DatesInSource
    | IssueNumbersInSource
    | OrganisationsInSource
    | NotEmpty
    | MaxLength
    | Matches
    | OneOf
    | NoPersonalIdentifiers
)
Check = Annotated[_Rules, Field(discriminator="check")]
CHECK_NAMES: tuple[str, ...] = tuple(
    get_args(rule.model_fields["check"].annotation)[0] for rule in get_args(_Rules)
)


class CheckFailure(BaseModel):
    """One value that failed a check."""

    path: str = Field(description="JSON pointer of the value in `data`.")
    detail: str = Field(description="What is wrong with it.")


class CheckReport(BaseModel):
    """The outcome of one check."""

    check: str = Field(description="The check's name.")
    at: list[str] = Field(description="The paths to which it applies, as in the task's file.")
    passed: bool = Field(description="Whether every value passed.")
    failures: list[CheckFailure] = Field(description="The values that failed, at most 50.")
    not_listed: int = Field(0, description="How many further values failed.")


class LocatedQuote(BaseModel):
    """A quote in the result, located in the source."""

    path: str = Field(description="JSON pointer of the quote in `data`.")
    quote: Quote = Field(description="The source text, and its position.")


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """The reports of all checks; `failed` has those whose failure fails the job."""

    reports: Sequence[CheckReport]
    failed: Sequence[CheckReport]
    quotes: Sequence[LocatedQuote]
    quotes_not_listed: int


def run_checks(rules: Sequence[Rule], data: Any, context: CheckContext) -> CheckOutcome:
    """Check `data` with every rule. Can take a second on a long document."""
    reports = [_report(rule, data, context) for rule in rules]
    failed = [
        report
        for rule, report in zip(rules, reports, strict=True)
        if not report.passed and rule.on_failure == "fail"
    ]
    words_at = [
        (path, words)
        for rule in rules
        if isinstance(rule, QuotesInSource)
        for pattern in rule.at
        for path, value in values_at(data, pattern)
        for words in texts_in(value)
    ]
    quotes = [
        LocatedQuote(path=path, quote=context.finder.find(words))
        for path, words in words_at[:MOST_QUOTES]
    ]
    return CheckOutcome(reports, failed, quotes, len(words_at) - len(quotes))


def _report(rule: Rule, data: Any, context: CheckContext) -> CheckReport:
    failures: list[CheckFailure] = []
    not_listed = 0
    for failure in _failures(rule, data, context):
        if len(failures) < MOST_FAILURES:
            failures.append(failure)
        else:
            not_listed += 1
    return CheckReport(
        check=rule.check,
        at=rule.at,
        passed=not failures,
        failures=failures,
        not_listed=not_listed,
    )


def _failures(rule: Rule, data: Any, context: CheckContext) -> Iterator[CheckFailure]:
    checked = 0
    for pattern in rule.at:
        values = list(values_at(data, pattern))
        for path, value in values:
            if value is None and not isinstance(rule, NotEmpty):
                continue
            checked += sum(1 for _ in texts_in(value))
            if checked > MOST_CHECKED:
                detail = f"more than {MOST_CHECKED} values to check: ask for fewer"
                yield CheckFailure(path=path, detail=detail)
                return
            for detail in rule.faults(value, context):
                yield CheckFailure(path=path, detail=detail)
        if isinstance(rule, NotEmpty) and "*" not in pattern and not values:
            yield CheckFailure(path=pattern, detail="is missing")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
