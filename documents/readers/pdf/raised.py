"""Raised and lowered numbers on a page: `10` with a small raised `8` is `10^8`, and not 108."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.page.page_lines import Box, Glyph

_BASE = re.compile(r"[0-9A-Za-zα-ω\U0001d400-\U0001d7ff)）米]")
_EXPONENT = re.compile(r"[0-9+\-−–]")
# Its height, and by how much its lower edge is higher, both of the height of the base. The boxes of
# two fonts differ, so that a raised number can be as high as its base.
_SHAPES = ((0.8, 0.15), (0.9, 0.3), (1.0, 0.45))
_LEVEL = 0.6  # likewise: the upper edges are nearer
# Likewise of a lowered number: its height, and by how much its lower edge is lower at least.
_LOWERED_SHAPES = ((0.8, -0.02), (0.9, 0.1))
_LOWERED = 0.3  # likewise: its upper edge
_NEAR = 0.35  # likewise: the exponent follows


def with_powers(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The characters with a sign before each raised number, and before each lowered one after a
    digit; and with a space before other digits.
    """
    found: list[Glyph] = []
    base: Glyph | None = None  # of the number that the last character belongs to
    last: Glyph | None = None
    sign = ""
    for glyph in glyphs:
        if glyph.box is None or glyph.is_space or last is None:
            found.append(glyph)
            last = last if glyph.is_generated else glyph
            base = base if last is not glyph else None
            continue
        if base is not None and _sign(base, glyph, last) != sign:
            found += [Glyph(" ", None, is_generated=True)] if glyph.char.isdecimal() else []
            base = None
        elif base is None and (sign := _sign(last, glyph, last)):
            while found and found[-1].is_generated:
                found.pop()
            found.append(Glyph(sign, None, is_generated=True))
            base = last
        found.append(glyph)
        last = glyph
    return found


def _sign(base: Glyph, glyph: Glyph, last: Glyph) -> str:
    """`^` or `_` for a raised or lowered number that follows the last character; else empty."""
    if base.box is None or glyph.box is None or last.box is None:
        return ""
    height = _height(base.box)
    if not (
        _EXPONENT.fullmatch(glyph.char)
        and -_NEAR * height < glyph.box[0] - last.box[2] < _NEAR * height
    ):
        return ""
    if _BASE.fullmatch(base.char) and _is_raised(base.box, glyph.box, height):
        return "^"
    return "_" if base.char.isdecimal() and _is_lowered(base.box, glyph.box, height) else ""


def _is_raised(base: Box, box: Box, height: float) -> bool:
    return abs(box[1] - base[1]) < _LEVEL * height and any(
        _height(box) < size * height and base[3] - box[3] > raised * height
        for size, raised in _SHAPES
    )


def _is_lowered(base: Box, box: Box, height: float) -> bool:
    return _LOWERED * height < box[1] - base[1] < height and any(
        _height(box) < size * height and lowered * height < box[3] - base[3] < _LEVEL * height
        for size, lowered in _LOWERED_SHAPES
    )


def _height(box: Box) -> float:
    return box[3] - box[1]
