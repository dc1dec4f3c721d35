"""All finders together, and what is made of findings that overlap."""

from __future__ import annotations

import re
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
from tasks.redact.finders.names import Known, labelled_names
from tasks.redact.finders.numbers import bank_cards, credit_codes, identity_numbers
from tasks.redact.kinds import PRECEDENCE, Found, How, Kind
from tasks.text.plain import HAN, plain

RULES: Mapping[Kind, Callable[[str], Iterator[Found]]] = MappingProxyType(
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


# A short text with nothing of this has nothing that a rule finds: most attributes of a file.
_SHORT = 200
_PROMISING = re.compile(rf"\d[^\d]{{0,4}}\d[^\d]{{0,4}}\d|@|:.*:|[{HAN}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for: kinds by rule, the caller's `terms`, and what a model said stands there."""

    kinds: frozenset[Kind]
    terms: Sequence[str] = ()
    said: Mapping[Kind, Sequence[str]] = field(default_factory=dict)


class Finder:
    """Finds what is wanted in any number of texts.

    A name that a label shows in one text is looked for in that whole text, and, where it is given
    in `Wanted.said`, in all.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._rules = [rule for kind, rule in RULES.items() if kind in wanted.kinds]
        self._names = Kind.name in wanted.kinds
        self._known = [Known(Kind.term, How.term, wanted.terms)]
        self._known += [Known(kind, How.model, words) for kind, words in wanted.said.items()]

    def find(self, text: str) -> list[Found]:
        """What was found, in order; nothing overlaps."""
        searched = plain(text)
        found: list[Found] = []
        if len(text) > _SHORT or _PROMISING.search(searched):
            found += chain.from_iterable(rule(searched) for rule in self._rules)
        found += chain.from_iterable(known.find(searched) for known in self._known)
        if self._names:
            named = [searched[one.start : one.end] for one in found if one.kind is Kind.name]
            found += Known(Kind.name, How.rule, named).find(searched)
        return apart([one for one in found if one.start < one.end])


def apart(found: Iterable[Found]) -> list[Found]:
    """Findings that do not overlap: the longer holds the shorter; of two that cross, both are one.

    Of two in the same place, one with a right check digit stands, then the kind that is surer.
    """
    ordered = sorted(
        found,
        key=lambda one: (one.start, -one.end, not one.valid, PRECEDENCE.index(one.kind), one.how),
    )
    kept: list[Found] = []
    for one in ordered:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
        elif one.end > kept[-1].end:
            kept[-1] = _crossed(kept[-1], one)
        elif one.valid and not kept[-1].valid and _is_loose(kept[-1]):
            kept[-1] = replace(one, start=kept[-1].start, end=kept[-1].end)
    return kept


def _crossed(one: Found, other: Found) -> Found:
    first, _ = sorted((one, other), key=lambda each: (not each.valid, PRECEDENCE.index(each.kind)))
    return replace(first, start=one.start, end=other.end)


def _is_loose(one: Found) -> bool:
    return one.kind is Kind.address
