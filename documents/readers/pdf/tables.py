"""Ruled tables of a PDF: the drawn lines, and the characters between them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import pypdfium2.raw as c

from documents.page.blocks import Box, Glyph, PageBlock, lines
from documents.page.ruled_tables import ruled_table
from documents.page.rulings import Grid, Ruling, grids
from documents.readers.pdf.characters import Place
from documents.readers.pdf.objects import PageObject, path_points

_NEAR = 2.5  # points
_THIN = 2.5
_SHORT = 5.0
_MOST_EDGES = 20_000  # a page with more is a drawing


def tables(
    glyphs: Sequence[Glyph], along: Sequence[Ruling], down: Sequence[Ruling]
) -> tuple[Sequence[Glyph], list[PageBlock]]:
    """Split the characters of a page into those outside ruled tables, and the tables.

    `along` and `down` are the horizontal and the vertical lines of the page.
    """
    found = grids(along, down, _NEAR)
    if not found:
        return glyphs, []
    outside: list[Glyph] = []
    inside: list[dict[int, list[Glyph]]] = [{} for _ in found]
    last = outside
    for glyph in glyphs:
        if glyph.box is not None:
            cell = _cell(glyph.box, found, inside)
            last = outside if cell is None else cell
        # A character without a box, such as a line end, belongs to the one before it.
        last.append(glyph)
    return outside, [
        ruled_table(grid, {cell: lines(glyphs) for cell, glyphs in cells.items()})
        for grid, cells in zip(found, inside, strict=True)
        if cells
    ]


def _cell(
    box: Box, found: Sequence[Grid], inside: Sequence[dict[int, list[Glyph]]]
) -> list[Glyph] | None:
    """The characters of the cell that a box lies in."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    for grid, cells in zip(found, inside, strict=True):
        cell = grid.cell_at(x, y)
        if cell is not None:
            return cells.setdefault(cell, [])
    return None


def rulings(items: Iterable[PageObject], place: Place) -> tuple[list[Ruling], list[Ruling]]:
    """The horizontal and the vertical lines of the displayed page, of whose objects `items` are."""
    along: list[Ruling] = []
    down: list[Ruling] = []
    for edges, item in enumerate(items):
        if edges > _MOST_EDGES or len(along) + len(down) > _MOST_EDGES:
            return [], []
        if item.kind != c.FPDF_PAGEOBJ_PATH:
            continue
        for rect in _edges(item):
            left, top, right, bottom = place(*rect)
            if bottom - top <= _THIN and right - left >= _SHORT:
                along.append(Ruling((top + bottom) / 2, left, right))
            elif right - left <= _THIN and bottom - top >= _SHORT:
                down.append(Ruling((left + right) / 2, top, bottom))
    return along, down


def _edges(item: PageObject) -> Iterator[Box]:
    """The straight segments of a stroked path, or the box of a thin filled one, in page space."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not c.FPDFPath_GetDrawMode(item.handle, fill, stroke):
        return
    points = list(path_points(item))
    if stroke.value:
        for (_, start), (is_line, end) in pairwise(points):
            if is_line:
                yield _around([start, end])
    elif fill.value and 2 <= len(points) <= 6:
        yield _around([point for _, point in points])


def _around(points: Sequence[tuple[float, float]]) -> Box:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
