"""Limits on reading a document."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from documents.document import Document
from documents.errors import NoTextLayer

if TYPE_CHECKING:
    from documents.ocr.scan import Scan

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
        ocr_budget: What remains for OCR where several pictures of one document are read each by
            itself; made from the limits above if there is none.
        ocr_scans: What OCR read, by a digest of the picture, where a file is read several times:
            the same picture is then read once.
        nesting: How deep files inside files are opened by the inventory.
        inner_files: How many more files inside this one, at any depth, are opened; made by the
            first reader or inventory that opens one.
    """

    max_chars: int
    max_pages: int
    max_expanded_bytes: int = 512 * MIB
    text_objects: int = 100_000
    hidden: bool = False
    ocr_pages: int | None = 0
    ocr_seconds: float = 600
    ocr_threads: int = 1
    ocr_budget: OcrBudget | None = None
    ocr_scans: dict[bytes, Scan] | None = None
    nesting: int = 3
    inner_files: FileBudget | None = None


class FileBudget:
    """The number of files inside a file, at any depth, that may still be opened.

    Each ZIP file may hold a hundred others, so that a small one could hold a million. `unpacked` is
    how many bytes the ZIP files among them may still unpack to, `documents` how much text an
    inventory may still read: that of so many documents at the limits on characters and blocks.
    """

    def __init__(
        self, files: int = 1_000, unpacked: int = 128 * MIB, documents: float = 2.0
    ) -> None:
        self._files = files
        self._documents = documents
        self.unpacked = unpacked

    def take(self) -> bool:
        """Whether one more file may be opened."""
        self._files -= 1
        return self._files >= 0 and self._documents > 0

    def count(self, documents: float = 1.0) -> None:
        """Count text that was read, as a share of what a document may have."""
        self._documents -= documents


class OcrBudget:
    """The pages and the time that remain for OCR of one document, and what OCR has read of it.

    If another process is to do OCR (`ReadLimits.ocr_pages` is None), the first page that needs it
    raises `NoTextLayer`.
    """

    def __init__(self, limits: ReadLimits) -> None:
        self._is_deferred = limits.ocr_pages is None
        self.pages = 1 if limits.ocr_pages is None else limits.ocr_pages
        self.threads = limits.ocr_threads
        self.scans: dict[bytes, Scan] = {} if limits.ocr_scans is None else limits.ocr_scans
        self.begun: dict[bytes, Callable[[], Scan]] = {}  # pictures that are being read
        self._ends = time.monotonic() + limits.ocr_seconds

    def take(self) -> bool:
        """Whether one more page may be read. Raises `NoTextLayer`."""
        if self._is_deferred:
            raise NoTextLayer("The file has pictures, which this process does not read.")
        if self.pages <= 0 or time.monotonic() > self._ends:
            return False
        self.pages -= 1
        return True


Reader = Callable[[Path, ReadLimits], Document]
