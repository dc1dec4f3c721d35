"""Runs all finders on a text and merges overlapping detections."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from types import MappingProxyType

from tasks.redact.finders.addresses import addresses
from tasks.redact.finders.contacts import (
    emails,
    ip_addresses,
    landlines,
    mobiles,
    passports,
    plates,
)
from tasks.redact.finders.names import labelled_names
from tasks.redact.finders.numbers import bank_cards, credit_codes, identity_numbers
from tasks.redact.finders.words import SearchedText, WordFinder
from tasks.redact.kinds import PRECEDENCE, Detection, DetectionMethod, Kind
from tasks.redact.views import views
from tasks.text.plain import HAN

RULES: Mapping[Kind, Callable[[str], Iterator[Detection]]] = MappingProxyType(
    {
        Kind.identity_number: identity_numbers,
        Kind.credit_code: credit_codes,
        Kind.bank_card: bank_cards,
        Kind.mobile: mobiles,
        Kind.landline: landlines,
        Kind.passport: passports,
        Kind.plate: plates,
        Kind.email: emails,
        Kind.ip_address: ip_addresses,
        Kind.address: addresses,
        Kind.name: labelled_names,
    }
)


# Rules find nothing in a short text without these, such as most attributes of a file.
_SHORT = 200
_PROMISING = re.compile(rf"\d[^\d]{{0,4}}\d[^\d]{{0,4}}\d|@|:.*:|[{HAN}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Targets:
    """What to find: `kinds` by rule, the caller's `terms`, and known `words` by kind."""

    kinds: frozenset[Kind]
    terms: Sequence[str] = ()
    words: Mapping[Kind, Sequence[str]] = field(default_factory=dict)


class Finder:
    """Finds the targets in texts.

    A name found after a label is searched for in the rest of the same text; for all texts, pass it
    in `Targets.words`.
    """

    def __init__(self, targets: Targets) -> None:
        self._rules = [rule for kind, rule in RULES.items() if kind in targets.kinds]
        self._names = Kind.name in targets.kinds
        self._known = [WordFinder(Kind.term, DetectionMethod.term, targets.terms)]
        self._known += [
            WordFinder(kind, DetectionMethod.model, words) for kind, words in targets.words.items()
        ]

    def find(self, text: str) -> list[Detection]:
        """Returns the detections in order, without overlaps. They are searched in all views."""
        found: list[Detection] = []
        for view in views(text):
            for one in self._find(view.text):
                start, end = view.span(one.start, one.end)
                while end < len(text) and unicodedata.combining(text[end]):
                    end += 1
                found.append(replace(one, start=start, end=end))
        return merge(found)

    def _find(self, searched: str) -> list[Detection]:
        found: list[Detection] = []
        if len(searched) > _SHORT or _PROMISING.search(searched):
            found += chain.from_iterable(rule(searched) for rule in self._rules)
        text = SearchedText(searched)
        found += chain.from_iterable(known.find(text) for known in self._known)
        if self._names:
            names = [searched[one.start : one.end] for one in found if one.kind is Kind.name]
            found += WordFinder(Kind.name, DetectionMethod.rule, names).find(text)
        return [one for one in found if one.start < one.end]


def merge(detections: Iterable[Detection]) -> list[Detection]:
    """Removes overlaps: a detection absorbs those inside it; crossing ones are merged.

    For the same span, a correct check digit wins, then the order of `PRECEDENCE`.
    """
    ordered = sorted(
        detections,
        key=lambda one: (one.start, -one.end, not one.valid, PRECEDENCE.index(one.kind), one.how),
    )
    merged: list[Detection] = []
    for one in ordered:
        if not merged or one.start >= merged[-1].end:
            merged.append(one)
        elif one.end > merged[-1].end:
            merged[-1] = _crossed(merged[-1], one)
        elif one.valid and not merged[-1].valid and _is_loose(merged[-1]):
            merged[-1] = replace(one, start=merged[-1].start, end=merged[-1].end)
    return merged


def _crossed(one: Detection, other: Detection) -> Detection:
    first, _ = sorted((one, other), key=lambda each: (not each.valid, PRECEDENCE.index(each.kind)))
    return replace(first, start=one.start, end=other.end)


def _is_loose(one: Detection) -> bool:
    return one.kind is Kind.address
