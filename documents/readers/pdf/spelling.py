"""Corrects the characters of a page where the file says something else than the page shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from documents.page.blocks import Box, Glyph
from documents.page.lines import is_unspaced
from documents.readers.pdf.gbk import gbk_runs

_LEAST_GAP = 0.2  # of a character's height: a narrower space is not seen between Chinese characters


def as_shown(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The characters with GBK bytes decoded, and without spaces that lie under Chinese characters.

    Some programs draw a space glyph under or between all characters of a line.
    """
    text = "".join([glyph.char for glyph in glyphs])
    decoded = _decoded(glyphs, text)
    is_spaced = any(space in text for space in _SPACES)
    return list(_without_hidden_spaces(decoded)) if is_spaced else decoded


def _decoded(glyphs: Sequence[Glyph], text: str) -> list[Glyph]:
    decoded: list[Glyph] = []
    at = 0
    for start, end, recoded in gbk_runs(text):
        decoded += glyphs[at:start]
        for char, offsets in recoded:
            boxes = [box for one in offsets if (box := glyphs[start + one].box)]
            decoded.append(Glyph(char, around(boxes) if boxes else None))
        at = end
    return [*decoded, *glyphs[at:]]


def around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _without_hidden_spaces(glyphs: Sequence[Glyph]) -> Iterator[Glyph]:
    before: Glyph | None = None
    spaces: list[Glyph] = []
    for glyph in glyphs:
        if glyph.char in _SPACES and glyph.box is not None:
            spaces.append(glyph)
            continue
        if spaces:
            if not (before and _touch(before, glyph)):
                yield from spaces
            spaces = []
        yield glyph
        before = glyph
    yield from spaces


_SPACES = " \xa0"


def _touch(one: Glyph, other: Glyph) -> bool:
    """Whether two Chinese characters have no visible space between them."""
    if not (one.box and other.box and is_unspaced(one.char) and is_unspaced(other.char)):
        return False
    across = max(one.box[0], other.box[0]) - min(one.box[2], other.box[2])
    down = max(one.box[1], other.box[1]) - min(one.box[3], other.box[3])
    height = min(one.box[3] - one.box[1], other.box[3] - other.box[1])
    return max(across, down) < _LEAST_GAP * height
