"""Text that runs down, up or upside down, read as if the page were turned.

Vertical Chinese runs down in columns from the right, like text of a page turned clockwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from documents.page.blocks import Box, Glyph
from documents.readers.ofd.page import Run

Size = tuple[float, float]


def upright(runs: Iterable[Run], size: Size) -> list[Run]:
    """The runs on a page turned so that each runs to the right. `size` is the page's, in points."""
    return [_turned(run, run.turn, size) if run.turn else run for run in runs]


def _turned(run: Run, turn: int, size: Size) -> Run:
    glyphs = tuple(
        Glyph(
            glyph.char,
            _upright_box(glyph.box, turn, size) if glyph.box else None,
            glyph.is_known,
            glyph.is_generated,
        )
        for glyph in run.glyphs
    )
    return replace(run, glyphs=glyphs, box=_upright_box(run.box, turn, size))


def _upright_box(box: Box, turn: int, size: Size) -> Box:
    (left, top, right, bottom), (width, height) = box, size
    if turn == 1:
        return top, width - right, bottom, width - left
    if turn == 2:
        return width - right, height - bottom, width - left, height - top
    return height - bottom, left, height - top, right


def on_page(box: Box, turn: int, size: Size) -> Box:
    """The place on the page of a box on the page turned for `turn`."""
    (left, top, right, bottom), (width, height) = box, size
    if turn == 1:
        return width - bottom, left, width - top, right
    if turn == 2:
        return width - right, height - bottom, width - left, height - top
    return (top, height - right, bottom, height - left) if turn == 3 else box
