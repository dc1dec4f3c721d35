"""Numbers in several table cells or boxes: one character in each, as in forms, or one group."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tasks.text.plain import bare

# In text from Word, the end of a cell's paragraph precedes the end of the cell.
BETWEEN_CELLS = r"[ \n]{0,3}[|\t\u2502\u2503][ ]{0,2}"
_ROW_END = re.compile(r"\n(?!\t)")
_LONGEST_ROW = 400
# Between two cells or boxes: a tab, a comma or a line, between quotes or brackets or not.
_BETWEEN = (
    r"[ \n]{0,3}\t[ ]{0,2}|[\"'\])]?[ ]{0,2}[,;|\u2502\u2503\u3001][ ]{0,2}[\"'\[(]?"
    r"|[\])][ ]{0,2}[\[(]"
)
_INNER_CELL = re.compile(r"[\t,;|\u2502\u2503\u3001\[(\"'][ ]{0,2}[0-9A-Za-z][ \n]{0,3}"
                         r"[\t,;|\u2502\u2503\u3001\])\"']")  # fmt: skip
_RUN = re.compile(
    rf"(?P<run>[0-9A-Za-z](?<![0-9A-Za-z].)(?P<gap>{_BETWEEN})"
    r"[0-9A-Za-z](?:(?P=gap)[0-9A-Za-z])+)(?!(?P=gap)?[0-9A-Za-z])"
)


def one_per_cell(text: str, least: int, most: int) -> Iterator[re.Match[str]]:
    """Matches `least` to `most` cells in a row, at least 3, with one letter or digit each, as group
    `run`.
    """
    for match in _RUN.finditer(text) if _INNER_CELL.search(text) else ():
        if least <= len(bare(match["run"])) <= most:
            yield match


def in_rows(pattern: re.Pattern[str], text: str) -> Iterator[Sequence[re.Match[str]]]:
    """Yields the matches of a number with a group in each cell: together those that stand in one
    row, or in rows of which each follows the one before.

    What looks like a number in one row of figures seldom does in the next.
    """
    together: list[re.Match[str]] = []
    for match in pattern.finditer(text):
        if together and not _is_next(text, together[-1].end(), match.start()):
            yield together
            together = []
        together.append(match)
    if together:
        yield together


def is_headed(text: str, at: int, label: re.Pattern[str]) -> bool:
    """Whether `label` is found in the row that has the offset, or in those before it."""
    return label.search(text, max(0, at - _LONGEST_ROW), at) is not None


def _is_next(text: str, end: int, start: int) -> bool:
    return start - end <= _LONGEST_ROW and len(_ROW_END.findall(text, end, start)) <= 1
