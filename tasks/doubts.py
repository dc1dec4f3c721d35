"""Doubts: stable codes for why a larger model should confirm a result."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Doubt(StrEnum):
    """What a task's checks found in a result, without a model. `docs/tasks.md` explains each."""

    number_not_in_source = "number-not-in-source"
    number_not_in_quotes = "number-not-in-quotes"
    sentence_without_quote = "sentence-without-quote"
    too_long = "too-long"
    wrong_language = "wrong-language"
    nothing_found = "nothing-found"
    value_missing = "value-missing"
    quote_not_found = "quote-not-found"
    value_not_in_source = "value-not-in-source"
    value_not_in_quote = "value-not-in-quote"
    low_confidence = "low-confidence"
    proposal_refused = "proposal-refused"
    check_failed = "check-failed"


def no_doubts(_document: object, _options: object, _result: object) -> Sequence[Doubt]:
    """For tasks that do not use a model."""
    return []
