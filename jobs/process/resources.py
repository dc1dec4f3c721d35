"""What this process uses of the machine."""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_PAGE_BYTES = resource.getpagesize()


def resources() -> Mapping[str, float]:
    """CPU time in seconds, resident memory in bytes, and open files of this process, without its
    children.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = {"cpu_seconds": round(usage.ru_utime + usage.ru_stime, 3)}
    with suppress(OSError):  # no file can be opened any more: that is visible in the last heartbeat
        used["resident_bytes"] = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
        used["open_files"] = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only their number
    return used
