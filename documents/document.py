"""A document as tasks get it: its text and the position of every block."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import Any

from documents.source import Source
from documents.table import Table, TablePart

Box = tuple[float, float, float, float]


class BlockKind(StrEnum):
    """The kind of a block. Blocks of the kinds below `table` follow the whole body.

    `drawing` is text of shapes, charts and diagrams; `annotation` is a watermark or a note on a
    page, or text that slides take from their layout; `attachment` is the name of an attached file,
    before that file's blocks. `hidden` is text in the file that no page shows; it is read only with
    `ReadLimits.hidden`.
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

    `what` is its kind, such as `picture`, `chart`, `equation`, `form` or `character`; `text` and
    `font` are words whose font does not say which characters they are, `pages` are scanned pages of
    a file inside this one. `where` is for a person: a sheet, a part of the file, a heading;
    `reason` says why. `page` and `box` as in `Block`.
    """

    what: str
    where: str
    reason: str
    page: int | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal on a page: a picture of one, or an electronic seal or signature.

    `shape` is `round`, `oval`, `square` or `electronic`; `text` is its ring text and then the
    lines inside, or the names of an electronic one and of its signer; `confidence` is OCR's,
    from 0 to 1. `digest_holds` says of an electronic one whether the file is the one that was
    signed; None where that was not checked. The chain of certificates is never verified.
    `hides_text` is true of a black seal, beneath which text may be misread.
    """

    shape: str
    text: str
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    confidence: float | None = None
    digest_holds: bool | None = None
    hides_text: bool = False


# One for each field: a tuple for each block would keep the garbage collector busy.
_COLUMNS = tuple(map(attrgetter, Block.__slots__))


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a document and its blocks, in reading order, which cover the whole text.

    Blocks are separated by one blank line in `text`. `unread_pages`, counted from 1, are pictures
    that were not read: their text is not in `text`. `unread` lists what else was left out, and
    `seals` the seals, whose text is not in `text`. `tables` has, in their order, those tables of
    which more is known than their text: cells that span others, headers, parts on several pages.
    `source` is the file that the document was read from, for tasks that work on files; None for a
    text that came in a request. `scans` is what OCR read (`documents.ocr.record`), so that work on
    the file need not read them again.
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
        return self.place_at(offset)[0]

    def place_at(self, offset: int) -> tuple[int | None, Box | None]:
        """The page that holds the character at `offset`, and the box of its block there.

        A table may go on over several pages.
        """
        block = self.block_at(offset)
        if block is None:
            return None, None
        for part in reversed(self.parts_of(block)):
            if block.start + part.offset <= offset:
                return part.page, part.box
        return block.page, block.box

    def parts_of(self, block: Block) -> tuple[TablePart, ...]:
        """The parts of a table over several pages; empty for any other block."""
        at = bisect_left(self.tables, block.start, key=lambda table: table.start)
        found = self.tables[at : at + 1]
        return found[0].parts if found and found[0].start == block.start else ()

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
