"""What stands on a page of a PDF, text and all else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

_MOST_OBJECTS = 20_000
_MOST_DEPTH = 4


@dataclass(frozen=True, slots=True)
class PageObject:
    """A picture, a path and the like. `matrices` lead out of the forms that it is inside of."""

    handle: Any
    kind: int
    matrices: tuple[c.FS_MATRIX, ...] = ()

    def on_page(self, x: float, y: float) -> tuple[float, float]:
        """A point of the space that the object is in, in the page's own space."""
        for m in self.matrices:
            x, y = m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f
        return x, y


def objects(page: pdfium.PdfPage) -> Iterator[PageObject]:
    """The first 20,000 objects of a page, those inside forms too."""
    found = (c.FPDFPage_GetObject(page, at) for at in range(c.FPDFPage_CountObjects(page)))
    waiting: list[Iterator[Any]] = [found]
    matrices: list[tuple[c.FS_MATRIX, ...]] = [()]
    for _ in range(_MOST_OBJECTS):
        handle = next(waiting[-1], None)
        while handle is None and len(waiting) > 1:
            waiting.pop()
            matrices.pop()
            handle = next(waiting[-1], None)
        if handle is None:
            return
        kind = c.FPDFPageObj_GetType(handle)
        if kind == c.FPDF_PAGEOBJ_FORM and len(waiting) <= _MOST_DEPTH:
            waiting.append(_inside(handle))
            matrices.append((_matrix(handle), *matrices[-1]))
        else:
            yield PageObject(handle, kind, matrices[-1])


def _inside(form: Any) -> Iterator[Any]:
    return (c.FPDFFormObj_GetObject(form, at) for at in range(c.FPDFFormObj_CountObjects(form)))


def _matrix(handle: Any) -> c.FS_MATRIX:
    matrix = c.FS_MATRIX()
    c.FPDFPageObj_GetMatrix(handle, matrix)
    return matrix
