"""Numbers with one character per table cell or box, as in forms."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.text.plain import bare

# Between two cells or boxes: a tab, a comma or a line, between quotes or brackets or not. In text
# from Word, the end of a cell's paragraph precedes the end of the cell.
_BETWEEN = (
    r"[ \n]{0,3}\t[ ]{0,2}|[\"'\])]?[ ]{0,2}[,;|\u2502\u2503\u3001][ ]{0,2}[\"'\[(]?"
    r"|[\])][ ]{0,2}[\[(]"
)
_INNER_CELL = re.compile(r"[\t,;|\u2502\u2503\u3001\[(\"'][ ]{0,2}[0-9A-Za-z][ \n]{0,3}"
                         r"[\t,;|\u2502\u2503\u3001\])\"']")  # fmt: skip
_RUN = re.compile(
    rf"(?<![0-9A-Za-z])(?P<run>[0-9A-Za-z](?P<gap>{_BETWEEN})"
    r"[0-9A-Za-z](?:(?P=gap)[0-9A-Za-z])+)(?!(?P=gap)?[0-9A-Za-z])"
)


def one_per_cell(text: str, least: int, most: int) -> Iterator[re.Match[str]]:
    """Matches `least` to `most` cells in a row, at least 3, with one letter or digit each, as group
    `run`.
    """
    for match in _RUN.finditer(text) if _INNER_CELL.search(text) else ():
        if least <= len(bare(match["run"])) <= most:
            yield match
