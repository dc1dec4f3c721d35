"""Replacements in a text, and the functions that find them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from documents.masking.cover import Cover


class Replacement(Protocol):
    """Replaces the characters from `start` up to but not including `end` with `replacement`.

    `label` is the kind of text that is replaced, for the counts. `value` is the text that is
    replaced, as a reader sees it: without escapes, invisible characters and line breaks in words.
    """

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...

    @property
    def replacement(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def value(self) -> str: ...


Find = Callable[[str], Sequence[Replacement]]
"""Finds the replacements in a text: ordered, not overlapping, and complete, so that the masked text
needs none.
"""


@dataclass(frozen=True, slots=True)
class Masking:
    """What is masked in a file.

    Attributes:
        find: Finds the replacements in text.
        find_by_rule: The same for attributes that control layout, without the known words: `left`
            in such an attribute is not text.
        find_values: Returns a function that finds the given texts and nothing else.
        authors: Also remove the names of authors.
        cover: What is covered in pictures, besides text.
        simplest: Write the simplest form of a file, because another one was not clean or lacked
            text: the pages of a PDF as pictures without text, a converted document as text.
    """

    find: Find
    find_by_rule: Find
    find_values: Callable[[Iterable[str]], Find]
    authors: bool
    cover: frozenset[Cover] = frozenset()
    simplest: bool = False


def applied(text: str, replacements: Sequence[Replacement]) -> str:
    """`text` with the replacements."""
    pieces, at = [], 0
    for one in replacements:
        pieces += [text[at : one.start], one.replacement]
        at = one.end
    return "".join([*pieces, text[at:]])
