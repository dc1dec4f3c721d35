"""Lists the text of Office files from before 2007 and RTF, as far as a reader gives it.

Their other records are one unread entry: no reader here knows all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from documents.inventory.document_text import document_entries
from documents.inventory.entry import Entry, Unread, unread
from documents.inventory.nested import Walk
from documents.limits import Reader, ReadLimits


def walk(read: Reader) -> Walk:
    """Return a walk of a format of which `read` gives the visible text."""

    def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
        yield from document_entries(read, path, limits)
        yield unread("properties, hidden text, pictures and embedded files", Unread.other_records)

    return entries
