"""Kills the process groups of a supervisor that died without stopping them.

Run as `python -I -S kill_orphans.py` in its own session, with a pipe from the supervisor as input.
A line `+PGID` adds a group, `-PGID` removes it. The end of the pipe means that the supervisor is
dead, for whatever reason. Linux's parent-death signal reaches only children; this also reaches the
processes that they started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
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
