"""One log file a child, none of them larger than the disk can bear."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 50 * 1024 * 1024
KEEP = 5


@dataclass(frozen=True, slots=True)
class LogFile:
    """A child's log, which the child itself writes to, with the older ones beside it (`.1`, ...).

    A file over `max_bytes` is copied away and emptied, since a running child cannot be given
    another one; the few lines that come between the two steps are lost.
    """

    path: Path
    max_bytes: int = MAX_BYTES
    keep: int = KEEP

    def open(self) -> int:
        """A descriptor that appends, for a child's output. The caller closes it."""
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)

    def begin(self) -> None:
        """Set an earlier run's log aside, so that the file holds this run alone."""
        if self.path.exists() and self.path.stat().st_size:
            self._shift()
            self.path.rename(self._older(1))

    def bound(self) -> None:
        """Copy the log away and empty it when it is over its size."""
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
        for number in _downwards(self.keep):
            if self._older(number).exists():
                self._older(number).rename(self._older(number + 1))
        self._older(self.keep + 1).unlink(missing_ok=True)


def _downwards(keep: int) -> Iterator[int]:
    return iter(range(keep, 0, -1))
