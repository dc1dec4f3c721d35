"""A file that is being received, on this machine's disk until it is kept as a blob."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path
from typing import BinaryIO

from jobs.model.problems import ProblemError
from jobs.sealing.data_keys import DataKeys
from jobs.sealing.sealed_file import SealingWriter


class Incoming:
    """A file being received: counts and hashes the bytes as they are written.

    `key`: the bytes are encrypted with it.
    """

    def __init__(
        self, path: Path, file: BinaryIO, max_bytes: int, keys: DataKeys | None = None
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
            raise translated(error) from error

    def flush(self) -> None:
        """Write buffered bytes to the operating system. Nothing can be written afterwards."""
        try:
            if self._sealing:
                self._sealing.finish()
            self._file.flush()
        except OSError as error:
            raise translated(error) from error


def translated(error: OSError) -> Exception:
    """`ProblemError("storage-full")` for a full disk; another error as it is."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ProblemError(
            "storage-full", "The document store is full. Try again later.", retry_after=60
        )
    return error
