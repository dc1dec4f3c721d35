"""What is to be written over which parts of a text, and who says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Replacement(Protocol):
    """Characters from `start` up to but not including `end` of a text become `replacement`.

    `label` says what they are, to be counted.
    """

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...

    @property
    def replacement(self) -> str: ...

    @property
    def label(self) -> str: ...


Find = Callable[[str], Sequence[Replacement]]
"""From a text to its replacements, in order; none overlaps another, none is needed after them."""


@dataclass(frozen=True, slots=True)
class Masking:
    """What is masked in a file: what `find` finds in its texts.

    `find_by_rule` is for attributes that steer how the document looks, in which known words are
    left alone. With `authors`, the names of authors are taken out too.
    """

    find: Find
    find_by_rule: Find
    authors: bool


def applied(text: str, replacements: Sequence[Replacement]) -> str:
    """`text` with the replacements made."""
    pieces, at = [], 0
    for one in replacements:
        pieces += [text[at : one.start], one.replacement]
        at = one.end
    return "".join([*pieces, text[at:]])
