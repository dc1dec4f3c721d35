"""How much of a document is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from documents.document import Document

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """The most characters, pages and, for a packed format, bytes after unpacking.

    With `hidden`, what the file holds and no page shows is read too, as blocks of that kind at the
    end: text that tracked changes took out, hidden text and sheets, field codes.

    Pages that are pictures go through OCR: the first `ocr_pages` of them, as long as `ocr_seconds`
    have not passed, on `ocr_threads` threads. With 0 none does. With None a document that has such
    a page is refused as `NoTextLayer` at once, so that another process can take it.
    """

    max_chars: int
    max_pages: int
    max_expanded_bytes: int = 512 * MIB
    hidden: bool = False
    ocr_pages: int | None = 0
    ocr_seconds: float = 600
    ocr_threads: int = 1


Reader = Callable[[Path, ReadLimits], Document]
