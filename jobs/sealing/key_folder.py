"""The wrapped data keys, one small file for each sealed blob, in a folder apart from the blobs.

Destroying a key makes every copy of its blob unreadable, also those in backups. A key file has two
slots of 128 bytes. Rotation writes the key, wrapped anew, to the free slot and then clears the
other one, so that a crash leaves at least one whole. The file is changed in place and never
replaced, so that a key that is destroyed meanwhile does not come back.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jobs.model.problems import ProblemError
from jobs.sealing.ciphers import KEY_BYTES, CipherName, is_available
from jobs.sealing.errors import Damaged, UnusableKeys
from jobs.sealing.master_keys import MasterKeys

_SLOT_BYTES = 128
_FREE = bytes(_SLOT_BYTES)
# A key that a Store checks when it opens: it shows that the master key is the right one.
_CHECK = "check"


class KeyFolder:
    """Creates, reads, destroys and rewraps data keys."""

    def __init__(self, folder: Path, master: MasterKeys) -> None:
        self._folder = folder
        self._master = master

    @classmethod
    def opened(cls, folder: Path, master: MasterKeys | None) -> KeyFolder | None:
        """The folder, checked with the master key and created if necessary.

        None: nothing is encrypted and nothing was. Raises `UnusableKeys`.
        """
        if master is None:
            if (folder / _CHECK).exists():
                raise UnusableKeys(
                    f"the documents were encrypted (their keys are in {folder}), but no master key "
                    "is set: set CHANCERY_MASTER_KEY_FILE or CHANCERY_MASTER_KEY"
                )
            return None
        if not is_available(master.cipher):
            raise UnusableKeys(
                f"CHANCERY_ENCRYPTION_CIPHER is {master.cipher}, which this OpenSSL does not have"
            )
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys = cls(folder, master)
        keys._check()
        return keys

    @property
    def cipher(self) -> CipherName:
        return self._master.cipher

    def new_key(self) -> bytes:
        return secrets.token_bytes(KEY_BYTES[self.cipher])

    def keep(self, name: str, key: bytes) -> None:
        """Store the key of the blob `name`, which is new. It is on disk when this returns."""
        path = self._path(name)
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync(path.parent.parent)
            sync(self._folder)
        self._write(path, name, key)
        sync(path.parent)

    def read(self, name: str) -> bytes:
        """The key of a blob.

        Raises `FileNotFoundError` if it was destroyed, `Damaged`, and
        `ProblemError("storage-locked")` if its master key is missing.
        """
        slots = self._path(name).read_bytes()
        error: Exception = Damaged(f"the key of {name} is damaged")
        for wrapped in _wrapped_in(slots):
            try:
                return self._master.unwrap(wrapped, name.encode())
            except (Damaged, ProblemError) as failure:
                error = failure
        raise error

    def destroy(self, name: str) -> None:
        """Overwrite and remove the key of a blob, if it exists."""
        path = self._path(name)
        try:
            descriptor = os.open(path, os.O_WRONLY)
        except FileNotFoundError:
            return
        try:
            _write_all(descriptor, _FREE * 2)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        path.unlink(missing_ok=True)

    def rewrap(self) -> tuple[int, int]:
        """Wrap every key with the current master key. Returns how many were wrapped anew, and how
        many could not be, because they are damaged.

        Raises `ProblemError("storage-locked")` if a key's master key is missing.
        """
        changed = damaged = 0
        for name in [*self.names(), _CHECK]:
            try:
                changed += self._rewrap(name)
            except Damaged:
                damaged += 1
            except FileNotFoundError:
                continue  # destroyed meanwhile
        return changed, damaged

    def names(self, min_age_seconds: float = 0) -> Iterator[str]:
        """The blobs that have a key, except those whose key is younger."""
        before = time.time() - min_age_seconds
        for path in self._folder.glob("*/*/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime <= before:
                    yield str(path.relative_to(self._folder))

    def _check(self) -> None:
        try:
            self.read(_CHECK)
        except Damaged as error:
            raise UnusableKeys(f"{self._path(_CHECK)} is damaged: restore it") from error
        except FileNotFoundError:
            if next(self.names(), None) is not None:
                raise UnusableKeys(f"{self._path(_CHECK)} is missing: restore it") from None
            self._create_check()
        except ProblemError as error:
            raise UnusableKeys(
                f"the keys in {self._folder} are of another master key: set the one that they were "
                f"made with. {error.problem.detail}"
            ) from error

    def _create_check(self) -> None:
        """Several processes may start at once: the first one's file stays, and is never seen in
        part.
        """
        path = self._folder / f".{_CHECK}-{secrets.token_hex(8)}"
        try:
            self._write(path, _CHECK, self.new_key())
            with suppress(FileExistsError):
                os.link(path, self._path(_CHECK))
        finally:
            path.unlink(missing_ok=True)
        sync(self._folder)

    def _write(self, path: Path, name: str, key: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _write_all(descriptor, self._slot(name, key) + _FREE)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _rewrap(self, name: str) -> bool:
        descriptor = os.open(self._path(name), os.O_RDWR)
        try:
            slots = os.pread(descriptor, 2 * _SLOT_BYTES, 0)
            if all(map(self._master.is_current, _wrapped_in(slots))):
                return False
            key = self.read(name)
            free = _SLOT_BYTES if slots[:_SLOT_BYTES] != _FREE else 0
            _write_all(descriptor, self._slot(name, key), free)
            os.fdatasync(descriptor)
            _write_all(descriptor, _FREE, _SLOT_BYTES - free)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        return True

    def _slot(self, name: str, key: bytes) -> bytes:
        wrapped = self._master.wrap(key, name.encode())
        return (bytes([len(wrapped)]) + wrapped).ljust(_SLOT_BYTES, b"\0")

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


def _wrapped_in(slots: bytes) -> list[bytes]:
    """The wrapped keys in the slots that are not free."""
    both = (slots[:_SLOT_BYTES], slots[_SLOT_BYTES : 2 * _SLOT_BYTES])
    return [slot[1 : 1 + slot[0]] for slot in both if slot and slot[0]]
