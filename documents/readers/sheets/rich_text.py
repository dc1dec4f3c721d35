"""Texts with several fonts in a binary workbook: raised and lowered digits keep their value."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise

from documents.ooxml.formats.values import one_line
from documents.readers.html.raised import DOWN, END, UP, linear
from documents.readers.sheets.binary_records import unsigned, wide_string

_IS_RICH = 1
_RUN = struct.Struct("<HH")
_MARKS = {1: UP, 2: DOWN}


def rich_text(body: bytes, at: int, positions: Sequence[int]) -> str:
    """The text at a place of a record on one line, as `10^8` (MS-XLSB 2.5.121).

    `positions` are those of the fonts: 1 is raised, 2 is lowered. Raises `CorruptDocument`.
    """
    text, end = wide_string(body, at + 1)
    runs = _runs(body, end) if unsigned(body, at, 1) & _IS_RICH and any(positions) else ()
    return with_positions(text, runs, positions)


def with_positions(text: str, runs: Sequence[tuple[int, int]], positions: Sequence[int]) -> str:
    """A text on one line, as `10^8`; `runs` are the first character and the font of each."""
    if not runs:
        return one_line(text)
    # Places count UTF-16 units.
    units = text.encode("utf-16-le", "surrogatepass")
    pieces = [units[: 2 * runs[0][0]].decode("utf-16-le", "replace")]
    for (start, font), (stop, _) in pairwise([*runs, (len(units), 0)]):
        words = units[2 * start : 2 * stop].decode("utf-16-le", "replace")
        mark = _MARKS.get(positions[font]) if font < len(positions) else None
        pieces.append(f"{mark}{words}{END}" if mark and words else words)
    return one_line(linear("".join(pieces)))


def _runs(body: bytes, at: int) -> Sequence[tuple[int, int]]:
    """The first character and the font of each run, as many as the record has."""
    count = unsigned(body, at) if at + 4 <= len(body) else 0
    start = at + 4
    whole = min(count * _RUN.size, (len(body) - start) // _RUN.size * _RUN.size)
    return list(_RUN.iter_unpack(body[start : start + whole])) if whole > 0 else ()
