"""Reads pages that are pictures with OCR, within its limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from PIL import Image

from documents.document import Document
from documents.draft import Draft
from documents.errors import NoTextLayer
from documents.limits import OcrBudget, ReadLimits
from documents.ocr.layout import Frame, Placed, confidence, merged
from documents.ocr.scan import Point, Scan
from documents.page.appearance import PageKind
from documents.page.blocks import Line, PageBlock, blocks
from documents.page.rulings import insert_tables
from documents.readers.ahead import Finish
from documents.readers.pictures import add_block, add_scanned, add_seals, begun_scan, ocr_scan

ASK_FOR_OCR = "It needs OCR: send a searchable document."
DOTS = 200  # per inch: more does not improve OCR
MOST_SIDE = 4_000


class Rendered(NamedTuple):
    """A page as a picture: `scale` is points per pixel, `origin` its top left corner in points."""

    picture: Image.Image
    scale: float
    origin: Point = (0.0, 0.0)


class ScannedPages:
    """Adds scanned pages of one document to its draft. `unread` are the pages not read."""

    def __init__(self, draft: Draft, limits: ReadLimits, document: str) -> None:
        self._draft = draft
        self._limits = limits
        self._document = document
        self._budget = OcrBudget(limits)
        self.unread: list[int] = []

    def finish(self, media_type: str, pages: int) -> Document:
        """Return the document. Raises `EmptyDocument`."""
        return self._draft.finish(media_type, pages, tuple(self.unread), self._budget.scans)

    def read(
        self,
        number: int,
        kind: PageKind,
        layer: Sequence[Line],
        render: Callable[[], Rendered | None],
    ) -> None:
        """Read a page by OCR, and merge the result with the lines of its text layer.

        `render` returns None for a page that cannot be rendered. Raises `NoTextLayer` if a process
        with OCR has to read it.
        """
        self.begin(number, kind, layer, render)()

    def begin(
        self,
        number: int,
        kind: PageKind,
        layer: Sequence[Line],
        render: Callable[[], Rendered | None],
    ) -> Finish:
        """Begin what `read` does. The page is rendered at once."""
        if self._limits.ocr_pages is None:
            raise NoTextLayer(f"Page {number} of the {self._document} is a picture. {ASK_FOR_OCR}")
        rendered = render() if self._budget.take() else None
        if rendered is None:
            if self._limits.ocr_pages or kind is PageKind.picture:
                self.unread.append(number)
            return partial(add_lines, self._draft, layer, number)
        begun = begun_scan(rendered.picture, self._budget)
        place = rendered.scale, rendered.origin
        return lambda: self._add(number, layer, begun(), *place)

    def _add(
        self, number: int, layer: Sequence[Line], scan: Scan, scale: float, origin: Point
    ) -> None:
        frame = Frame(scan, scale, 0.0 if layer else scan.lean, origin)
        if layer:
            found, placed = merged(layer, frame)
            add_lines(self._draft, found, number, placed)
            add_seals(self._draft, frame, number)
        else:
            add_scanned(self._draft, frame, number)

    def part(self, number: int, render: Callable[[], Rendered]) -> Frame | None:
        """Read a part of a page by OCR; None if the limits do not allow it.

        Raises `NoTextLayer` if a process with OCR has to read it.
        """
        if self._limits.ocr_pages is None:
            raise NoTextLayer(
                f"Page {number} of the {self._document} has text whose font does not say which "
                f"characters it draws. {ASK_FOR_OCR}"
            )
        if not self._budget.take():
            return None
        rendered = render()
        scan = ocr_scan(rendered.picture, self._budget)
        return Frame(scan, rendered.scale, 0.0, rendered.origin)


def add_lines(
    draft: Draft,
    found: Sequence[Line],
    number: int,
    placed: Sequence[Placed] = (),
    ruled: Sequence[PageBlock] = (),
) -> None:
    """Add the lines of a page as blocks.

    `placed` are the lines that OCR read, `ruled` the tables with ruling lines.
    """
    add_blocks(draft, insert_tables(blocks(found), ruled), number, placed)


def add_blocks(
    draft: Draft, found: Iterable[PageBlock], number: int, placed: Sequence[Placed] = ()
) -> None:
    """Add the blocks of a page. `placed` are the lines that OCR read."""
    for block in found:
        add_block(draft, block, number, confidence(block, placed))
