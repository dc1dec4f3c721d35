"""The bytes of documents and of large results, as blobs in a `Backend`.

With a master key a blob is encrypted from the first byte on, and its name ends in `.sealed`. A
short text is no blob of the backend: `jobs/blobs.py`.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from documents.isolation.owner import current_owner
from documents.isolation.slots import Slots
from jobs.blobs import FileSource, PlainReader, Reader, TextReader, inline_blob, inline_text
from jobs.process.settings import StoreSettings
from jobs.sealing.data_keys import DataKeys
from jobs.sealing.errors import no_master_key
from jobs.sealing.memory import MemoryFile
from jobs.sealing.sealed_file import SealedReader, SealingWriter
from jobs.store.backend import Backend
from jobs.store.incoming import Incoming, translated
from jobs.store.opening import backend_of, keys_of

_ABANDONED_SECONDS = 24 * 3600
_TOGETHER_BYTES = 1024 * 1024
_SEALED = ".sealed"
# Decrypted files are in memory. Only so many of more than a size are at the same time, and as many
# more as `Slots` reserves; departments take turns.
_LARGE_BYTES = 8 * 1024 * 1024
_LARGE_AT_ONCE = 4
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob's name, and the id of the document, file or job that owns it."""

    name: str
    department: str
    owner: str


class Store:
    """`keys`: new blobs are encrypted. `inline_text_bytes`: new texts up to this size are in their
    names. Methods raise `ProblemError`: `storage-full`, `storage-unavailable`.
    """

    def __init__(
        self, backend: Backend, keys: DataKeys | None = None, *, inline_text_bytes: int = 0
    ) -> None:
        self._backend = backend
        self._keys = keys
        self._inline_text_bytes = inline_text_bytes
        self._large = Slots(_LARGE_AT_ONCE)

    @classmethod
    def opened(cls, settings: StoreSettings) -> Store:
        """The store of the settings.

        Raises `UnusableKeys`, and `ProblemError("storage-unavailable")`.
        """
        keys = keys_of(settings)
        return cls(backend_of(settings), keys, inline_text_bytes=settings.inline_text_bytes)

    @asynccontextmanager
    async def incoming(self, max_bytes: int) -> AsyncIterator[Incoming]:
        """A temporary file to write to, removed at the end of the block."""
        path = self._backend.incoming / secrets.token_hex(16)
        try:
            with path.open("xb") as file:
                yield Incoming(path, file, max_bytes, self._keys)
        except OSError as error:
            raise translated(error) from error
        finally:
            path.unlink(missing_ok=True)

    @asynccontextmanager
    async def received(self, incoming: Incoming) -> AsyncIterator[Path]:
        """A path at which processes can read a received file, within the block."""
        incoming.flush()
        if incoming.key is None:
            yield incoming.path
            return
        reader = partial(_received, incoming.path, incoming.key)
        async with self._in_memory(reader, incoming.bytes) as path:
            yield path

    async def keep(self, incoming: Incoming, department: str, owner: str) -> str:
        """Turn a received file into a blob and return its name. It is on disk when this returns.

        `owner` is the id of the document or file that it is for.
        """
        incoming.flush()
        return await self._in_thread(self._keep, incoming.path, department, owner, incoming.key)

    async def put(self, data: bytes | bytearray, department: str, owner: str) -> str:
        """Store `data` as a blob and return its name. It is on disk when this returns."""
        return await self._in_thread(self._put, data, department, owner)

    async def put_text(self, text: bytes, department: str, owner: str) -> str:
        """As `put`, for a text in UTF-8. A short one is in the name that this returns."""
        if len(text) <= self._inline_text_bytes:
            return inline_blob(text.decode())
        return await self.put(text, department, owner)

    async def read(self, blob: str) -> bytes:
        """The whole content.

        Raises `FileNotFoundError`, also if it is `Damaged`, and `ProblemError("storage-locked")` if
        the master key of its data key is missing.
        """
        return await self._in_thread(self._read, blob)

    @asynccontextmanager
    async def readable(self, blob: str) -> AsyncIterator[Path]:
        """A path at which processes of this user can read a blob, within the block.

        An encrypted blob is decrypted into memory: nothing of it is written to disk. A text without
        a file and an object of S3 are in memory too. Raises what `read` raises. A file that is not
        encrypted may be missing at the path.
        """
        path = None if inline_text(blob) is not None else self._backend.path(blob)
        if path is not None and not _is_sealed(blob):
            yield path
            return
        size = await self._in_thread(self._size, blob)
        async with self._in_memory(partial(self._open, blob), size) as path:
            yield path

    async def slices(self, parts: Sequence[tuple[str, int, int]]) -> Sequence[bytes | None]:
        """Read parts of blobs (name, offset, length) in one thread; None for a part that fails.

        Raises `ProblemError("storage-locked")`.
        """
        return await self._in_thread(self._slices, parts)

    async def sizes(self, blobs: Sequence[str]) -> Sequence[int]:
        """Their sizes in bytes. Raises what `read` raises."""
        return await self._in_thread(lambda: [self._size(blob) for blob in blobs])

    async def pieces(
        self, blob: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes of a blob from `start` to `end` (excluded), in pieces.

        Raises what `read` raises; for a damaged piece after the pieces before it.
        """
        with await self._in_thread(self._open, blob) as reader:
            pieces = reader.pieces(start, end)
            while piece := await self._in_thread(next, pieces, b""):
                yield piece

    async def delete(self, blob: str) -> None:
        """Remove a blob, if it exists. The key of an encrypted one is destroyed first."""
        if inline_text(blob) is None:
            await self._in_thread(self._delete, blob)

    async def fault(self) -> str | None:
        """Why the place of the blobs cannot be reached now; None if it can."""
        return await self._in_thread(self._backend.fault)

    async def clear_abandoned(self) -> int:
        """Remove what dead processes left unfinished over a day ago; returns how many."""
        return await self._in_thread(self._clear_abandoned)

    async def abort_unfinished(self) -> int:
        """End uploads to S3 that dead processes began over a day ago; returns how many."""
        return await self._in_thread(self._backend.abort_older_than, _ABANDONED_SECONDS)

    def old_blobs(self) -> Iterator[Blob]:
        """Blobs older than a day, some of which dead processes wrote but never recorded."""
        for name in self._backend.older_than(_ABANDONED_SECONDS):
            department, _, file = name.split("/")
            yield Blob(name, department, file.rpartition("-")[0])

    async def old_keys_without_blob(self) -> Sequence[str]:
        """Keys, older than a day, of blobs that do not exist."""
        keys = self._keys
        if keys is None:
            return ()
        return await self._in_thread(
            lambda: list(self._backend.missing(keys.names(_ABANDONED_SECONDS)))
        )

    def _open(self, blob: str) -> Reader:
        """A reader, whose size is authenticated."""
        text = inline_text(blob)
        if text is not None:
            return TextReader(text)
        if not _is_sealed(blob):
            return PlainReader(self._backend.open(blob))
        key = self._key(blob)
        return SealedReader(self._backend.open(blob), key)

    def _read(self, blob: str) -> bytes:
        with self._open(blob) as reader:
            return b"".join(reader.pieces())

    def _slices(self, parts: Sequence[tuple[str, int, int]]) -> Sequence[bytes | None]:
        slices: list[bytes | None] = []
        for blob, of_blob in groupby(parts, itemgetter(0)):
            places = list(of_blob)
            try:
                with self._open(blob) as reader:
                    slices += _read_slices(reader, [place[1:] for place in places])
            except OSError:
                slices += [None] * len(places)
        return slices

    def _size(self, blob: str) -> int:
        if inline_text(blob) is None and not _is_sealed(blob):
            return self._backend.size(blob)
        with self._open(blob) as reader:
            return reader.size

    def _key(self, blob: str) -> bytes:
        if self._keys is None:
            raise no_master_key()
        return self._keys.read(blob)

    @asynccontextmanager
    async def _in_memory(self, open_reader: Callable[[], Reader], size: int) -> AsyncIterator[Path]:
        async with self._large.hold(current_owner()) if size > _LARGE_BYTES else nullcontext():
            file = await self._in_thread(MemoryFile, open_reader)
            try:
                yield file.path
            finally:
                file.close()

    def _put(self, data: bytes | bytearray, department: str, owner: str) -> str:
        keys = self._keys
        key = keys.new_key() if keys else None

        def write(file: BinaryIO) -> None:
            if keys is None or key is None:
                file.write(data)
                return
            writer = SealingWriter(file, keys.cipher, key)
            writer.write(data)
            writer.finish()

        blob = _new_name(department, owner, sealed=key is not None)
        self._store(blob, key, lambda: self._backend.write(blob, write))
        return blob

    def _keep(self, path: Path, department: str, owner: str, key: bytes | None) -> str:
        blob = _new_name(department, owner, sealed=key is not None)
        self._store(blob, key, lambda: self._backend.move(blob, path))
        return blob

    def _store(self, blob: str, key: bytes | None, store: Callable[[], None]) -> None:
        try:
            if self._keys is not None and key is not None:
                # Before the blob: a key without a blob is harmless, and removed after a day.
                self._keys.keep(blob, key)
            store()
        except OSError as error:
            raise translated(error) from error

    def _delete(self, blob: str) -> None:
        if self._keys is not None:
            self._keys.destroy(blob)
        self._backend.delete(blob)

    def _clear_abandoned(self) -> int:
        before = time.time() - _ABANDONED_SECONDS
        old = [path for path in self._backend.incoming.iterdir() if path.stat().st_mtime < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    async def _in_thread(self, work: Callable[..., Result], *arguments: Any) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._backend.executor, work, *arguments)


def _read_slices(reader: Reader, places: Sequence[tuple[int, int]]) -> Sequence[bytes | None]:
    """Parts at an offset with a length; lines that are next to each other in one read."""
    first = min(offset for offset, _ in places)
    end = max(offset + length for offset, length in places)
    if len(places) > 1 and end - first <= min(_TOGETHER_BYTES, 2 * sum(size for _, size in places)):
        data = _slice(reader, first, end - first)
        if data is not None and len(data) == end - first:
            return [data[offset - first : offset - first + length] for offset, length in places]
    return [_slice(reader, offset, length) for offset, length in places]


def _slice(reader: Reader, offset: int, length: int) -> bytes | None:
    try:
        return b"".join(reader.pieces(offset, offset + length))
    except OSError:
        return None


def _received(path: Path, key: bytes) -> Reader:
    return SealedReader(FileSource(path), key)


def _new_name(department: str, owner: str, *, sealed: bool) -> str:
    number = secrets.token_hex(8)
    return f"{department}/{number[-2:]}/{owner}-{number}{_SEALED if sealed else ''}"


def _is_sealed(blob: str) -> bool:
    return blob.endswith(_SEALED)
