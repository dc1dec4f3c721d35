"""The lines of calendars and vCards, which are text files (RFC 5545, 3.1; RFC 6350, 3.2 to 3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

FOLD = re.compile(r"\r?\n[ \t]")
"""What divides a long line: a line end and one character of white space."""
_BEGIN = re.compile(r"^BEGIN:V[A-Z]", re.IGNORECASE | re.MULTILINE)
_LINE = re.compile(
    r"^(?:[A-Za-z0-9-]{1,64}\.)?(?P<name>[A-Za-z][A-Za-z0-9-]{0,63})[;:][^\r\n]+", re.MULTILINE
)
# Times, days on which something recurs, and places on a map.
_FIGURES = frozenset(("EXDATE", "RDATE", "RRULE", "EXRULE", "FREEBUSY", "GEO"))
_PART_END = re.compile(
    r"(?<!\d)\d{1,3}(?:\\?,\d{3}){1,6}(?!\d)"  # an amount
    r"|(?<=[^\W_])(?P<end>(?:\\?[,;]){1,6})(?=[ ]?[^\W_])"
)


def is_folded(text: str) -> bool:
    """Whether the text is, or has in it, a calendar or a vCard with folded lines."""
    return _BEGIN.search(text) is not None and FOLD.search(text) is not None


def part_ends(text: str) -> Iterator[tuple[int, int]]:
    """Yield where `,` and `;` divide the value of a property, escaped or not, in calendars and
    vCards in a text; not in lists of times and in amounts such as `1,234`.
    """
    begin = _BEGIN.search(text)
    if begin is None:
        return
    for line in _LINE.finditer(text, begin.start()):
        if line["name"].upper() in _FIGURES:
            continue
        for mark in _PART_END.finditer(text, *line.span()):
            if mark["end"]:
                yield mark.span()
