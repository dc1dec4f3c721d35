"""Splits Chinese and European texts into sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.document import Document

LONGEST = 400

_END = re.compile(
    r"(?:[。！？；…]|(?:(?<=[^\s.!?;])|(?<=[\s.][!?;]))[!?;]++(?=\s|$)|\.(?=\s|$))+"
    r"[”’」』）〉》\"')\]]*+\s*+|(?<!\s)\s*\n\s*+"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Z]|No|Nos|Mr|Mrs|Ms|Dr|St|Art|Sec|Fig|vol|pp?|vs|cf|approx|e\.g|i\.e)\.\s*$"
)
_CLAUSE = re.compile(r"[，、,：:]\s*|\s+")


def sentence_spans(document: Document) -> list[tuple[int, int]]:
    """Returns the offsets of every sentence; sentences do not cross blocks and are not blank.

    A sentence longer than `LONGEST` characters is split at the end of a clause or a word.
    """
    blocks = [(block.start, block.end) for block in document.blocks]
    return [
        piece
        for start, end in blocks or [(0, len(document.text))]
        for sentence in _sentences(document.text, start, end)
        for piece in _pieces(document.text, *sentence)
    ]


def sentence_ends(text: str, start: int, end: int) -> list[int]:
    """Returns the offsets after each sentence and its white space, between `start` and `end`."""
    return [
        match.end()
        for match in _END.finditer(text, start, end)
        if not _ABBREVIATION.search(text, max(start, match.end() - 16), match.end())
    ]


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for cut in [*sentence_ends(text, start, end), end]:
        sentence = text[start:cut]
        stripped = sentence.strip()
        if stripped:
            first = start + len(sentence) - len(sentence.lstrip())
            yield first, first + len(stripped)
        start = cut


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        cuts = [m.end() for m in _CLAUSE.finditer(text, start + LONGEST // 2, start + LONGEST)]
        cut = cuts[-1] if cuts else start + LONGEST
        yield start, start + len(text[start:cut].rstrip())
        start = cut
    if text[start:end].strip():
        yield start, end
