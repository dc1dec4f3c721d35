"""Raised numbers on a page: `10` with a small raised `8` is `10^8`, and not 108."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.page.page_lines import Box, Glyph

_BASE = re.compile(r"[0-9A-Za-zα-ω)）米]")
_EXPONENT = re.compile(r"[0-9+\-−–]")
_SMALL = 0.8  # of the height of the base
_RAISED = 0.15  # likewise: the lower edge is so much higher
_LEVEL = 0.4  # likewise: the upper edges are nearer
_NEAR = 0.35  # likewise: the exponent follows


def with_powers(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The characters with a sign before each raised number, and a space before other digits."""
    found: list[Glyph] = []
    base: Glyph | None = None  # of the raised number that the last character belongs to
    last: Glyph | None = None
    for glyph in glyphs:
        if glyph.box is None or glyph.is_space or last is None:
            found.append(glyph)
            last = last if glyph.is_generated and glyph.char == " " else glyph
            base = base if last is not glyph else None
            continue
        if base is not None and not _is_above(base, glyph, last):
            found += [Glyph(" ", None, is_generated=True)] if glyph.char.isdecimal() else []
            base = None
        elif base is None and _BASE.fullmatch(last.char) and _is_above(last, glyph, last):
            while found and found[-1].is_generated:
                found.pop()
            found.append(Glyph("^", None, is_generated=True))
            base = last
        found.append(glyph)
        last = glyph
    return found


def _is_above(base: Glyph, glyph: Glyph, last: Glyph) -> bool:
    """Whether a character is smaller than the base, raised, and follows the last one."""
    if base.box is None or glyph.box is None or last.box is None:
        return False
    height = _height(base.box)
    return (
        _EXPONENT.fullmatch(glyph.char) is not None
        and _height(glyph.box) < _SMALL * height
        and base.box[3] - glyph.box[3] > _RAISED * height
        and abs(glyph.box[1] - base.box[1]) < _LEVEL * height
        and -_NEAR * height < glyph.box[0] - last.box[2] < _NEAR * height
    )


def _height(box: Box) -> float:
    return box[3] - box[1]
