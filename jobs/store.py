"""The object store: the bytes of documents and of large results, in a folder.

A blob is complete or absent: it is written to another folder, flushed to disk and then moved. With
a master key it is encrypted from the first byte on, and its name ends in `.sealed`. A short text is
no file: `jobs/blobs.py`.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from documents.isolation.owner import current_owner
from documents.isolation.slots import Slots
from jobs.blobs import PlainReader, Reader, TextReader, inline_blob, inline_text
from jobs.model.problems import ProblemError
from jobs.process.settings import StoreSettings
from jobs.sealing.errors import no_master_key
from jobs.sealing.key_folder import KeyFolder, sync
from jobs.sealing.master_keys import MasterKeys
from jobs.sealing.memory import MemoryFile
from jobs.sealing.sealed_file import SealedReader, SealingWriter

_ABANDONED_SECONDS = 24 * 3600
_TOGETHER_BYTES = 1024 * 1024
_SEALED = ".sealed"
# Decrypted files are in memory. Only so many of more than a size are at the same time, and as many
# more as `Slots` reserves; departments take turns.
_LARGE_BYTES = 8 * 1024 * 1024
_LARGE_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob's name, and the id of the document, file or job that owns it."""

    name: str
    department: str
    owner: str


class Incoming:
    """A file being received: counts and hashes the bytes as they are written.

    `key`: the bytes are encrypted with it.
    """

    def __init__(
        self, path: Path, file: BinaryIO, max_bytes: int, keys: KeyFolder | None = None
    ) -> None:
        self.path = path
        self.bytes = 0
        self.key = keys.new_key() if keys else None
        self._file = file
        self._sealing = SealingWriter(file, keys.cipher, self.key) if keys and self.key else None
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
            (self._sealing or self._file).write(chunk)
        except OSError as error:
            raise _translated(error) from error

    def flush(self) -> None:
        """Write buffered bytes to the operating system. Nothing can be written afterwards."""
        try:
            if self._sealing:
                self._sealing.finish()
            self._file.flush()
        except OSError as error:
            raise _translated(error) from error


class Store:
    """All processes of a machine share `root`. `keys`: new blobs are encrypted.

    `inline_text_bytes`: new texts up to this size get no file.
    """

    def __init__(
        self, root: Path, keys: KeyFolder | None = None, *, inline_text_bytes: int = 0
    ) -> None:
        self._blobs = root / "blobs"
        self._incoming = root / "incoming"
        self._keys = keys
        self._inline_text_bytes = inline_text_bytes
        self._large = Slots(_LARGE_AT_ONCE)
        for folder in (root, self._blobs, self._incoming):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @classmethod
    def opened(cls, settings: StoreSettings) -> Store:
        """The store in the data dir. Raises `UnusableKeys`."""
        return cls(
            settings.data_dir / "store",
            keys_of(settings),
            inline_text_bytes=settings.inline_text_bytes,
        )

    @asynccontextmanager
    async def incoming(self, max_bytes: int) -> AsyncIterator[Incoming]:
        """A temporary file to write to, removed at the end of the block."""
        path = self._incoming / secrets.token_hex(16)
        try:
            with path.open("xb") as file:
                yield Incoming(path, file, max_bytes, self._keys)
        except OSError as error:
            raise _translated(error) from error
        finally:
            path.unlink(missing_ok=True)

    @asynccontextmanager
    async def received(self, incoming: Incoming) -> AsyncIterator[Path]:
        """A path at which processes can read a received file, within the block."""
        incoming.flush()
        if incoming.key is None:
            yield incoming.path
            return
        reader = partial(SealedReader, incoming.path, incoming.key)
        async with self._in_memory(reader, incoming.bytes) as path:
            yield path

    async def keep(self, incoming: Incoming, department: str, owner: str) -> str:
        """Turn a received file into a blob and return its name. It is on disk when this returns.

        `owner` is the id of the document or file that it is for.
        """
        incoming.flush()
        return await asyncio.to_thread(self._keep, incoming.path, department, owner, incoming.key)

    async def put(self, data: bytes | bytearray, department: str, owner: str) -> str:
        """Store `data` as a blob and return its name. It is on disk when this returns."""
        return await asyncio.to_thread(self._put, data, department, owner)

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
        return await asyncio.to_thread(self._read, blob)

    @asynccontextmanager
    async def readable(self, blob: str) -> AsyncIterator[Path]:
        """A path at which processes of this user can read a blob, within the block.

        An encrypted blob is decrypted into memory: nothing of it is written to disk. A text without
        a file is in memory too. Raises what `read` raises. A blob that is not encrypted may be
        missing at the path.
        """
        if inline_text(blob) is None and not _is_sealed(blob):
            yield self.path(blob)
            return
        size = await asyncio.to_thread(self._size, blob)
        async with self._in_memory(partial(self._open, blob), size) as path:
            yield path

    async def slices(self, parts: Sequence[tuple[str, int, int]]) -> Sequence[bytes | None]:
        """Read parts of blobs (name, offset, length) in one thread; None for a part that fails.

        Raises `ProblemError("storage-locked")`.
        """
        return await asyncio.to_thread(self._slices, parts)

    async def sizes(self, blobs: Sequence[str]) -> Sequence[int]:
        """Their sizes in bytes. Raises what `read` raises."""
        return await asyncio.to_thread(lambda: [self._size(blob) for blob in blobs])

    async def pieces(
        self, blob: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes of a blob from `start` to `end` (excluded), in pieces.

        Raises what `read` raises; for a damaged piece after the pieces before it.
        """
        with await asyncio.to_thread(self._open, blob) as reader:
            pieces = reader.pieces(start, end)
            while piece := await asyncio.to_thread(next, pieces, b""):
                yield piece

    def path(self, blob: str) -> Path:
        return self._blobs / blob

    async def delete(self, blob: str) -> None:
        """Remove a blob, if it exists. The key of an encrypted one is destroyed first."""
        if inline_text(blob) is None:
            await asyncio.to_thread(self._delete, blob)

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

    async def old_keys_without_blob(self) -> Sequence[str]:
        """Keys, older than a day, of blobs that do not exist."""
        keys = self._keys
        if keys is None:
            return ()
        names = await asyncio.to_thread(lambda: list(keys.names(_ABANDONED_SECONDS)))
        return await asyncio.to_thread(
            lambda: [name for name in names if not self.path(name).exists()]
        )

    def _open(self, blob: str) -> Reader:
        """A reader, whose size is authenticated."""
        text = inline_text(blob)
        if text is not None:
            return TextReader(text)
        if not _is_sealed(blob):
            return PlainReader(self.path(blob))
        return SealedReader(self.path(blob), self._key(blob))

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
        with self._open(blob) as reader:
            return reader.size

    def _key(self, blob: str) -> bytes:
        if self._keys is None:
            raise no_master_key()
        return self._keys.read(blob)

    @asynccontextmanager
    async def _in_memory(self, open_reader: Callable[[], Reader], size: int) -> AsyncIterator[Path]:
        async with self._large.hold(current_owner()) if size > _LARGE_BYTES else nullcontext():
            file = await asyncio.to_thread(MemoryFile, open_reader)
            try:
                yield file.path
            finally:
                file.close()

    def _put(self, data: bytes | bytearray, department: str, owner: str) -> str:
        path, key = self._incoming / secrets.token_hex(16), None
        try:
            with path.open("xb") as file:
                if self._keys is None:
                    file.write(data)
                else:
                    key = self._keys.new_key()
                    writer = SealingWriter(file, self._keys.cipher, key)
                    writer.write(data)
                    writer.finish()
                file.flush()
                os.fsync(file.fileno())
            return self._move(path, department, owner, key)
        except OSError as error:
            raise _translated(error) from error
        finally:
            path.unlink(missing_ok=True)

    def _keep(self, path: Path, department: str, owner: str, key: bytes | None) -> str:
        try:
            sync(path)
        except OSError as error:
            raise _translated(error) from error
        return self._move(path, department, owner, key)

    def _move(self, path: Path, department: str, owner: str, key: bytes | None) -> str:
        """Turn a file that is on disk into a blob; returns its name."""
        number = secrets.token_hex(8)
        name = f"{owner}-{number}{_SEALED if key else ''}"
        blob = f"{department}/{number[-2:]}/{name}"
        target = self.path(blob)
        try:
            if self._keys is not None and key is not None:
                # Before the blob: a key without a blob is harmless.
                self._keys.keep(blob, key)
            if not target.parent.is_dir():
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync(target.parent.parent)
                sync(self._blobs)
            path.rename(target)
            sync(target.parent)
        except OSError as error:
            raise _translated(error) from error
        return blob

    def _delete(self, blob: str) -> None:
        if self._keys is not None:
            self._keys.destroy(blob)
        self.path(blob).unlink(missing_ok=True)

    def _clear_abandoned(self) -> int:
        before = time.time() - _ABANDONED_SECONDS
        old = [path for path in self._incoming.iterdir() if path.stat().st_mtime < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


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


def keys_of(settings: StoreSettings) -> KeyFolder | None:
    """The data keys of the store. None: nothing is encrypted. Raises `UnusableKeys`."""
    folder = settings.keys_dir or settings.data_dir / "keys"
    return KeyFolder.opened(folder, MasterKeys.from_settings(settings))


def _is_sealed(blob: str) -> bool:
    return blob.endswith(_SEALED)


def _translated(error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ProblemError(
            "storage-full", "The document store is full. Try again later.", retry_after=60
        )
    return error
