"""Values in two or three parts, each in an element of its own: tags, properties, annotations.

Equal parts of one kind of element are one entry, so that a value of equal parts is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, permutations

from documents.inventory.entry import Entry, EntryKind

_NUMBER = re.compile(r"\d+")
_LONGEST, _MOST_PARTS = 18, 3
_TEXTS = frozenset((EntryKind.hidden, EntryKind.metadata, EntryKind.shown, EntryKind.name))
_IDENTITY = re.compile(r"[1-9]\d{5}(?:19|20)\d{9}[\dXx]")
# Figures beside each other, as those of a chart, may have as many digits.
_MOBILE = re.compile(r"1[3-9]\d{9}")
_FEW_FIGURES = re.compile(
    r"docProps/|Tags?/|, annotation|\bform\b|\bsettings\b"
    r"| of (?:inputCells|listItem|listEntry|li)\b"
)
# Numbers of which each ends in zero are quantities.
_ROUND = "0"
# The end of an identity number may be a letter.
_DIGITS = re.compile(r"\d{1,17}[Xx]?|[Xx]")
_FEW_PARTS = 6
_DIGITS_OF_VALUES = (11, 18)  # of mobiles and of identity numbers
# What programs number, such as `Sheet1`.
_NUMBERED = re.compile(r"[^\d@]*\d{1,4}")
_ITEM_END = re.compile("[,;，；、]")
_LONGEST_LIST = 500
_META = "content of meta"  # of a web page
_INNER = re.compile(r"[^\W_]|[@.]")


def with_neighbours(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the entries, and short ones joined with those before them in places of the same kind.

    Places are of the same kind if they differ in numbers only. A joined text is listed only if it
    looks like a value that was divided, and once. So are the items of a list of keywords.
    """
    listed: set[tuple[str, str]] = set()
    before: dict[str, Sequence[Entry]] = {}
    for entry in entries:
        yield entry
        if _is_list(entry):
            for value in joined_values(_ITEM_END.split(entry.text)):
                if value.count("@") < 2:  # addresses are whole
                    yield Entry(f"{entry.where}, items", value, EntryKind.hidden)
        if entry.whole or entry.kind not in _TEXTS or not 0 < len(entry.text) <= _LONGEST:
            continue
        place = _NUMBER.sub("#", entry.where)
        parts = [*before.get(place, ()), entry][-_MOST_PARTS:]
        before[place] = parts
        for first in range(len(parts) - 1):
            texts = [part.text.strip() for part in parts[first:]]
            joined = (place, "".join(texts))
            if joined not in listed and _is_divided(texts, among_few=_is_among_few(entry)):
                listed.add(joined)
                where = f"{entry.where}, with what is before it"
                yield Entry(where, joined[1], EntryKind.hidden)


def _is_list(entry: Entry) -> bool:
    """Whether an entry is a list of a few words that describe a document."""
    return (
        len(entry.text) <= _LONGEST_LIST
        and (entry.kind is EntryKind.metadata or entry.where == _META)
        and _ITEM_END.search(entry.text) is not None
    )


def joined_values(texts: Sequence[str]) -> Iterator[str]:
    """Yield the texts of a short list, in twos and threes, where they look like a divided value."""
    yield from (value for _, value in divided_values(texts, among_few=True))


def divided_values(texts: Sequence[str], *, among_few: bool) -> Iterator[tuple[range, str]]:
    """Yield the values that two or three neighbouring texts form, and which texts these are.

    `among_few`: numbers beside each other are rather parts of a value than figures, as in a list
    of few items.
    """
    for end in range(2, len(texts) + 1):
        if len(texts[end - 1]) > _LONGEST:
            continue
        for first in range(max(0, end - _MOST_PARTS), end - 1):
            parts = [text.strip() for text in texts[first:end]]
            if _is_divided(parts, among_few=among_few):
                yield range(first, end), "".join(parts)


def may_form_value(texts: Sequence[str]) -> bool:
    """Whether two or three of a few texts, or all of them, may be a value in some order.

    Only texts of digits are looked at. More than six may be a value if they have as many digits as
    one, one or two in each; numbers that count up are none.
    """
    parts = [text for text in map(str.strip, texts) if _DIGITS.fullmatch(text)]
    size = len("".join(parts))
    if size < min(_DIGITS_OF_VALUES):
        return False
    if len(parts) > _FEW_PARTS:
        return size in _DIGITS_OF_VALUES and max(map(len, parts)) <= 2 and not _counts_up(parts)
    counts = {2, 3, len(parts)} if size in _DIGITS_OF_VALUES else {2, 3}
    return any(
        _is_divided(some, among_few=True)
        for count in counts
        for some in permutations(parts, count)
        if count > 1
    )


def _counts_up(parts: Sequence[str]) -> bool:
    return all(
        one.isdecimal() and other.isdecimal() and int(other) == int(one) + 1
        for one, other in pairwise(parts)
    )


@lru_cache(1_024)  # the same places hold many texts
def has_few_figures(where: str) -> bool:
    """Whether the numbers in a place of a file, such as `val of listEntry`, are few."""
    return _FEW_FIGURES.search(where) is not None


def _is_among_few(entry: Entry) -> bool:
    return entry.kind is EntryKind.metadata or has_few_figures(entry.where)


def _is_divided(texts: Sequence[str], *, among_few: bool) -> bool:
    joined = "".join(texts)
    if joined.isascii() and "@" not in joined:
        is_mobile = among_few and _MOBILE.fullmatch(joined) and not _are_round(texts)
        return bool(_IDENTITY.fullmatch(joined) or is_mobile)
    return not any(map(_NUMBERED.fullmatch, texts)) and all(
        _INNER.match(one[-1:]) and _INNER.match(other[:1]) for one, other in pairwise(texts)
    )


def _are_round(texts: Sequence[str]) -> bool:
    return all(text.endswith(_ROUND) for text in texts)
