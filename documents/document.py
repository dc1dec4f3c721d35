"""A document as tasks see it: text, with the place of every block."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from documents.source import Source


class BlockKind(StrEnum):
    """What a block is. The kinds below `table` stand apart from the body, and after all of it.

    `drawing` is what shapes, charts and diagrams say, `template` what a page shows from the form
    that it was made with, `annotation` what was put upon it (a watermark, a note), `attachment` the
    name of a file that is inside, before its own blocks. `hidden` is what the file holds and no
    page shows; it is there where it was asked for.
    """

    heading = "heading"
    paragraph = "paragraph"
    list_item = "list_item"
    table = "table"
    footnote = "footnote"
    header = "header"
    footer = "footer"
    comment = "comment"
    drawing = "drawing"
    template = "template"
    annotation = "annotation"
    attachment = "attachment"
    hidden = "hidden"


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading, list item or table.

    `start` and `end` are character offsets into `Document.text`. `page` counts from 1 and is None
    where the format has no pages; `box` is left, top, right, bottom in points from the page's top
    left corner, None where the format has no positions. `level` is a heading's, from 1, and None
    where the format does not say. `confidence`, from 0 to 1, is that of a block whose characters
    OCR read from a picture, None where they were written down.
    """

    start: int
    end: int
    kind: BlockKind = BlockKind.paragraph
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    level: int | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a document and its blocks, in reading order, which cover all of it.

    Blocks are separated by one blank line in `text`. `unread_pages`, from 1, are pictures that
    nobody read: what they say is not in `text`. `source` is the file that it was read from, for
    tasks that work on the file; None where there was none, as for a text in a batch's line.
    """

    text: str
    blocks: tuple[Block, ...]
    media_type: str
    pages: int | None = None
    unread_pages: tuple[int, ...] = ()
    source: Source | None = field(default=None, compare=False, repr=False)

    def page_at(self, offset: int) -> int | None:
        """The page that holds the character at `offset`; None where the format has no pages."""
        for block in self.blocks:
            if offset < block.end:
                return block.page
        return self.blocks[-1].page if self.blocks else None
