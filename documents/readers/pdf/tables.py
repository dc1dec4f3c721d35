"""Ruled tables of a PDF: the drawn lines, and the characters between them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as c

from documents.document import BlockKind
from documents.page.blocks import Box, Glyph, PageBlock, lines
from documents.page.lines import join
from documents.page.rulings import Grid, Ruling, grids
from documents.readers.pdf.characters import Place
from documents.readers.pdf.objects import PageObject, objects

_NEAR = 2.5  # points
_THIN = 2.5
_SHORT = 5.0
_MOST_EDGES = 20_000  # a page with more is a drawing
_MOST_SEGMENTS = 1_000


def tables(
    page: pdfium.PdfPage, glyphs: Sequence[Glyph], place: Place
) -> tuple[Sequence[Glyph], list[PageBlock]]:
    """Split the characters of a page into those outside ruled tables, and the tables."""
    along, down = _rulings(page, place)
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
    tables_ = [_table(grid, cells) for grid, cells in zip(found, inside, strict=True) if cells]
    return outside, tables_


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


def _table(grid: Grid, cells: dict[int, list[Glyph]]) -> PageBlock:
    def words(cell: int) -> str:
        text = ""
        for line in lines(cells.get(cell, [])):
            text = join(text, line.text)
        return " ".join(text.split())

    left, top, right, bottom = (round(edge, 2) for edge in grid.box)
    return PageBlock(grid.text(words), BlockKind.table, (left, top, right, bottom))


def _rulings(page: pdfium.PdfPage, place: Place) -> tuple[list[Ruling], list[Ruling]]:
    """The horizontal and the vertical lines of the displayed page."""
    along: list[Ruling] = []
    down: list[Ruling] = []
    for edges, item in enumerate(objects(page)):
        if edges > _MOST_EDGES or len(along) + len(down) > _MOST_EDGES:
            return [], []
        if item.kind != c.FPDF_PAGEOBJ_PATH:
            continue
        for rect in _edges(item):
            left, top, right, bottom = place(rect)
            if bottom - top <= _THIN and right - left >= _SHORT:
                along.append(Ruling((top + bottom) / 2, left, right))
            elif right - left <= _THIN and bottom - top >= _SHORT:
                down.append(Ruling((left + right) / 2, top, bottom))
    return along, down


def _edges(item: PageObject) -> Iterator[c.FS_RECTF]:
    """The straight segments of a stroked path, or the box of a thin filled one."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not c.FPDFPath_GetDrawMode(item.handle, fill, stroke):
        return
    points = list(_points(item))
    if stroke.value:
        for (_, start), (is_line, end) in pairwise(points):
            if is_line:
                yield _around([start, end])
    elif fill.value and 2 <= len(points) <= 6:
        yield _around([point for _, point in points])


def _points(item: PageObject) -> Iterator[tuple[bool, tuple[float, float]]]:
    """The points of a path, each with whether a straight line leads to it."""
    count = c.FPDFPath_CountSegments(item.handle)
    matrix = c.FS_MATRIX()
    c.FPDFPageObj_GetMatrix(item.handle, matrix)
    own = PageObject(item.handle, item.kind, (matrix, *item.matrices))
    x, y = ctypes.c_float(), ctypes.c_float()
    first: tuple[float, float] | None = None
    for index in range(min(count, _MOST_SEGMENTS)):
        segment = c.FPDFPath_GetPathSegment(item.handle, index)
        c.FPDFPathSegment_GetPoint(segment, x, y)
        point = own.on_page(x.value, y.value)
        kind = c.FPDFPathSegment_GetType(segment)
        if kind == c.FPDF_SEGMENT_MOVETO:
            first = point
        yield kind == c.FPDF_SEGMENT_LINETO, point
        if c.FPDFPathSegment_GetClose(segment) and first is not None:
            yield True, first


def _around(points: Sequence[tuple[float, float]]) -> c.FS_RECTF:
    xs, ys = zip(*points, strict=True)
    return c.FS_RECTF(left=min(xs), top=max(ys), right=max(xs), bottom=min(ys))
