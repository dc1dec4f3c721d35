"""Findings of proofreading."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from documents.document import Document


class Rule(StrEnum):
    """The rules by name; `model` marks a proposal of the model."""

    confusion = "confusion"
    doubled_word = "doubled-word"
    doubled_mark = "doubled-mark"
    half_width_mark = "half-width-mark"
    particle = "particle"
    quotation_mark = "quotation-mark"
    title_mark = "title-mark"
    ellipsis = "ellipsis"
    unpaired_mark = "unpaired-mark"
    numbering = "numbering"
    impossible_date = "impossible-date"
    wrong_weekday = "wrong-weekday"
    agency_name = "agency-name"
    model = "model"


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake at offset `start`; `new` is None if only a person can correct it."""

    start: int
    old: str
    new: str | None
    rule: Rule
    reason: str

    @property
    def end(self) -> int:
        return self.start + len(self.old)


Check = Callable[[Document], Iterable[Finding]]
