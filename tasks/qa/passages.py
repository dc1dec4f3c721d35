"""Ranks the parts of a long document by the words that they share with a question."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

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


def likely_parts(
    text: str, parts: Sequence[Part], questions: Sequence[str], most: int
) -> list[list[int]]:
    """For each question the numbers of at most `most` parts, the likeliest first."""
    index = [frozenset(grams(text[part.start : part.end])) for part in parts]
    counts = Counter(gram for of_part in index for gram in of_part)

    def score(shared: frozenset[str]) -> float:
        return sum(math.log(1 + len(parts) / counts[gram]) for gram in shared)

    ranked: list[list[int]] = []
    for question in questions:
        words = frozenset(grams(question))
        order = sorted(range(len(parts)), key=lambda at: (-score(words & index[at]), at))
        ranked.append(order[:most])
    return ranked
