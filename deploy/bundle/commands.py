"""The commands below ROOT/bin, and what an installation says at its end.

Needs the standard library only.
"""

from __future__ import annotations

import shlex

from progress import Progress
from releases import CURRENT, PREVIOUS, Releases

# The settings are read as systemd and Compose read them: a line is a name and a value, no shell.
_CHANCERY = """#!/bin/bash
# `chancery` of the release that is used, with the settings and the data of this folder.
set -euo pipefail
root={root}
while IFS= read -r line || [[ -n $line ]]; do
    [[ ! $line =~ ^[A-Z][A-Z0-9_]*= ]] || export "$line"
done <"$root/chancery.env"
export CHANCERY_DATA_DIR=${{CHANCERY_DATA_DIR:-$root/data}}
exec "$root/current/venv/bin/chancery" "$@"
"""
_ROLLBACK = """#!/bin/bash
# Goes back to the release that was used before, or to another one: --to NAME.
set -euo pipefail
root={root}
used=$root/current
exec "$used/venv/bin/python" -B "$used/deploy/bundle/rollback.py" --root "$root" "$@"
"""


def write_commands(releases: Releases) -> None:
    folder = releases.root / "bin"
    folder.mkdir(exist_ok=True)
    for name, text in (("chancery", _CHANCERY), ("rollback", _ROLLBACK)):
        unfinished = folder / f".{name}.new"
        unfinished.write_text(text.format(root=shlex.quote(str(releases.root))))
        unfinished.chmod(0o755)
        unfinished.replace(folder / name)


def announce(releases: Releases, before: str | None, progress: Progress) -> None:
    """Say which release is used now, and what to do next. `before`: the one until now."""
    now = releases.linked(CURRENT)
    command = releases.root / "bin" / "chancery"
    if before == now:
        progress.say(f"{now} is used, as before")
    elif before is None:
        progress.say(f"{now} is used; settings are in {releases.root / 'chancery.env'}")
    else:
        progress.say(f"{now} is used instead of {releases.linked(PREVIOUS)}")
    if not releases.is_running():
        progress.say(f"start it: {command} up")
    elif before != now:
        progress.say(
            f"{before} runs on until it is restarted: stop `chancery up`, then start {command} up"
        )
