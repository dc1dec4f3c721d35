"""Ranks the parts of a long document by the words that they share with a question."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from documents.document import Document
from tasks.model.split import Part
from tasks.text.plain import HAN, plain

_HAN_RUN = re.compile(f"[{HAN}]+")
_WORD = re.compile(r"[^\W_]+")
_STOP_WORD_LIST = (
    "the a an of to in on at is are was were be and or for by with from that this it as who what "
    "when where which how why does do did 什么 哪些 多少 如何 怎么 是否 的是 有哪 是什"
)
_STOP_WORDS = frozenset(_STOP_WORD_LIST.split(" "))


def grams(text: str) -> Counter[str]:
    """Pairs of Chinese characters, and words of other scripts in lower case."""
    searched = plain(text).casefold()
    counts: Counter[str] = Counter()
    for run in _HAN_RUN.findall(searched):
        counts.update(run[at : at + 2] for at in range(max(1, len(run) - 1)))
    counts.update(_WORD.findall(_HAN_RUN.sub(" ", searched)))
    return Counter({gram: count for gram, count in counts.items() if gram not in _STOP_WORDS})


class PassageIndex:
    """An index of a document's parts by their words."""

    def __init__(self, document: Document, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._grams = [frozenset(grams(document.text[part.start : part.end])) for part in parts]
        self._part_counts = Counter(gram for grams_of_part in self._grams for gram in grams_of_part)

    def likely(self, question: str, most: int) -> list[Part]:
        """At most `most` parts, the likeliest first; equal ones in their order."""
        words = frozenset(grams(question))
        ranked = sorted(
            range(len(self._parts)), key=lambda at: (-self._score(words & self._grams[at]), at)
        )
        return [self._parts[at] for at in ranked[:most]]

    def _score(self, shared: frozenset[str]) -> float:
        return sum(math.log(1 + len(self._parts) / self._part_counts[gram]) for gram in shared)
