"""Finds the edits between two versions of a passage, in readable units.

Clauses that occur exactly once in both versions are anchors. Only the text between anchors is
compared by characters, so the time does not grow with the square of the length.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from tasks.text.edits import Edit

# The largest product of two lengths that are compared by characters.
MOST_PAIRS = 250_000
# Clauses may be unique between two anchors but not in the whole text: search again, this often.
DEEPEST = 20
# Edits with fewer equal characters between them are joined.
LEAST_BETWEEN = 2
_CLAUSE = re.compile(r"[^，。；：、！？,;!?\n]*[，。；：、！？,;!?\n]?")
_WORD = re.compile(r"[A-Za-z0-9_]+(?:[.,]\d+)*|.", re.DOTALL)


@dataclass(slots=True)
class Work:
    """The work that comparisons may still take, in pairs of equal words, and what it was too little
    for: `whole_passages` counts the passages that were not compared but replaced as a whole.
    """

    pairs_left: int = 10_000_000
    whole_passages: int = 0


def find_edits(old: str, new: str, work: Work | None = None) -> Iterator[Edit]:
    """Yields the edits that turn `old` into `new`, in order, with offsets into `old`."""
    return _joined(old, _edits(old, new, 0, work or Work()))


def limited(edits: Iterable[Edit], old: str, most: int) -> list[Edit]:
    """Returns at most `most` edits with the same result: the last one joins all further ones."""
    listed: list[Edit] = []
    joined: list[str] = []
    end = 0
    for edit in edits:
        if len(listed) < most:
            listed.append(edit)
        else:
            joined += [old[end : edit.start], edit.new]
        end = edit.start + len(edit.old)
    if joined:
        last = listed[-1]
        new = last.new + "".join(joined)
        listed[-1] = Edit(start=last.start, old=old[last.start : end], new=new)
    return listed


def longest_rising(values: Sequence[int], weights: Sequence[int] | None = None) -> list[int]:
    """Returns indexes of the rising subsequence with the largest sum of weights (1 by default)."""
    if not values:
        return []
    weights = weights or [1] * len(values)
    ranks = {value: rank for rank, value in enumerate(sorted(set(values)), start=1)}
    best: list[tuple[int, int]] = [(0, -1)] * (len(ranks) + 1)  # a Fenwick tree of maxima
    before: list[int] = []
    ends: list[tuple[int, int]] = []
    for index, value in enumerate(values):
        rank = ranks[value]
        end, at = (0, -1), rank - 1
        while at:
            end, at = max(end, best[at]), at & (at - 1)
        before.append(end[1])
        reached = (end[0] + weights[index], index)
        ends.append(reached)
        while rank <= len(ranks):
            best[rank] = max(best[rank], reached)
            rank += rank & -rank
    run, at = [], max(ends)[1]
    while at >= 0:
        run.append(at)
        at = before[at]
    return run[::-1]


def _edits(old: str, new: str, offset: int, work: Work, depth: int = 0) -> Iterator[Edit]:
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    offset += start
    if not old or not new:
        if old or new:
            yield Edit(start=offset, old=old, new=new)
        return
    anchors = _anchors(old, new) if depth < DEEPEST else []
    if not anchors:
        yield from _of_words(old, new, offset, work)
        return
    done_old = done_new = 0
    for at_old, at_new, length in [*anchors, (len(old), len(new), 0)]:
        left = old[done_old:at_old], new[done_new:at_new]
        yield from _edits(*left, offset + done_old, work, depth + 1)
        done_old, done_new = at_old + length, at_new + length


def _common(old: str, new: str) -> int:
    """Returns the length of the common prefix; does not split numbers or Latin words."""
    most = min(len(old), len(new))
    low = 0
    step = most
    while step:
        if low + step <= most and old[low : low + step] == new[low : low + step]:
            low += step
        else:
            step //= 2
    while low > 0 and _inside_word(old, low, new):
        low -= 1
    return low


def _inside_word(old: str, at: int, new: str) -> bool:
    before = old[at - 1]
    after = (old[at : at + 1], new[at : at + 1])
    return _is_word(before) and any(_is_word(one) for one in after)


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _anchors(old: str, new: str) -> list[tuple[int, int, int]]:
    """Returns clauses unique in both and in the same order: both offsets and the length."""
    in_old, in_new = _clauses(old), _clauses(new)
    shared = [
        (place, in_new[clause], len(clause)) for clause, place in in_old.items() if clause in in_new
    ]
    return [shared[index] for index in longest_rising([at_new for _, at_new, _ in shared])]


def _clauses(text: str) -> dict[str, int]:
    found = [(match.group(), match.start()) for match in _CLAUSE.finditer(text) if match.group()]
    counts = Counter(clause for clause, _ in found)
    return {clause: place for clause, place in found if counts[clause] == 1 and len(clause) > 2}


def _of_words(old: str, new: str, offset: int, work: Work) -> Iterator[Edit]:
    if len(old) * len(new) > MOST_PAIRS:
        work.whole_passages += 1
        yield Edit(start=offset, old=old, new=new)
        return
    old_words, new_words = _WORD.findall(old), _WORD.findall(new)
    counts = Counter(new_words)
    pairs = sum(counts[word] for word in old_words)
    if pairs > work.pairs_left:
        work.whole_passages += 1
        yield Edit(start=offset, old=old, new=new)
        return
    work.pairs_left -= pairs
    matcher = SequenceMatcher(None, old_words, new_words, autojunk=False)
    place = 0
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        replaced = "".join(old_words[first:last])
        if tag != "equal":
            by = "".join(new_words[new_first:new_last])
            yield Edit(start=offset + place, old=replaced, new=by)
        place += len(replaced)


def _joined(text: str, edits: Iterator[Edit]) -> Iterator[Edit]:
    """Joins edits that are close together, so that the result is readable."""
    last: Edit | None = None
    for edit in edits:
        if last is None:
            last = edit
            continue
        end = last.start + len(last.old)
        between = text[end : edit.start]
        if len(between) < LEAST_BETWEEN:
            old, new = last.old + between + edit.old, last.new + between + edit.new
            last = Edit(start=last.start, old=old, new=new)
        else:
            yield last
            last = edit
    if last is not None:
        yield last
