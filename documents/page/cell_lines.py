"""The lines of a cell: whether one goes on in the next, and their text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.page.lines import LIST_MARK, join
from documents.page.page_lines import Line

_LABEL = re.compile(r"(?:[^\s，。；：:\d]\s{0,9}){1,18}[：:]")
_FIGURE = re.compile(r"[-+(（]?[¥￥$€£]?[\d.,%/:：-]+[)）%]?")
_IN_SENTENCE = re.compile(r"[，。；：、（(]|[A-Za-z]$")


def words(cell: Sequence[Line]) -> str:
    """The text of a cell. A label or a mark of a list begins a piece of it."""
    text = ""
    for line in cell:
        own = " ".join(line.text.split())
        text = f"{text} {own}".strip() if _begins_piece(own) else join(text, own)
    return text


def continues(above: Line, line: Line, width: float) -> bool:
    """Whether the first word of a line had no room on the one above it, in a cell of this width."""
    if _begins_piece(line.text):
        return False
    # A figure below a figure or a heading is a cell of its own.
    if is_figure(line.text) and not _IN_SENTENCE.search(above.text):
        return False
    first = min(line.first_word, line.box[2] - line.box[0])
    return above.box[2] - above.box[0] + first > width - 2 * line.height


def begins_cell(text: str) -> bool:
    """Whether a text is a figure or begins with a label, and so is not the rest of a cell."""
    return is_figure(text) or is_labelled(text)


def is_figure(text: str) -> bool:
    """Whether a text is a number, an amount or a date in figures."""
    return bool(_FIGURE.fullmatch(text))


def is_labelled(text: str) -> bool:
    """Whether a text begins with a label and a colon."""
    return bool(_LABEL.match(text))


def _begins_piece(text: str) -> bool:
    return is_labelled(text) or bool(LIST_MARK.match(text))
