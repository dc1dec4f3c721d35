"""Limits on reading a document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from documents.document import Document

MIB = 1024 * 1024
MOST_BLOCKS = 100_000
"""Blocks of a document. Each takes its own steps in every task: with a million characters of
one-character paragraphs, the time of all other jobs would be spent on them."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits on characters, pages and, for compressed formats, bytes after decompression.

    Attributes:
        text_objects: How many text objects the pages may draw; and eight times as many as the
            characters read so far. More repeat each other at the same place: some bytes that many
            pages share would take minutes.
        hidden: Also read hidden content, as blocks of the kind `hidden` at the end: text deleted by
            tracked changes, hidden text and sheets, field codes.
        ocr_pages: How many pages that are pictures are read by OCR, from the first; 0 for none.
            With None, a document with such a page raises `NoTextLayer` immediately, so that a
            process with OCR can read it.
        ocr_seconds: No page is started after this many seconds of OCR.
        ocr_threads: Threads that OCR uses.
        nesting: How deep files inside files are opened by the inventory.
    """

    max_chars: int
    max_pages: int
    max_expanded_bytes: int = 512 * MIB
    text_objects: int = 100_000
    hidden: bool = False
    ocr_pages: int | None = 0
    ocr_seconds: float = 600
    ocr_threads: int = 1
    nesting: int = 3


Reader = Callable[[Path, ReadLimits], Document]
