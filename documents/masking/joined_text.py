"""Masks a text that is divided over several places of a file, such as runs or cells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

from documents.masking.replacement import Find, Replacement


class Piece(Protocol):
    """A part of a text. `cut` replaces the characters from `start` to `end`."""

    @property
    def text(self) -> str: ...

    @property
    def is_writable(self) -> bool: ...

    def cut(self, start: int, end: int, replacement: str) -> None: ...


class Separator:
    """Text between pieces that the file does not store, such as the end of a paragraph."""

    is_writable = False

    def __init__(self, text: str) -> None:
        self.text = text

    def cut(self, start: int, end: int, replacement: str) -> None:
        """Leave the text as it is."""


def mask_joined(
    pieces: Sequence[Piece], find: Find, *, in_place: bool = False
) -> Sequence[Replacement]:
    """Mask the text of all pieces together. Returns the replacements.

    Each replacement is written at its first character, and the other characters are deleted. A
    replacement that spans cells has the length of the original, and each cell gets its part; with
    `in_place`, so does each piece if the replacement has the length of the original.
    """
    texts = [piece.text for piece in pieces]
    changes = find("".join(texts))
    if not changes:
        return changes
    starts = list(accumulate(map(len, texts[:-1]), initial=0))
    index = len(pieces) - 1
    for change in reversed(changes):
        index = _last(starts, index, change.end)
        first = index
        while starts[first] > change.start:
            first -= 1
        divides = "\t" in change.replacement or (
            in_place and len(change.replacement) == change.end - change.start
        )
        _apply(pieces, starts, range(first, index + 1), change, divides=divides)
        index = first
    return changes


def _last(starts: Sequence[int], index: int, end: int) -> int:
    """The last piece that begins before `end`."""
    while starts[index] >= end:
        index -= 1
    return index


def _apply(
    pieces: Sequence[Piece],
    starts: Sequence[int],
    touched: range,
    change: Replacement,
    *,
    divides: bool,
) -> None:
    writable = next((at for at in touched if pieces[at].is_writable), None)
    for each in touched:
        begin, stop = max(0, change.start - starts[each]), change.end - starts[each]
        if divides:
            at = starts[each] + begin - change.start
            words = change.replacement[at : at + len(pieces[each].text) - begin]
        else:
            words = change.replacement if each == writable else ""
        if pieces[each].is_writable:
            pieces[each].cut(begin, stop, words)
