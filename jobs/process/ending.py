"""The end of a process."""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress
from typing import NoReturn


def exit_now(status: int = 0) -> NoReturn:
    """Run what `atexit` has registered, and end this process without waiting for its threads.

    The interpreter would wait for them: a request to a store on S3 that was cut off takes a minute.
    Call this when all work has ended or was handed back.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - the library has no public way to them
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # closed
            stream.flush()
    os._exit(status)
