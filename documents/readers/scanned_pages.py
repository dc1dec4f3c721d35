"""Pages that are pictures, read by OCR as far as it may read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PIL import Image

from documents.draft import Draft
from documents.errors import NoTextLayer
from documents.limits import ReadLimits
from documents.ocr.layout import Placed, confidence, merged
from documents.page.appearance import PageKind
from documents.page.blocks import Line, PageBlock, blocks
from documents.page.rulings import put_between
from documents.readers.pictures import OcrBudget, add_scanned, ocr_scan

ASK_FOR_OCR = "It has to go through OCR first: send a searchable document."
DOTS = 200  # to an inch: more does not help OCR
MOST_SIDE = 4_000

# A page as a picture, and its points to a pixel; None where it cannot be drawn.
Drawn = tuple[Image.Image, float] | None


class ScannedPages:
    """Adds such pages of one document to its draft; `unread` are those that nobody could read."""

    def __init__(self, draft: Draft, limits: ReadLimits, document: str) -> None:
        self._draft = draft
        self._limits = limits
        self._document = document
        self._budget = OcrBudget(limits)
        self.unread: list[int] = []

    def read(
        self, number: int, kind: PageKind, layer: Sequence[Line], draw: Callable[[], Drawn]
    ) -> None:
        """Read a page apart from the lines that its text layer gives.

        Raises `NoTextLayer` where another process is to do it.
        """
        if self._limits.ocr_pages is None:
            raise NoTextLayer(f"Page {number} of the {self._document} is a picture. {ASK_FOR_OCR}")
        drawn = draw() if self._budget.take() else None
        if drawn is None:
            add_lines(self._draft, layer, number)
            if self._limits.ocr_pages or kind is PageKind.picture:
                self.unread.append(number)
            return
        picture, scale = drawn
        scan = ocr_scan(picture, self._budget)
        if layer:
            found, placed = merged(layer, scan, scale)
            add_lines(self._draft, found, number, placed)
        else:
            add_scanned(self._draft, scan, scale, number)


def add_lines(
    draft: Draft,
    found: Sequence[Line],
    number: int,
    placed: Sequence[Placed] = (),
    ruled: Sequence[PageBlock] = (),
) -> None:
    """Add the blocks of a page; `placed` is what of it OCR read, `ruled` its tables with lines."""
    for block in put_between(blocks(found), ruled):
        sure = confidence(block, placed)
        draft.add(block.text, block.kind, page=number, box=block.box, confidence=sure)
