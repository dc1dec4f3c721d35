"""What a place for blobs must do. `Folder` and `S3` are the two places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import BinaryIO, Protocol

from jobs.blobs import Source


class Backend(Protocol):
    """Keeps blobs by name. A blob is complete or absent, and never changes.

    All methods block: call them in a thread. They raise `OSError`, and `ProblemError`:
    `storage-full`, `storage-unavailable`.
    """

    @property
    def incoming(self) -> Path:
        """The folder for files that are being received, on this machine."""

    @property
    def executor(self) -> Executor | None:
        """The threads for the methods. None: those of the event loop."""

    def write(self, blob: str, write: Callable[[BinaryIO], None]) -> None:
        """Store what `write` writes. It is durable when this returns."""

    def move(self, blob: str, path: Path) -> None:
        """Store the content of a file in `incoming`. It is durable when this returns; the file may
        be gone then.
        """

    def open(self, blob: str) -> Source:
        """Raises `FileNotFoundError`."""

    def size(self, blob: str) -> int:
        """The bytes of a blob as they are stored. Raises `FileNotFoundError`."""

    def path(self, blob: str) -> Path | None:
        """The file of a blob, which may be missing; None where a blob is no file."""

    def delete(self, blob: str) -> None:
        """Remove a blob, if it exists."""

    def older_than(self, seconds: float) -> Iterator[str]:
        """The names of the blobs that were stored before."""

    def missing(self, blobs: Iterable[str]) -> Iterator[str]:
        """Those of `blobs` that do not exist."""

    def fault(self) -> str | None:
        """Why the place cannot be reached now; None if it can, or is a folder of this machine."""

    def abort_older_than(self, seconds: float) -> int:
        """Remove the parts of uploads that began before and did not end; returns their number."""
