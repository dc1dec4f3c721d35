"""Compares quotations with their source."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

_ELLIPSIS = re.compile(r"…+|\.{3,}|⋯+")
_FOLD = str.maketrans(dict.fromkeys("“”‘’「」'", '"'))
_ENDS = "。，；、：,.;:"
_LONGEST_SHOWN = 500
_LEAST_WORK = 200
# The cost of comparing two characters, in characters searched.
_COMPARISON = 10
# A longer quotation is compared by its beginning.
_LONGEST_COMPARED = 1_000


@dataclass(slots=True)
class Work:
    """What remains of the work that one text's quotations may take, in characters searched."""

    left: int = 200_000_000

    @property
    def is_done(self) -> bool:
        return self.left <= 0


def contains_quotation(words: str, quote: str, work: Work) -> bool:
    """Whether a normalised text contains the quoted words.

    `…` in the quotation stands for omitted text. White space and the form of quotation marks are
    ignored. If the quotation ends with a punctuation mark, the text must have some mark there.
    """
    work.left -= _LEAST_WORK + len(words) + len(quote)
    at = 0
    *pieces, last = [plain_words(piece) for piece in _ELLIPSIS.split(quote)]
    for piece in pieces:
        bare = piece.strip(_ENDS)
        at = words.find(bare, at)
        if at < 0:
            return False
        at += len(bare)
    bare = last.strip(_ENDS)
    if last == last.rstrip(_ENDS):
        return words.find(bare, at) >= 0
    at_end = words.endswith(bare) and len(words) - len(bare) >= at
    return at_end or any(words.find(bare + mark, at) >= 0 for mark in _ENDS)


def nearest_words(text: str, quote: str, work: Work) -> str:
    """Returns the passage of `text` that is most similar to `quote`."""
    work.left -= _COMPARISON * len(text)
    quote = quote[:_LONGEST_COMPARED]
    text = _around(text, quote)
    work.left -= _COMPARISON * len(text) * len(quote)
    blocks = [
        block
        for block in SequenceMatcher(None, text, quote, autojunk=False).get_matching_blocks()
        if block.size > 1
    ]
    if not blocks:
        return text[:_LONGEST_SHOWN]
    first, last = blocks[0], blocks[-1]
    end = last.a + last.size + len(quote) - last.b - last.size
    return text[max(0, first.a - first.b) : max(end, 0)][:_LONGEST_SHOWN]


def _around(text: str, quote: str) -> str:
    """Returns the part of a long text where most bigrams of `quote` are at the same distance."""
    width = 2 * len(quote)
    if len(text) <= 2 * width:
        return text
    offsets: dict[str, int] = {}
    for place, (first, second) in enumerate(pairwise(quote)):
        offsets.setdefault(first + second, place)
    votes = Counter(
        (at - offset) // len(quote)
        for at, (first, second) in enumerate(pairwise(text))
        if (offset := offsets.get(first + second)) is not None
    )
    best = max(votes, key=lambda place: (votes[place] + votes[place + 1], -place), default=0)
    start = max(0, best * len(quote))
    return text[start : start + width]


def plain_words(text: str) -> str:
    """Removes white space and the differences between quotation marks."""
    return "".join(text.split()).translate(_FOLD)
