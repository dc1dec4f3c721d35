"""The text of a document in its reading order, as its reader gives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from documents.document import BlockKind
from documents.errors import EmptyDocument, NoTextLayer
from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.limits import MOST_BLOCKS, Reader, ReadLimits

# Blocks that a reader separates from the body, and that repeat on pages.
_APART = frozenset((BlockKind.header, BlockKind.footer, BlockKind.annotation))


def document_entries(read: Reader, path: Path, limits: ReadLimits) -> Iterator[Entry]:
    """Yield the body as one entry, then each header, footer and hidden text.

    Pages that are pictures are unread. Raises a `DocumentError`.
    """
    try:
        document = read(path, replace(limits, hidden=True, ocr_pages=0))
    except EmptyDocument:
        return
    except NoTextLayer:
        yield unread("pages", Unread.picture)
        return
    if limits.inner_files is not None:
        characters = len(document.text) / limits.max_chars
        limits.inner_files.count(max(characters, len(document.blocks) / MOST_BLOCKS))
    body: list[str] = []
    for block in document.blocks:
        text = document.text[block.start : block.end]
        if block.kind is BlockKind.hidden:
            yield Entry("hidden text", text, EntryKind.hidden, whole=True)
        elif block.kind in _APART:
            yield Entry(block.kind.value, text, EntryKind.shown, whole=True)
        else:
            body.append(text)
    yield Entry("text", "\n\n".join(body), EntryKind.shown, whole=True)
    for page in document.unread_pages:
        yield unread(f"page {page}", Unread.picture)
