"""Files as OpenAI's Files API has them: what a batch is made from and what it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FilePurpose(StrEnum):
    """`batch` is uploaded by a department, `batch_output` is written by its batches."""

    batch = "batch"
    batch_output = "batch_output"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The content is that of `blobs`, one after the other; an uploaded file has one.

    `lines` counts a last line that has no line feed, too.
    """

    id: str
    department: str
    purpose: FilePurpose
    filename: str
    bytes: int
    lines: int
    created_at: datetime
    expires_at: datetime
    blobs: tuple[str, ...]


class LineCounter:
    """Counts the lines of a file that comes piece by piece."""

    def __init__(self) -> None:
        self._ended = 0
        self._open = False

    @property
    def lines(self) -> int:
        return self._ended + self._open

    def read(self, chunk: bytes) -> None:
        if chunk:
            self._ended += chunk.count(b"\n")
            self._open = not chunk.endswith(b"\n")
