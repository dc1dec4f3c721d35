"""Use the previous release again: `ROOT/bin/rollback`. Needs the standard library only."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "setup"))

from commands import announce
from contents import Manifest
from folder_lock import only_one
from progress import Failed, Progress
from releases import CURRENT, PREVIOUS, Releases


def rollback(releases: Releases, wanted: str | None, *, restored: bool) -> str | None:
    """Use the release `wanted`, by default the previous one; returns the one used until now.

    Raises `Failed` if it is not installed, or cannot read the data.
    """
    before = releases.linked(CURRENT)
    name = wanted or releases.linked(PREVIOUS)
    if name is None:
        raise Failed("no release was used before: there is nothing to go back to")
    if not releases.is_installed(name):
        raise Failed(f"{releases.folder(name)} does not exist: run install.sh of its bundle")
    releases.check_format(Manifest.read(releases.folder(name)), restored=restored)
    releases.use(name)
    return before


def main() -> int:
    parser = argparse.ArgumentParser(prog="rollback", description=(__doc__ or "").split(":")[0])
    parser.add_argument("--root", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--to", help="an installed release (default: the one used before)")
    parser.add_argument(
        "--restored",
        action="store_true",
        help="the data are from a backup of that release or an older one",
    )
    options = parser.parse_args()
    releases = Releases(options.root)
    progress = Progress("rollback", Path(os.devnull))
    try:
        with only_one(releases.root, progress):
            before = rollback(releases, options.to, restored=options.restored)
    except Failed as failure:
        print(f"rollback: {failure}", file=sys.stderr)
        return 1
    announce(releases, before, progress)
    return 0


if __name__ == "__main__":
    sys.exit(main())
