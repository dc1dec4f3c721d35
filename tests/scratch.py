"""Folders for temporary files, which must be empty in the end."""

from __future__ import annotations

import time
from pathlib import Path

SECONDS = 30


def removed(folder: Path) -> bool:
    """Whether a folder is empty within 30 seconds.

    A process that a killed reader had started removes its files after the end of the reader.
    """
    end = time.monotonic() + SECONDS
    while list(folder.iterdir()):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
