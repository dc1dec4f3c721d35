"""Files as in OpenAI's Files API: the input and output files of batches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FilePurpose(StrEnum):
    """`batch`: uploaded by a department. `batch_output`: written by its batches."""

    batch = "batch"
    batch_output = "batch_output"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The content is the concatenation of `blobs`; an uploaded file has one.

    `lines` includes a last line without a line feed.
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
    """Counts the lines of a file that is received in chunks."""

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
