"""The objects on a page of a PDF: text, pictures and paths."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

MOST_OBJECTS = 20_000
_MOST_DEPTH = 4
_MOST_SEGMENTS = 1_000

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PageObject:
    """An object on a page. `forms` are those that contain it, from the innermost; `matrices` map
    from them to the page.
    """

    handle: Any
    kind: int
    matrices: tuple[c.FS_MATRIX, ...] = ()
    forms: tuple[Any, ...] = ()

    def on_page(self, x: float, y: float) -> tuple[float, float]:
        """Convert a point from the object's space to page space."""
        for m in self.matrices:
            x, y = m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f
        return x, y


def objects(page: pdfium.PdfPage) -> Iterator[PageObject]:
    """The first 20,000 objects of a page, including those inside forms."""
    found = (c.FPDFPage_GetObject(page, at) for at in range(c.FPDFPage_CountObjects(page)))
    stack: list[Iterator[Any]] = [found]
    matrices: list[tuple[c.FS_MATRIX, ...]] = [()]
    forms: list[tuple[Any, ...]] = [()]
    for _ in range(MOST_OBJECTS):
        handle = next(stack[-1], None)
        while handle is None and len(stack) > 1:
            stack.pop()
            matrices.pop()
            forms.pop()
            handle = next(stack[-1], None)
        if handle is None:
            return
        kind = c.FPDFPageObj_GetType(handle)
        if kind == c.FPDF_PAGEOBJ_FORM and len(stack) <= _MOST_DEPTH:
            stack.append(_inside(handle))
            matrices.append((matrix_of(handle), *matrices[-1]))
            forms.append((handle, *forms[-1]))
        else:
            yield PageObject(handle, kind, matrices[-1], forms[-1])


def _inside(form: Any) -> Iterator[Any]:
    return (c.FPDFFormObj_GetObject(form, at) for at in range(c.FPDFFormObj_CountObjects(form)))


def matrix_of(handle: Any) -> c.FS_MATRIX:
    matrix = c.FS_MATRIX()
    c.FPDFPageObj_GetMatrix(handle, matrix)
    return matrix


def path_points(item: PageObject) -> Iterator[tuple[bool, Point]]:
    """The points of a path in page space, each with whether a straight line leads to it."""
    count = c.FPDFPath_CountSegments(item.handle)
    matrices = (matrix_of(item.handle), *item.matrices)
    own = PageObject(item.handle, item.kind, matrices)
    x, y = ctypes.c_float(), ctypes.c_float()
    first: Point | None = None
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
