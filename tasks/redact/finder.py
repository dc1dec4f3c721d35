"""Runs all finders on a text and merges overlapping detections."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
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
from tasks.redact.finders.words import KnownWords, SearchedText, WordFinder
from tasks.redact.kinds import PRECEDENCE, Detection, DetectionMethod, Kind
from tasks.redact.views import View, views
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


# Between two characters of one number or address.
_LINE_END = re.compile(r"\n(?<=[0-9A-Za-z@._\-\u4e00-\u9fff]\n)\n?(?=[0-9A-Za-z@._\-])")
_NEAR = 60
_BETWEEN = "\n\n\n\n"
# What is found over the end of a line only as a whole: names and addresses have no form of their
# own, and the other kinds' patterns contain line ends.
_BROKEN = frozenset(
    (
        Kind.identity_number, Kind.landline, Kind.passport, Kind.plate, Kind.email, Kind.ip_address,
    )
)  # fmt: skip
_LARGE_OCTET = re.compile(r"(?<!\d)[12]\d\d(?!\d)")
# Rules find nothing in a short text without these, such as most attributes of a file.
_SHORT = 200
_PROMISING = re.compile(rf"\d[^\d]{{0,4}}\d[^\d]{{0,4}}\d|@|:.*:|[{HAN}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Targets:
    """What to find: `kinds` by rule, the caller's `terms`, and known `words` by kind.

    `in_file` are texts that rules found in the document's file.
    """

    kinds: frozenset[Kind]
    terms: Sequence[str] = ()
    words: Mapping[Kind, Sequence[str]] = field(default_factory=dict)
    in_file: Mapping[Kind, Sequence[str]] = field(default_factory=dict)


class Finder:
    """Finds the targets in texts.

    A name found after a label is searched for in the rest of the same text; for all texts, pass it
    in `Targets.words`.
    """

    def __init__(self, targets: Targets) -> None:
        self._rules = [rule for kind, rule in RULES.items() if kind in targets.kinds]
        self._broken = [rule for kind, rule in RULES.items() if kind in targets.kinds & _BROKEN]
        self._names = Kind.name in targets.kinds
        known = [KnownWords(Kind.term, DetectionMethod.term, targets.terms)]
        known += [
            KnownWords(kind, DetectionMethod.model, words) for kind, words in targets.words.items()
        ]
        known += [
            KnownWords(kind, DetectionMethod.rule, words) for kind, words in targets.in_file.items()
        ]
        self._known = WordFinder(known)

    def find(self, text: str) -> list[Detection]:
        """Returns the detections in order, without overlaps. They are searched in all views."""
        found: list[Detection] = []
        broken: list[Detection] = []
        for view in views(text):
            found += _in_original(text, view, self._find(view.text))
            broken += _in_original(text, view, self._over_lines(view.text))
        merged = merge(found)
        # A word at the end of a line is no part of an address that the next line has as a whole.
        apart = [one for one in broken if not _overlaps(one, merged)]
        return merge([*merged, *apart]) if apart else merged

    def _over_lines(self, text: str) -> Iterator[Detection]:
        """Yields what the end of a line divides."""
        ends = [match.span() for match in _LINE_END.finditer(text)] if self._broken else []
        lines = [
            (
                text[max(text.rfind("\n", 0, start) + 1, start - _NEAR) : start],
                text[end : end + _NEAR].partition("\n")[0],
            )
            for start, end in ends
        ]
        if not ends:
            return
        joined = _BETWEEN.join(map("".join, lines))
        starts = [0]
        for left, right in lines:
            starts.append(starts[-1] + len(left) + len(right) + len(_BETWEEN))
        for one in chain.from_iterable(rule(joined) for rule in self._broken):
            at = bisect_right(starts, one.start) - 1
            (start, end), divide = ends[at], starts[at] + len(lines[at][0])
            # The numbers of two headings are no address.
            is_heading = one.kind is Kind.ip_address and not _LARGE_OCTET.search(
                joined, one.start, one.end
            )
            if one.start < divide < one.end and not is_heading:
                yield replace(one, start=start - (divide - one.start), end=end + (one.end - divide))

    def _find(self, searched: str) -> list[Detection]:
        found: list[Detection] = []
        if len(searched) > _SHORT or _PROMISING.search(searched):
            found += chain.from_iterable(rule(searched) for rule in self._rules)
        text = SearchedText(searched)
        found += self._known.find(text)
        if self._names:
            names = [searched[one.start : one.end] for one in found if one.kind is Kind.name]
            found += WordFinder([KnownWords(Kind.name, DetectionMethod.rule, names)]).find(text)
        return [one for one in found if one.start < one.end]


def _in_original(text: str, view: View, detections: Iterable[Detection]) -> Iterator[Detection]:
    keeps_offsets = view.keeps_offsets
    for one in detections:
        start, end = (one.start, one.end) if keeps_offsets else view.span(one.start, one.end)
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        is_same = start == one.start and end == one.end
        yield one if is_same else replace(one, start=start, end=end)


def _overlaps(one: Detection, ordered: Sequence[Detection]) -> bool:
    at = bisect_left(ordered, one.end, key=lambda other: other.start)
    return at > 0 and ordered[at - 1].end > one.start


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
