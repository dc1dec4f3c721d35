"""A fact stated in a text: a number, date, time, issue number or organisation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

Span = tuple[int, int]


class FactKind(StrEnum):
    number = "number"
    date = "date"
    time = "time"
    issue_number = "issue_number"
    organisation = "organisation"


@dataclass(frozen=True, slots=True)
class Fact:
    """`start` and `end` are offsets into the text.

    A source supports the fact if it has one of `values`. In a source, the fact supports its
    `values` and those in `also`. Values are the same in every language: `150000000`, `50%`, `1/3`,
    `2026-05-03`, `2026-05`, `2026`, `--05-03`, `--05` (no year), `T14:30`, `国发〔2026〕12号`.
    If not `sure`, it may be no fact (the 一 in 一些): it supports others, but is not checked.
    """

    kind: FactKind
    start: int
    end: int
    values: frozenset[str]
    also: frozenset[str] = frozenset()
    sure: bool = True


def mask_spans(text: str, spans: Sequence[Span]) -> str:
    """Replaces the characters of `spans` by NUL, so that nothing else matches them."""
    pieces, at = [], 0
    for start, end in sorted(spans):
        if start >= at:
            pieces += [text[at:start], "\x00" * (end - start)]
            at = end
    return "".join([*pieces, text[at:]])


def spans_of(facts: Sequence[Fact]) -> Iterator[Span]:
    for fact in facts:
        yield fact.start, fact.end
