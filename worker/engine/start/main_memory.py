"""Whether a model fits into the main memory of a machine without GPUs, by arithmetic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from worker.engine.start.memory import GIB, DoesNotFit, gib

CACHE_GIB = 2
# vLLM's processes without a model: an estimate from their resident memory.
OVERHEAD = 2 * GIB
_FLOAT32_BYTES = 4
# Of one weight in the files. Others, such as quantized ones, count as bfloat16.
_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}
MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")
_AVAILABLE = re.compile(r"^MemAvailable: +(\d+) kB$", re.MULTILINE)
# Of the page cache, which is given back when memory is short.
_INACTIVE = re.compile(r"^inactive_file (\d+)$", re.MULTILINE)
_UNLIMITED = "max"


def check_main_memory(config: Mapping[str, Any], weights: int, free: int | None, name: str) -> None:
    """Check that the model fits into `free` bytes; None if they are not known.

    vLLM computes in float32 on CPUs, so weights of 16 bits take twice their size. Raises
    `DoesNotFit`.
    """
    kind = str(config.get("dtype") or config.get("torch_dtype") or "").removeprefix("torch.")
    expanded = weights * _FLOAT32_BYTES // _BYTES.get(kind, 2)
    needed = expanded + CACHE_GIB * GIB + OVERHEAD
    if free is None or needed <= free:
        return
    raise DoesNotFit(
        f"{name}: the model does not fit into this machine's memory: {gib(weights)} of weights are "
        f"{gib(expanded)} in float32, in which vLLM computes on CPUs; with {CACHE_GIB} GiB of "
        f"cache and {gib(OVERHEAD)} of working memory it needs {gib(needed)}, and {gib(free)} are "
        "free. End other programs, or use a smaller model, a machine with an NVIDIA card, or a "
        "vLLM elsewhere (--engine-url)"
    )


def free_memory(meminfo: Path = MEMINFO, cgroup: Path = CGROUP) -> int | None:
    """The bytes that this process can still use, also by the limit of its container."""
    try:
        found = _AVAILABLE.search(meminfo.read_text())
    except OSError:
        return None
    machine = int(found[1]) * 1024 if found else None
    limit = _left_in(cgroup)
    known = [size for size in (machine, limit) if size is not None]
    return min(known, default=None)


def _left_in(cgroup: Path) -> int | None:
    """Below the limit of a control group (version 2), as a container has it; None without one."""
    try:
        limit = (cgroup / "memory.max").read_text().strip()
        used = int((cgroup / "memory.current").read_text())
        inactive = _INACTIVE.search((cgroup / "memory.stat").read_text())
    except (OSError, ValueError):
        return None
    if limit == _UNLIMITED:
        return None
    return int(limit) - used + (int(inactive[1]) if inactive else 0)
