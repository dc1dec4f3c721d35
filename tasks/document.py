"""A document as tasks see it: text, with the place of every block."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BlockKind(StrEnum):
    heading = "heading"
    paragraph = "paragraph"
    list_item = "list_item"
    table = "table"


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
    nobody read: what they say is not in `text`.
    """

    text: str
    blocks: tuple[Block, ...]
    media_type: str
    pages: int | None = None
    unread_pages: tuple[int, ...] = ()

    def page_at(self, offset: int) -> int | None:
        """The page that holds the character at `offset`; None where the format has no pages."""
        for block in self.blocks:
            if offset < block.end:
                return block.page
        return self.blocks[-1].page if self.blocks else None
