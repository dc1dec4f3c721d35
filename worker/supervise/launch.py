"""Becomes a child's program, after asking Linux to kill it when the supervisor dies.

Run as `python -I -S launch.py SUPERVISOR_PID PROGRAM ARGUMENT...`. The wish outlives the exec. A
program of its own is needed because code between fork and exec is not safe beside threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    supervisor, argv = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != supervisor:  # it died before the wish was heard
        sys.exit(1)
    try:
        os.execvp(argv[0], argv)  # noqa: S606  # the supervisor's own program, no shell meant
    except OSError as error:
        sys.exit(f"{argv[0]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main()
