"""Vertical text, whose lines are read from the right to the left.

A vertical page is turned so that its lines run across and from the top, is then read as any other,
and its boxes are turned back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from documents.page.blocks import Box, Glyph

_SHARE = 0.6  # of the steps from one character to the next
_LEAST_STEPS = 4
_MOST = 500
_NEAR = 0.6  # of a character: characters further apart are not neighbours


def is_vertical(glyphs: Sequence[Glyph]) -> bool:
    """Whether most of the first characters stand below the one before them."""
    down = across = 0
    last: Box | None = None
    for char, box, _, _ in glyphs[:_MOST]:
        if box is None or char.isspace():
            continue
        if last is not None:
            size = min(box[3] - box[1], last[3] - last[1])
            if abs(box[0] - last[0]) < size / 3 and abs(box[1] - last[3]) < _NEAR * size:
                down += 1
            elif abs(box[1] - last[1]) < size / 2 and abs(box[0] - last[2]) < _NEAR * size:
                across += 1
        last = box
    return down >= _LEAST_STEPS and down > _SHARE * (down + across)


def turned(glyphs: Iterable[Glyph], width: float) -> list[Glyph]:
    """The characters of a vertical page of this width, as if its lines were horizontal."""
    return [
        glyph._replace(box=_turned(glyph.box, width)) if glyph.box else glyph for glyph in glyphs
    ]


def _turned(box: Box, width: float) -> Box:
    left, top, right, bottom = box
    return top, width - right, bottom, width - left


def turned_back(box: Box, width: float) -> Box:
    """The box on the page of one on the turned page."""
    left, top, right, bottom = box
    return round(width - bottom, 2), left, round(width - top, 2), right
