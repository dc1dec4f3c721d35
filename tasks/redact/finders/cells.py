"""Numbers with one character per table cell, as in forms."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.text.plain import compact

# In text from Word, the end of a cell's paragraph precedes the end of the cell.
_RUN = re.compile(
    r"(?<![^ \n\t])(?P<run>[0-9A-Za-z](?P<gap>[ \n]{0,3}\t[ ]{0,2})"
    r"[0-9A-Za-z](?:(?P=gap)[0-9A-Za-z])+)(?=[ \n\t]|$)"
)


def one_per_cell(text: str, count: int) -> Iterator[re.Match[str]]:
    """Matches exactly `count` cells in a row with one letter or digit each, as group `run`."""
    for match in _RUN.finditer(text):
        if len(compact(match["run"])) == count:
            yield match
