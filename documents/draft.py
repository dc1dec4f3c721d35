"""Builds a document while it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from documents.document import Block, BlockKind, Document, Seal, Unread
from documents.errors import DocumentTooLong, EmptyDocument
from documents.limits import MOST_BLOCKS, ReadLimits
from documents.table import Table, TableText

if TYPE_CHECKING:
    from documents.ocr.scan import Scan

SEPARATOR = "\n\n"
# More are counted, not listed.
MOST_UNREAD = 500
_HIDDEN_TEXT = "it lies under a black seal and may be misread"

_NEWLINES = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
# Invisible characters, which would keep a quote from matching the text.
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060\ufeff\ufffe\uffff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` with `\\n` line ends, without empty lines and invisible characters."""
    text = _INVISIBLE.sub("", _NEWLINES.sub("\n", text)).replace("\xa0", " ")
    text = _SURROGATES.sub("\ufffd", text)
    return "\n".join(line.rstrip(" \u3000") for line in text.split("\n") if line.strip())


class JoinedTable(Protocol):
    """A table over several pages: the indexes of its parts' blocks, and what takes their place."""

    @property
    def indexes(self) -> tuple[int, ...]: ...
    @property
    def text(self) -> str: ...
    @property
    def table(self) -> Table: ...
    @property
    def confidence(self) -> float | None: ...


class Draft:
    """Collects blocks in reading order, normalises their text and computes their positions.

    `grids` are the tables as they were added, by the index of their block.
    """

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._unread: dict[Unread, None] = {}
        self._unread_kinds: set[str] = set()
        self._not_listed = 0
        self._seals: list[Seal] = []
        self._tables: list[Table] = []
        self.grids: dict[int, TableText] = {}
        self._end = 0

    def add(
        self,
        text: str,
        kind: BlockKind = BlockKind.paragraph,
        *,
        page: int | None = None,
        box: tuple[float, float, float, float] | None = None,
        level: int | None = None,
        confidence: float | None = None,
    ) -> None:
        """Append a block, unless its text is blank. Raises `DocumentTooLong`."""
        text = clean(text)
        if kind is not BlockKind.table:
            text = text.strip()
        if not text:
            return
        if len(self._blocks) >= MOST_BLOCKS:
            raise DocumentTooLong(
                f"The document has more than {MOST_BLOCKS:,} paragraphs and tables. Split it."
            )
        start = self._end + len(SEPARATOR) if self._blocks else 0
        self._end = start + len(text)
        if self._end > self._limits.max_chars:
            raise too_many_chars(self._limits)
        self._parts.append(text)
        self._blocks.append(Block(start, self._end, kind, page, box, level, confidence))

    def add_table(
        self,
        grid: TableText,
        kind: BlockKind = BlockKind.table,
        *,
        page: int | None = None,
        box: tuple[float, float, float, float] | None = None,
        confidence: float | None = None,
    ) -> None:
        """Append a table, unless it is empty. Raises `DocumentTooLong`."""
        text, table = grid.finish()
        before = len(self._blocks)
        self.add(text, kind, page=page, box=box, confidence=confidence)
        is_added = len(self._blocks) > before and kind is BlockKind.table
        if is_added:
            self.grids[before] = grid
        if is_added and not table.is_plain:
            self._tables.append(replace(table, start=self._blocks[-1].start))

    def leave_out(
        self,
        what: str,
        where: str,
        reason: str,
        *,
        page: int | None = None,
        box: tuple[float, float, float, float] | None = None,
    ) -> None:
        """Note something on a page that is not read; see `Unread`.

        Each kind is listed at least once, because checks look for some kinds.
        """
        one = Unread(what, where, reason, page, box)
        is_full = len(self._unread) >= MOST_UNREAD and what in self._unread_kinds
        if one not in self._unread and is_full:
            self._not_listed += 1
        else:
            self._unread[one] = None
            self._unread_kinds.add(what)

    def add_seal(self, seal: Seal) -> None:
        """Add a seal, and note the text that it hides."""
        self._seals.append(seal)
        if seal.hides_text:
            where = "" if seal.page is None else f"page {seal.page}"
            self.leave_out("text", where, _HIDDEN_TEXT, page=seal.page, box=seal.box)

    def append(self, document: Document) -> None:
        """Append the blocks of an embedded document, without their pages and boxes."""
        for left in document.unread:
            self.leave_out(left.what, left.where, left.reason)
        self._seals += [replace(seal, page=None, box=None) for seal in document.seals]
        tables = {table.start: table for table in document.tables}
        for block in document.blocks:
            text, sure = document.text[block.start : block.end], block.confidence
            self.add(text, block.kind, level=block.level, confidence=sure)
            if table := tables.get(block.start):
                self._tables.append(replace(table, start=self._blocks[-1].start))

    def arrange(self, kinds: Mapping[int, BlockKind], joined: Sequence[JoinedTable] = ()) -> None:
        """Move blocks, by their index, behind all others, as blocks of another kind, and put
        `joined` in the place of the tables that they consist of.

        Of several moved blocks with the same text and kind, the first is kept. To be called once,
        after the last block of the running text.
        """
        if not kinds and not joined:
            return
        once = dict.fromkeys(kinds)
        texts: dict[tuple[BlockKind, str], int] = {}
        for at in kinds:
            if texts.setdefault((kinds[at], self._parts[at]), at) != at:
                del once[at]
        whole = {one.indexes[0]: one for one in joined}
        gone = {at for one in joined for at in one.indexes[1:]}
        order = [at for at in range(len(self._blocks)) if at not in kinds and at not in gone]
        old, parts = self._blocks, self._parts
        tables = {table.start: table for table in self._tables}
        self._blocks, self._parts, self._tables, self._end = [], [], [], 0
        for at in [*order, *once]:
            block, table = old[at], tables.get(old[at].start)
            text = parts[at]
            if one := whole.get(at):
                text, table = one.text, one.table
                block = replace(block, confidence=one.confidence)
            start = self._end + len(SEPARATOR) if self._blocks else 0
            self._end = start + len(text)
            kind = kinds.get(at, block.kind)
            self._parts.append(text)
            self._blocks.append(replace(block, start=start, end=self._end, kind=kind))
            if table:
                self._tables.append(replace(table, start=start))
        self.grids.clear()

    def placed_blocks(self) -> Iterator[tuple[str, Block]]:
        """The blocks so far, with their texts."""
        return zip(self._parts, self._blocks, strict=True)

    def finish(
        self,
        media_type: str,
        pages: int | None = None,
        unread_pages: tuple[int, ...] = (),
        scans: Mapping[bytes, Scan] = MappingProxyType({}),
    ) -> Document:
        """Return the document. `scans` is what OCR read, by the digest of the picture.

        Raises `EmptyDocument` if it has no blocks.
        """
        if not self._blocks:
            raise EmptyDocument("The document has no text. Send a document with text.")
        text = SEPARATOR.join(self._parts)
        # A page that is read ahead notes what it lacks before the page in front of it does.
        unread = tuple(sorted(self._unread, key=lambda one: inf if one.page is None else one.page))
        if self._not_listed:
            unread += (Unread("more", "", f"{self._not_listed:,} more places are not listed"),)
        return Document(
            text,
            tuple(self._blocks),
            media_type,
            pages,
            unread_pages,
            unread,
            tuple(self._seals),
            tuple(self._tables),
            scans=_recorded(scans),
        )


def _recorded(scans: Mapping[bytes, Scan]) -> str:
    if not scans:
        return ""
    # Every process reads short texts, but few use OCR.
    from documents.ocr.record import dumped  # noqa: PLC0415

    return dumped(scans)


def too_many_chars(limits: ReadLimits) -> DocumentTooLong:
    return DocumentTooLong(
        f"The document has more than {limits.max_chars:,} characters. "
        "Split it, or ask the operator for a higher limit."
    )


def too_many_pages(pages: int, limits: ReadLimits) -> DocumentTooLong:
    return DocumentTooLong(
        f"The document has {pages:,} pages and {limits.max_pages:,} are allowed. "
        "Split it, or ask the operator for a higher limit."
    )
