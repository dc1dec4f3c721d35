"""The object store: the bytes of documents and of large results, in a folder.

A blob is complete or absent: it is written to another folder, flushed to disk and then linked.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from jobs.model.problems import ProblemError

_ABANDONED_SECONDS = 24 * 3600
_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob's name, and the id of the document, file or job that owns it."""

    name: str
    department: str
    owner: str


class Incoming:
    """A file being received: counts and hashes the bytes as they are written."""

    def __init__(self, path: Path, file: BinaryIO, max_bytes: int) -> None:
        self.path = path
        self.bytes = 0
        self._file = file
        self._max_bytes = max_bytes
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Raises `ProblemError`: `too-large`, `storage-full`."""
        self.bytes += len(chunk)
        if self.bytes > self._max_bytes:
            raise ProblemError(
                "too-large",
                f"The body is larger than the limit of {self._max_bytes} bytes. Split it.",
                max_bytes=self._max_bytes,
            )
        self._digest.update(chunk)
        try:
            self._file.write(chunk)
        except OSError as error:
            raise _translated(error) from error

    def flush(self) -> None:
        """Write buffered bytes to the operating system."""
        try:
            self._file.flush()
        except OSError as error:
            raise _translated(error) from error


class Store:
    """All processes of a machine share `root`."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._incoming = root / "incoming"
        for folder in (self._blobs, self._incoming):
            folder.mkdir(parents=True, exist_ok=True)

    @asynccontextmanager
    async def incoming(self, max_bytes: int) -> AsyncIterator[Incoming]:
        """A temporary file to write to, removed at the end of the block."""
        path = self._incoming / secrets.token_hex(16)
        try:
            with path.open("xb") as file:
                yield Incoming(path, file, max_bytes)
        except OSError as error:
            raise _translated(error) from error
        finally:
            path.unlink(missing_ok=True)

    async def keep(self, incoming: Incoming, department: str, owner: str) -> str:
        """Turn a received file into a blob and return its name. It is on disk when this returns.

        `owner` is the id of the document or file that it is for.
        """
        incoming.flush()
        return await asyncio.to_thread(self._keep, incoming.path, department, owner)

    async def put(self, data: bytes | bytearray, department: str, owner: str) -> str:
        """Store `data` as a blob and return its name. It is on disk when this returns."""
        return await asyncio.to_thread(self._put, data, department, owner)

    async def read(self, blob: str) -> bytes:
        return await asyncio.to_thread(self.path(blob).read_bytes)

    async def slices(self, parts: Sequence[tuple[str, int, int]]) -> Sequence[bytes | None]:
        """Read parts of blobs (name, offset, length) in one thread; None for a part that fails."""
        return await asyncio.to_thread(lambda: [self._slice(*part) for part in parts])

    def _slice(self, blob: str, offset: int, length: int) -> bytes | None:
        try:
            with self.path(blob).open("rb", buffering=0) as file:
                return os.pread(file.fileno(), length, offset)
        except OSError:
            return None

    async def sizes(self, blobs: Sequence[str]) -> Sequence[int]:
        """Their sizes in bytes. Raises `FileNotFoundError` if a blob does not exist."""
        return await asyncio.to_thread(lambda: [self.path(blob).stat().st_size for blob in blobs])

    async def pieces(
        self, blob: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes of a blob from `start` to `end` (excluded), in pieces."""
        with await asyncio.to_thread(self.path(blob).open, "rb") as file:
            file.seek(start)
            remaining = (end if end is not None else sys.maxsize) - start
            while piece := await asyncio.to_thread(file.read, min(remaining, _PIECE_BYTES)):
                remaining -= len(piece)
                yield piece

    def path(self, blob: str) -> Path:
        return self._blobs / blob

    async def delete(self, blob: str) -> None:
        """Remove a blob, if it exists."""
        await asyncio.to_thread(self.path(blob).unlink, missing_ok=True)

    async def clear_abandoned(self) -> int:
        """Remove partial files that dead processes wrote over a day ago; returns their number."""
        return await asyncio.to_thread(self._clear_abandoned)

    def old_blobs(self) -> Iterator[Blob]:
        """Blobs older than a day, some of which dead processes wrote but never recorded."""
        before = time.time() - _ABANDONED_SECONDS
        for path in self._blobs.glob("*/*/*"):
            if path.stat().st_mtime < before:
                department, _, name = path.parts[-3:]
                owner, _, _ = name.rpartition("-")
                yield Blob("/".join(path.parts[-3:]), department, owner)

    def _put(self, data: bytes | bytearray, department: str, owner: str) -> str:
        path = self._incoming / secrets.token_hex(16)
        try:
            path.write_bytes(data)
            return self._keep(path, department, owner)
        except OSError as error:
            raise _translated(error) from error
        finally:
            path.unlink(missing_ok=True)

    def _keep(self, path: Path, department: str, owner: str) -> str:
        name = f"{owner}-{secrets.token_hex(8)}"
        blob = f"{department}/{name[-2:]}/{name}"
        target = self.path(blob)
        try:
            _flush(path)
            if not target.parent.is_dir():
                target.parent.mkdir(parents=True, exist_ok=True)
                _flush(target.parent.parent)
                _flush(self._blobs)
            os.link(path, target)
            _flush(target.parent)
        except OSError as error:
            raise _translated(error) from error
        return blob

    def _clear_abandoned(self) -> int:
        before = time.time() - _ABANDONED_SECONDS
        old = [path for path in self._incoming.iterdir() if path.stat().st_mtime < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def _flush(path: Path) -> None:
    """fsync a file, or a folder to make its entries durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _translated(error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ProblemError(
            "storage-full", "The document store is full. Try again later.", retry_after=60
        )
    return error
