"""The lock of a folder in which something is installed. Needs the standard library only."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from progress import Progress


@contextmanager
def only_one(root: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock of the folder `root`; waits while another installation holds it."""
    with (root / "install.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("waiting for another installation in this folder")
            fcntl.flock(lock, fcntl.LOCK_EX)
        # A command that outlives a killed installation keeps the lock until it ends.
        os.set_inheritable(lock.fileno(), True)
        yield
