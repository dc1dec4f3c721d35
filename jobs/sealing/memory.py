"""Blobs in memory that are not to be files, for processes that open files by their path."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from jobs.blobs import Reader

_READ_ONLY = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


class MemoryFile:
    """The content of a blob, readable by this user's processes at `path` until `close`.

    Linux only (memfd). The file has no name in any folder and cannot be changed. Raises what
    opening and reading the blob raise: `Damaged`, `FileNotFoundError`.
    """

    def __init__(self, open_reader: Callable[[], Reader]) -> None:
        self._descriptor = os.memfd_create("document", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self.path = Path(f"/proc/{os.getpid()}/fd/{self._descriptor}")
        try:
            with open_reader() as reader:
                for piece in reader.pieces():
                    _write(self._descriptor, piece)
            fcntl.fcntl(self._descriptor, fcntl.F_ADD_SEALS, _READ_ONLY)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        os.close(self._descriptor)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
