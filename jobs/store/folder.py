"""Blobs in a folder, which all processes share.

A blob is written to another folder of the same file system, flushed to disk and then renamed.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from jobs.blobs import FileSource
from jobs.sealing.key_folder import sync


class Folder:
    """A `Backend` in the folder `root`."""

    executor: Executor | None = None

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self.incoming = root / "incoming"
        for folder in (root, self._blobs, self.incoming):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, blob: str, write: Callable[[BinaryIO], None]) -> None:
        path = self.incoming / secrets.token_hex(16)
        try:
            with path.open("xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            self._rename(path, blob)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def move(self, blob: str, path: Path) -> None:
        sync(path)
        self._rename(path, blob)

    def open(self, blob: str) -> FileSource:
        return FileSource(self.path(blob))

    def size(self, blob: str) -> int:
        return self.path(blob).stat().st_size

    def path(self, blob: str) -> Path:
        return self._blobs / blob

    def delete(self, blob: str) -> None:
        self.path(blob).unlink(missing_ok=True)

    def older_than(self, seconds: float) -> Iterator[str]:
        before = time.time() - seconds
        for path in self._blobs.glob("*/*/*"):
            with suppress(FileNotFoundError):  # deleted meanwhile
                if path.stat().st_mtime < before:
                    yield "/".join(path.parts[-3:])

    def missing(self, blobs: Iterable[str]) -> Iterator[str]:
        return (blob for blob in blobs if not self.path(blob).exists())

    def fault(self) -> str | None:
        return None  # heartbeats report the disk

    def abort_older_than(self, seconds: float) -> int:  # noqa: ARG002 - parts are in `incoming`
        return 0

    def _rename(self, path: Path, blob: str) -> None:
        target = self.path(blob)
        if not target.parent.is_dir():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync(target.parent.parent)
            sync(self._blobs)
        path.rename(target)
        sync(target.parent)
