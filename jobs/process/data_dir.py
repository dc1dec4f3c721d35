"""The data dir: readable by its owner alone, and its keys checked before a process works."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from jobs.audit.files import AuditFiles, AuditKeyUnusable
from jobs.model.problems import ProblemError
from jobs.process.settings import AuditSettings, StoreSettings
from jobs.sealing.errors import UnusableKeys
from jobs.store import keys_of

# The folder in it for the metrics of several api processes on one port.
API_METRICS = "api-metrics"
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


def open_or_exit(settings: StoreSettings, audit: AuditSettings | None = None) -> None:
    """`keep_private`, and exit with status 1 and one line for what `check_keys` raises."""
    keep_private(settings.data_dir)
    try:
        check_keys(settings, audit)
    except (UnusableKeys, AuditKeyUnusable, ProblemError) as error:
        sys.exit(f"Nothing was started: {str(error).removesuffix('.')}.")


def check_keys(settings: StoreSettings, audit: AuditSettings | None = None) -> None:
    """Check the keys of the store and, with `audit`, of the audit record.

    Raises `UnusableKeys` if the master key does not fit the store (work would be stored that nobody
    can read), `ProblemError("storage-unavailable")`, and `AuditKeyUnusable`.
    """
    keys_of(settings)
    if audit is None:
        return
    files = AuditFiles.of(settings.data_dir)
    try:
        files.chain_key(audit)
    except OSError as error:
        raise AuditKeyUnusable(
            f"the audit record {files.folder} cannot be written ({error.strerror}): free some "
            "space on its disk, or correct its owner"
        ) from error


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
