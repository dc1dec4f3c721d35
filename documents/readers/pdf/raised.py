"""Raised and lowered characters on a page: `10` with a small raised `8` is `10^8`, and not 108."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.page.page_lines import Box, Glyph

_BASE = re.compile(r"[0-9A-Za-zα-ω\U0001d400-\U0001d7ff)）米]")
_NUMBER = re.compile(r"[0-9+\-−–]+")
_LETTER = re.compile(r"[A-Za-z]")
# `n`, `2n`, `n-1`: other letters are the end of a word, as in 12th, or a mark.
_VARIABLE = re.compile(r"[+\-−–]?[0-9]*[A-Za-z](?:[+\-−–][0-9]+)?")
# Its height, and by how much its lower edge is higher, both of the height of the base. The boxes of
# two fonts differ, so that a raised number can be as high as its base.
_SHAPES = ((0.8, 0.15), (0.9, 0.3), (1.0, 0.45))
_LEVEL = 0.6  # likewise: the upper edges are nearer
# Likewise of a lowered number: its height, and by how much its lower edge is lower at least.
_LOWERED_SHAPES = ((0.8, -0.02), (0.9, 0.1))
_LOWERED = 0.3  # likewise: its upper edge
_NEAR = 0.35  # likewise: the exponent follows


def with_powers(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The characters with a sign before each raised number or variable, and before each lowered
    number after a digit or between a letter and a digit; and with a space before other digits.
    """
    found: list[Glyph] = []
    base: Glyph | None = None  # the last character
    is_in_word = False  # whether the base follows a letter
    at = 0
    while at < len(glyphs):
        glyph = glyphs[at]
        script = _script(glyphs, at, base, is_in_word=is_in_word) if base else None
        if script is None:
            found.append(glyph)
            if not (glyph.is_generated and (glyph.box is None or glyph.is_space)):
                is_in_word = base is not None and bool(_LETTER.match(base.char))
                base = glyph
            at += 1
            continue
        sign, end = script
        while found and found[-1].is_generated:
            found.pop()
        found += [Glyph(sign, None, is_generated=True), *glyphs[at:end]]
        if end < len(glyphs) and glyphs[end].char.isdecimal():
            found.append(Glyph(" ", None, is_generated=True))
        base, is_in_word, at = None, False, end
    return found


def _script(
    glyphs: Sequence[Glyph], at: int, base: Glyph, *, is_in_word: bool
) -> tuple[str, int] | None:
    """`^` or `_` and the end of the raised or lowered characters from `at`; None for others."""
    sign = _sign(base, glyphs[at], base)
    text, ends, last = "", list[int](), base
    for index in range(at, len(glyphs) if sign else at):
        glyph = glyphs[index]
        if glyph.is_generated:
            continue
        if _sign(base, glyph, last) != sign:
            break
        text, last = text + glyph.char, glyph
        ends.append(index + 1)
    if sign == "^" and not is_in_word and _VARIABLE.fullmatch(text):
        return sign, ends[-1]
    number = _NUMBER.match(text)
    if not number:
        return None
    end = ends[number.end() - 1]
    is_between = end < len(glyphs) and glyphs[end].char.isdecimal()
    return (sign, end) if sign == "^" or base.char.isdecimal() or is_between else None


def _sign(base: Glyph, glyph: Glyph, last: Glyph) -> str:
    """`^` or `_` for a raised or lowered character that follows the last one; else empty."""
    if base.box is None or glyph.box is None or last.box is None:
        return ""
    height = _height(base.box)
    is_number = _NUMBER.fullmatch(glyph.char)
    if not (
        (is_number or _LETTER.fullmatch(glyph.char))
        and -_NEAR * height < glyph.box[0] - last.box[2] < _NEAR * height
    ):
        return ""
    if _BASE.fullmatch(base.char) and _is_raised(base.box, glyph.box, height):
        return "^"
    is_base = base.char.isdecimal() or _LETTER.fullmatch(base.char)
    return "_" if is_number and is_base and _is_lowered(base.box, glyph.box, height) else ""


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
