"""The log files of children, with rotation by size."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 50 * 1024 * 1024
KEEP = 5


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file that a child writes to; older ones are in the same folder as `NAME.log.1` and so on.

    A running child cannot be given another file, so a file over `max_bytes` is copied and then
    truncated. Lines written between these two steps are lost.
    """

    path: Path
    max_bytes: int = MAX_BYTES
    keep: int = KEEP

    def open(self) -> int:
        """A file descriptor that appends. The caller closes it."""
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)

    def rotate_previous(self) -> None:
        """Move the log of an earlier run to `NAME.log.1`."""
        if self.path.exists() and self.path.stat().st_size:
            self._shift()
            self.path.rename(self._older(1))

    def rotate_if_large(self) -> None:
        """Copy the log to `NAME.log.1` and truncate it if it is over `max_bytes`."""
        if self.path.exists() and self.path.stat().st_size > self.max_bytes:
            self._shift()
            shutil.copyfile(self.path, self._older(1))
            os.truncate(self.path, 0)

    def tail(self, lines: int = 15) -> str:
        """The last `lines` lines."""
        if not self.path.exists():
            return ""
        with self.path.open("rb") as log:
            log.seek(max(0, self.path.stat().st_size - 64 * 1024))
            text = log.read().decode("utf-8", "replace")
        return "\n".join(text.splitlines()[-lines:])

    def _older(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def _shift(self) -> None:
        for number in range(self.keep, 0, -1):
            if self._older(number).exists():
                self._older(number).rename(self._older(number + 1))
        self._older(self.keep + 1).unlink(missing_ok=True)
