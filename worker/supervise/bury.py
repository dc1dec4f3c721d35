"""Kills the process groups of a supervisor that died without stopping them.

Run as `python -I -S bury.py`, in a session of its own, with the supervisor's pipe as input: a line
`+PGID` puts a group in its care, `-PGID` takes it out. The pipe's end means that the supervisor is
gone, whatever killed it. Linux's parent-death signal reaches children only; this reaches theirs.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys


def main() -> None:
    for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
