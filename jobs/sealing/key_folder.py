"""The wrapped data keys, one small file for each sealed blob, in a folder apart from the blobs.

Destroying a key makes every copy of its blob unreadable, also those in backups. Rotation writes
the key, wrapped again, to the free slot of its file and then clears the other one, so that a crash
leaves at least one whole. The file is changed in place and never replaced, so that a key that is
destroyed meanwhile does not come back.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jobs.sealing.data_keys import CHECK, FREE, SLOT_BYTES, DataKeys, refuse_unkeyed
from jobs.sealing.master_keys import MasterKeys


class KeyFolder(DataKeys):
    """Data keys in a folder that all processes share."""

    def __init__(self, folder: Path, master: MasterKeys) -> None:
        super().__init__(master)
        self._folder = folder

    @classmethod
    def opened(cls, folder: Path, master: MasterKeys | None) -> KeyFolder | None:
        """The folder, checked with the master key and created if necessary.

        None: nothing is encrypted and nothing was. Raises `UnusableKeys`.
        """
        if master is None:
            if (folder / CHECK).exists():
                refuse_unkeyed(str(folder))
            return None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys = cls(folder, master)
        keys.check()
        return keys

    def __str__(self) -> str:
        return str(self._folder)

    def keep(self, name: str, key: bytes) -> None:
        path = self._path(name)
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync(path.parent.parent)
            sync(self._folder)
        self._write(path, name, key)
        sync(path.parent)

    def destroy(self, name: str) -> None:
        """Overwrite and remove the key of a blob, if it exists."""
        path = self._path(name)
        try:
            descriptor = os.open(path, os.O_WRONLY)
        except FileNotFoundError:
            return
        try:
            _write_all(descriptor, FREE * 2)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        path.unlink(missing_ok=True)

    def names(self, min_age_seconds: float = 0) -> Iterator[str]:
        before = time.time() - min_age_seconds
        for path in self._folder.glob("*/*/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime <= before:
                    yield str(path.relative_to(self._folder))

    def _create_check(self) -> None:
        path = self._folder / f".{CHECK}-{secrets.token_hex(8)}"
        try:
            self._write(path, CHECK, self.new_key())
            with suppress(FileExistsError):
                os.link(path, self._path(CHECK))
        finally:
            path.unlink(missing_ok=True)
        sync(self._folder)

    def _stored(self, name: str) -> bytes:
        return self._path(name).read_bytes()

    def _write(self, path: Path, name: str, key: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _write_all(descriptor, self._slot(name, key) + FREE)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _rewrap(self, name: str) -> bool:
        descriptor = os.open(self._path(name), os.O_RDWR)
        try:
            slots = os.pread(descriptor, 2 * SLOT_BYTES, 0)
            if self._is_current(slots):
                return False
            key = self.read(name)
            free = SLOT_BYTES if slots[:SLOT_BYTES] != FREE else 0
            _write_all(descriptor, self._slot(name, key), free)
            os.fdatasync(descriptor)
            _write_all(descriptor, FREE, SLOT_BYTES - free)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        return True

    def _path(self, name: str) -> Path:
        return self._folder / name


def _write_all(descriptor: int, data: bytes, offset: int = 0) -> None:
    """Raises `OSError` for a full disk, also where the kernel writes only a part."""
    if os.pwrite(descriptor, data, offset) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def sync(path: Path) -> None:
    """fsync a file, or a folder to make its entries durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
