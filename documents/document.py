"""A document as tasks get it: its text and the position of every block."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import Any

from documents.source import Source
from documents.table import Table


class BlockKind(StrEnum):
    """The kind of a block. Blocks of the kinds below `table` follow the whole body.

    `drawing` is text of shapes, charts and diagrams; `template` is text that a page takes from its
    template; `annotation` is a watermark or a note on a page; `attachment` is the name of an
    attached file, before that file's blocks. `hidden` is text in the file that no page shows; it is
    read only with `ReadLimits.hidden`.
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
    left corner, None where the format has no positions. `level` is the level of a heading, from 1,
    None where the format does not give it. `confidence` is OCR's, from 0 to 1, None for text that
    was not read by OCR.
    """

    start: int
    end: int
    kind: BlockKind = BlockKind.paragraph
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    level: int | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """Something on a page that was not read.

    `what` is its kind, such as `picture`, `chart`, `equation`, `form` or `font`; `where` is for a
    person: a sheet, a part of the file, a heading; `reason` says why. `page` and `box` as in
    `Block`.
    """

    what: str
    where: str
    reason: str
    page: int | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal on a page: a picture of one, or an electronic seal or signature.

    `shape` is `round`, `oval`, `rectangle` or `electronic`; `text` is its ring text or the name of
    its signer; `confidence` is OCR's, from 0 to 1. `digest_holds` says of an electronic one whether
    the file is the one that was signed; None where that was not checked. The chain of certificates
    is never verified.
    """

    shape: str
    text: str
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    confidence: float | None = None
    digest_holds: bool | None = None


# One for each field: a tuple for each block would keep the garbage collector busy.
_COLUMNS = tuple(map(attrgetter, Block.__slots__))


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a document and its blocks, in reading order, which cover the whole text.

    Blocks are separated by one blank line in `text`. `unread_pages`, counted from 1, are pictures
    that were not read: their text is not in `text`. `unread` lists what else was left out, and
    `seals` the seals, whose text is not in `text`. `tables` has the tables whose format says more
    than their text: cells that span others, and headers. `source` is the file that the document was
    read from, for tasks that work on files; None for a text that came in a request. `scans` is what
    OCR read (`documents.ocr.record`), so that work on the file need not read them again.
    """

    text: str
    blocks: tuple[Block, ...]
    media_type: str
    pages: int | None = None
    unread_pages: tuple[int, ...] = ()
    unread: tuple[Unread, ...] = ()
    seals: tuple[Seal, ...] = ()
    tables: tuple[Table, ...] = ()
    source: Source | None = field(default=None, compare=False, repr=False)
    scans: str = field(default="", compare=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the document without its source and scans, in a fraction of the usual time:
        documents travel to processes (`documents.isolation`), and a long one has 100,000 blocks.
        """
        columns = tuple(tuple(map(column, self.blocks)) for column in _COLUMNS)
        others = (
            self.media_type,
            self.pages,
            self.unread_pages,
            self.unread,
            self.seals,
            self.tables,
        )
        return _unpickle, (self.text, columns, *others)

    def page_at(self, offset: int) -> int | None:
        """The page that holds the character at `offset`; None where the format has no pages."""
        block = self.block_at(offset)
        return block.page if block else None

    def block_at(self, offset: int) -> Block | None:
        """The block that ends after `offset`, else the last one; None where there are no blocks."""
        if not self.blocks:
            return None
        index = bisect_right(self.blocks, offset, key=lambda block: block.end)
        return self.blocks[min(index, len(self.blocks) - 1)]


def _unpickle(
    text: str,
    columns: tuple[tuple[Any, ...], ...],
    *others: Any,
) -> Document:
    return Document(text, tuple(map(Block, *columns)), *others)
