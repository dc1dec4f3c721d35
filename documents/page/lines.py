"""Joins lines into paragraphs."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from itertools import pairwise
from unicodedata import east_asian_width

# Han, kana and their punctuation: written without spaces between words.
_UNSPACED = (
    "\u2e80-\u2fff\u3000-\u30ff\u3100-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
)
_UNSPACED_CHAR = re.compile(f"[{_UNSPACED}]")
_FIRST_WORD = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")
_ENDS = tuple("。！？；：.!?;:”」』）")
_LEADERS = frozenset(".．·…‥⋯")
_LEAST_LEADERS = 4
_PAGE_NUMBER = "0123456789ivxlcIVXLC()（）-—"
_SEPARATORS = "\t,;|"
LIST_MARK = re.compile(
    r"\s*(?:[-*•·●○■□▪◆◇➢☐☑☒]\s"
    r"|[(（]?(?:\d{1,3}|[一二三四五六七八九十百]{1,4}|[a-zA-Z]|[ivx]{1,4})(?:[)）、]|[.．](?=\D))"
    r"|第[一二三四五六七八九十百千零〇\d]{1,8}[编章节条款项])"
)


def is_unspaced(char: str) -> bool:
    """Whether `char` belongs to a script that puts no spaces between words."""
    return bool(_UNSPACED_CHAR.match(char))


def is_contents_entry(text: str) -> bool:
    """Whether a line ends with leader dots and a page number, as those of a list of contents do."""
    bare = "".join(text.split())
    title = bare.rstrip(_PAGE_NUMBER)
    return (
        len(title) < len(bare)
        and _LEADERS.issuperset(title[-_LEAST_LEADERS:])
        and (len(title) >= _LEAST_LEADERS)
    )


def join(above: str, below: str) -> str:
    """Join two lines of one paragraph: with a space between words, without one in Chinese."""
    above, below = above.rstrip(), below.lstrip()
    if not above or not below:
        return above + below
    spaced = not is_unspaced(above[-1]) and not is_unspaced(below[0])
    return f"{above} {below}" if spaced else above + below


def columns(text: str) -> int:
    """The width of `text` in terminal columns: a Chinese character takes two."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a plain text.

    A blank line ends a paragraph. So does a line end, as in Chinese official texts, unless the text
    is wrapped to a width of 40 to 130 columns and the next word had no room on the line. Rows of
    separated values are never wrapped.
    """
    groups = [
        [line for line in group.split("\n") if line.strip()]
        for group in re.split(r"\n\s*\n", text)
        if group.strip()
    ]
    width = max((columns(line) for group in groups for line in group), default=0)
    if not 40 <= width <= 130:
        return [line for group in groups for line in group]
    wrapped = _is_wrapped(groups, width)
    return [part for group in groups for part in _unwrap(group, width, wrapped=wrapped)]


def _is_wrapped(groups: list[list[str]], width: int) -> bool:
    """Whether most lines that are followed by another one are full."""
    full = [_is_full(above, below, width) for group in groups for above, below in pairwise(group)]
    return len(full) >= 3 and sum(full) >= 0.6 * len(full)


def _is_separated(group: Sequence[str]) -> bool:
    """Whether lines are rows of as many values, as of a CSV file.

    After the commas of a text there are spaces.
    """
    for separator in _SEPARATORS:
        rows = list(csv.reader(group, delimiter=separator))
        is_even = len(rows) == len(group) > 1 and len({len(row) for row in rows}) == 1
        if is_even and len(rows[0]) > 1:
            return not any(value.startswith(" ") for row in rows for value in row)
    return False


def _is_full(line: str, below: str, width: int) -> bool:
    """Whether the first word of the line below does not fit on this line."""
    word = _FIRST_WORD.search(below)
    gap = 0 if is_unspaced(line.rstrip()[-1:]) else 1
    return columns(line.rstrip()) + gap + columns(word.group() if word else "") > width


def _unwrap(group: list[str], width: int, *, wrapped: bool) -> list[str]:
    if _is_separated(group):
        return group
    parts = [group[0]]
    for above, below in pairwise(group):
        # Text wrapped by hand leaves some room.
        full = _is_full(above, below, round(width * 0.85) if wrapped else width)
        starts = below[:1].isspace() or LIST_MARK.match(below)
        ends = above.rstrip().endswith(_ENDS) and not wrapped
        if starts or ends or not full:
            parts.append(below)
        else:
            parts[-1] = join(parts[-1], below)
    return parts
