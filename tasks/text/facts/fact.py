"""One thing that a text states, and what it may mean."""

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
    """`start` and `end` are offsets into the text. A source supports it where it has any of
    `values`; as part of a source it supports its own `values`, and those in `also`.

    Values are the same in every language: `150000000`, `50%`, `1/3`, `2026-05-03`, `2026-05`,
    `2026`, `--05-03`, `--05` (no year), `T14:30`, `国发〔2026〕12号`. One that is not `sure` is
    perhaps no such thing (the 一 in 一些): it supports others and is never looked for itself.
    """

    kind: FactKind
    start: int
    end: int
    values: frozenset[str]
    also: frozenset[str] = frozenset()
    sure: bool = True


def without(text: str, spans: Sequence[Span]) -> str:
    """`text` with a mark that belongs to nothing in the place of each character of `spans`."""
    pieces, at = [], 0
    for start, end in sorted(spans):
        if start >= at:
            pieces += [text[at:start], "\x00" * (end - start)]
            at = end
    return "".join([*pieces, text[at:]])


def spans_of(facts: Sequence[Fact]) -> Iterator[Span]:
    for fact in facts:
        yield fact.start, fact.end
