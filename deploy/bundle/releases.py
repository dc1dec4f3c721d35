"""The installed releases of one folder, and which of them is used.

    releases/NAME/   venv, html, deploy, and MANIFEST.json, which is written last
    current          a link to the release that `bin/chancery` runs
    previous         a link to the one that was used before
    engines/         vLLM, by the digest of its lock: releases with the same one share it
    data/            documents, results, Redis; untouched by an installation
    chancery.env     settings; written once

Needs the standard library only.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from contents import MANIFEST, Manifest
from progress import Failed

CURRENT, PREVIOUS = "current", "previous"


class Releases:
    """The releases in the folder `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "data"

    def folder(self, name: str) -> Path:
        return self.root / "releases" / name

    def is_installed(self, name: str) -> bool:
        return (self.folder(name) / MANIFEST).exists()

    def linked(self, link: str) -> str | None:
        """The name of the release to which the link `CURRENT` or `PREVIOUS` leads, if any."""
        path = self.root / link
        return path.readlink().name if path.is_symlink() else None

    def check_format(self, wanted: Manifest, *, restored: bool = False) -> None:
        """Raise `Failed` if `wanted` cannot read what the current release has written.

        `restored`: the data are from a backup that `wanted` or an older release made.
        """
        name = self.linked(CURRENT)
        if name is None or restored:
            return
        current = Manifest.read(self.folder(name))
        if wanted.ledger_format < current.ledger_format:
            raise Failed(
                f"{wanted.release} reads the ledger's format {wanted.ledger_format} at most, and "
                f"{name} has written {self.data} in format {current.ledger_format}. Nothing was "
                "changed. To go back: stop the system, restore the backup from before the upgrade, "
                "and repeat the command with --restored (current/html/docs/offline.html)"
            )

    def use(self, name: str) -> None:
        """Let `current` lead to the release `name`, in one step, and `previous` to the last one."""
        current = self.linked(CURRENT)
        if current == name:
            return
        if current is not None:
            self._link(PREVIOUS, current)
        self._link(CURRENT, name)

    def is_running(self) -> bool:
        """Whether a system runs with the data of this folder."""
        try:
            with (self.data / "lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def _link(self, link: str, name: str) -> None:
        unfinished = self.root / f".{link}.new"
        unfinished.unlink(missing_ok=True)
        unfinished.symlink_to(Path("releases") / name)
        os.replace(unfinished, self.root / link)  # noqa: PTH105 - replaces the link, not its target
