"""Values in a text with other characters between theirs, which the document does not show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from documents.masking.replacement import Replacement

_LEAST = 8  # characters: shorter values may be in a text by chance
_MOST_VALUES = 200  # the text is searched for each
_MOST_BETWEEN = 4  # characters between two of the value


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    replacement: str
    label: str
    value: str


def interrupted(words: str, found: Iterable[Replacement]) -> Sequence[Replacement]:
    """Where the values of `found`, which the file shows, are in its text; without overlaps.

    Of at most 200 values, those that are not in the text as they are.
    """
    values: dict[str, Replacement] = {}
    for change in found:
        value = change.value
        if len(value) >= _LEAST and value not in values and value not in words:
            values[value] = change
        if len(values) == _MOST_VALUES:
            break
    spans: list[_Span] = []
    for value, change in values.items():
        start = words.find(value[0])
        while start >= 0:
            if end := _end_of(words, start, value):
                spans.append(_Span(start, end, change.replacement, change.label, value))
            start = words.find(value[0], max(end, start + 1))
    kept: list[_Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _end_of(words: str, start: int, value: str) -> int:
    """The end of a value that begins at `start`; 0 if it does not."""
    at = start + 1
    for char in value[1:]:
        place = words.find(char, at, at + _MOST_BETWEEN + 1)
        if place < 0:
            return 0
        at = place + 1
    return at
