"""Lists the text of documents that are one XML file: as read, and everything in the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from documents.inventory.document_text import document_entries
from documents.inventory.entry import Entry
from documents.inventory.nested import Walk
from documents.limits import Reader, ReadLimits


def walk(text_walk: Walk, read: Reader) -> Walk:
    """Return a walk of XML files; `text_walk` lists text files, `read` reads the document."""

    def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
        yield from document_entries(read, path, limits)
        yield from text_walk(path, limits)

    return entries
