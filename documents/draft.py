"""Builds a document while it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from documents.document import Block, BlockKind, Document, Seal, Unread
from documents.errors import DocumentTooLong, EmptyDocument
from documents.limits import MOST_BLOCKS, ReadLimits
from documents.ocr.record import dumped
from documents.ocr.scan import Scan
from documents.table import Grid, Table

SEPARATOR = "\n\n"
# More are counted, not listed.
MOST_UNREAD = 500

_NEWLINES = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
# Invisible characters, which would keep a quote from matching the text.
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060\ufeff\ufffe\uffff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` with `\\n` line ends, without empty lines and invisible characters."""
    text = _INVISIBLE.sub("", _NEWLINES.sub("\n", text)).replace("\xa0", " ")
    text = _SURROGATES.sub("\ufffd", text)
    return "\n".join(line.rstrip(" \u3000") for line in text.split("\n") if line.strip())


class Draft:
    """Collects blocks in reading order, normalises their text and computes their positions."""

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._unread: dict[Unread, None] = {}
        self._not_listed = 0
        self._seals: list[Seal] = []
        self._tables: list[Table] = []
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
        grid: Grid,
        *,
        page: int | None = None,
        box: tuple[float, float, float, float] | None = None,
    ) -> None:
        """Append a table, unless it is empty. Raises `DocumentTooLong`."""
        text, table = grid.finish()
        before = len(self._blocks)
        self.add(text, BlockKind.table, page=page, box=box)
        if len(self._blocks) > before and (table.spans or table.head_rows):
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
        """Note something on a page that is not read; see `Unread`."""
        one = Unread(what, where, reason, page, box)
        if one not in self._unread and len(self._unread) >= MOST_UNREAD:
            self._not_listed += 1
        else:
            self._unread[one] = None

    def add_seal(self, seal: Seal) -> None:
        self._seals.append(seal)

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
        unread = tuple(self._unread)
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
            scans=dumped(scans),
        )


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
