"""The disk of the data folder."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

FULL_BYTES = 1024**3
LOW_SHARE = 0.10


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """`free` and `total` are in bytes; `free` is what this process may use."""

    path: str
    free: int
    total: int
    writable: bool

    @property
    def is_full(self) -> bool:
        return self.free < FULL_BYTES

    @property
    def is_low(self) -> bool:
        return self.is_full or self.free < self.total * LOW_SHARE


def disk_space(folder: Path) -> DiskSpace | None:
    """The disk that has `folder`; None if there is no such folder. It blocks while a network file
    system does not answer: call it in a thread.
    """
    if not folder.is_dir():
        return None
    usage = shutil.disk_usage(folder)
    return DiskSpace(
        str(folder.absolute()), usage.free, usage.total, writable=os.access(folder, os.W_OK)
    )
