"""Asks Linux to kill this process when the supervisor dies, then executes a child's program.

Run as `python -I -S launch.py SUPERVISOR_PID PROGRAM ARGUMENT...`. The setting survives the exec.
This is a separate program because code between fork and exec is not safe in a threaded process.
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
    if os.getppid() != supervisor:  # it died before prctl took effect
        sys.exit(1)
    try:
        os.execvp(argv[0], argv)  # noqa: S606  # the supervisor's own program, no shell meant
    except OSError as error:
        sys.exit(f"{argv[0]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main()
