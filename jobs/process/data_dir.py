"""The data dir: readable by its owner alone, and its keys checked before a process works."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from jobs.process.settings import StoreSettings
from jobs.sealing.errors import UnusableKeys
from jobs.store import keys_of

_GROUP_AND_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_private(data_dir: Path) -> None:
    """Make the data dir readable by its owner alone, as all that this process creates from now on.

    What is in it already is left to `make_private`.
    """
    os.umask(_GROUP_AND_OTHERS)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A folder of another user, such as a mounted volume, is left as it is.
    with suppress(PermissionError):
        _restrict(data_dir, data_dir.stat())


def open_or_exit(settings: StoreSettings) -> None:
    """`keep_private`, and exit with status 1 and one line if the master key does not fit the store:
    work would be stored that nobody can read.
    """
    keep_private(settings.data_dir)
    try:
        keys_of(settings)
    except UnusableKeys as error:
        sys.exit(f"Nothing was started: {error}.")


def make_private(data_dir: Path) -> tuple[int, int]:
    """Take every right of group and others from the files and folders in the data dir.

    Returns how many were changed, and how many could not be, because another user owns them.
    """
    changed = failed = 0
    folders = [str(data_dir)]
    while folders:
        for entry in _entries(folders.pop()):
            if entry.is_symlink():
                continue
            if entry.is_dir():
                folders.append(entry.path)
            try:
                changed += _restrict(entry.path, entry.stat(follow_symlinks=False))
            except FileNotFoundError:
                continue
            except PermissionError:
                failed += 1
    return changed, failed


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, PermissionError):
        return []


def _restrict(path: Path | str, status: os.stat_result) -> bool:
    """True if the mode was changed."""
    if not status.st_mode & _GROUP_AND_OTHERS:
        return False
    os.chmod(path, stat.S_IMODE(status.st_mode) & ~_GROUP_AND_OTHERS)  # noqa: PTH101 - also text
    return True
