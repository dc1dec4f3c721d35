"""Copies files that other processes write and delete meanwhile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

_PRIVATE = 0o700


def names(folder: Path) -> Iterator[str]:
    """The files in a folder and in its folders, by their path below it."""
    for parent, _, files in os.walk(folder):
        for file in files:
            yield str((Path(parent) / file).relative_to(folder))


def copy_new(source: Path, target: Path) -> int:
    """Copy the files of `source` that `target` lacks; files must not change once they exist.

    Files that are deleted meanwhile are left out. Returns how many were copied.
    """
    copied = 0
    for name in names(source):
        to = target / name
        if to.exists():
            continue
        to.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        copied += copy_file(source / name, to)
    return copied


def mirror(source: Path, target: Path) -> None:
    """Make `target` have the files of `source`. Others there are overwritten and removed."""
    target.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    kept = set(names(source))
    for name in kept:
        to = target / name
        to.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        beside = to.with_name(f".{to.name}.new")
        if copy_file(source / name, beside):
            beside.replace(to)
    for name in set(names(target)) - kept:
        _destroy(target / name)


def copy_file(source: Path, target: Path) -> bool:
    """Copy a file with the time of its last change. False: `source` does not exist."""
    try:
        shutil.copyfile(source, target)
        shutil.copystat(source, target)
    except FileNotFoundError:
        if source.exists():
            raise
        target.unlink(missing_ok=True)
        return False
    return True


def total(folder: Path) -> tuple[int, int]:
    """The number of files in a folder and in its folders, and their bytes."""
    sizes = [(folder / name).stat().st_size for name in names(folder)]
    return len(sizes), sum(sizes)


def _destroy(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(os.fstat(file.fileno()).st_size))
        file.flush()
        os.fdatasync(file.fileno())
    path.unlink()
