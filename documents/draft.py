"""A document while it is being read."""

from __future__ import annotations

import re

from documents.document import Block, BlockKind, Document
from documents.errors import DocumentTooLong, EmptyDocument
from documents.limits import ReadLimits

SEPARATOR = "\n\n"

_NEWLINES = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
# What shows nothing and would keep a quote from being found again.
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060\ufeff\ufffe\uffff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` with `\\n` between its lines, no empty lines and nothing that cannot be seen."""
    text = _INVISIBLE.sub("", _NEWLINES.sub("\n", text)).replace("\xa0", " ")
    text = _SURROGATES.sub("\ufffd", text)
    return "\n".join(line.rstrip(" \u3000") for line in text.split("\n") if line.strip())


class Draft:
    """Gathers blocks in reading order and keeps the promises of `Document` about them."""

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self._blocks: list[Block] = []
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
        """Append a block; one without words is left out. Raises `DocumentTooLong`."""
        text = clean(text)
        if kind is not BlockKind.table:
            text = text.strip()
        if not text:
            return
        start = self._end + len(SEPARATOR) if self._blocks else 0
        self._end = start + len(text)
        if self._end > self._limits.max_chars:
            raise too_many_chars(self._limits)
        self._parts.append(text)
        self._blocks.append(Block(start, self._end, kind, page, box, level, confidence))

    def append(self, document: Document) -> None:
        """Append the blocks of a document that is inside this one, without their places."""
        for block in document.blocks:
            text, sure = document.text[block.start : block.end], block.confidence
            self.add(text, block.kind, level=block.level, confidence=sure)

    def finish(
        self,
        media_type: str,
        pages: int | None = None,
        unread_pages: tuple[int, ...] = (),
    ) -> Document:
        """The document. Raises `EmptyDocument` where nothing was added."""
        if not self._blocks:
            raise EmptyDocument("The document holds no words. Send one that does.")
        text = SEPARATOR.join(self._parts)
        return Document(text, tuple(self._blocks), media_type, pages, unread_pages)


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
