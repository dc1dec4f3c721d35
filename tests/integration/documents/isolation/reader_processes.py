"""The processes of reading pools that a process has started, as the kernel lists them."""

from __future__ import annotations

import asyncio
import os
import select
from pathlib import Path

from documents.isolation import server

SECONDS = 30


def reader_pids(parent: int | None = None) -> set[int]:
    """Process ids of the running readers of `parent`, by default of this process."""
    servers = server_pids(parent)
    return {pid for pid in _all() if _parent(pid) in servers and _is_ours(pid)}


def server_pids(parent: int | None = None) -> set[int]:
    """Process ids of the fork servers of `parent`, by default of this process."""
    return {pid for pid in _all() if _parent(pid) == (parent or os.getpid()) and _is_ours(pid)}


async def wait_for_readers(number: int) -> None:
    """Wait until this process has so many running readers, 30 seconds at most."""
    async with asyncio.timeout(SECONDS):
        while len(reader_pids()) != number:
            await asyncio.sleep(0.01)


def of_process(pid: int, name: str) -> bytes:
    """The file `name` in the folder of a process in /proc; nothing when the process has ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def runs(pid: int) -> bool:
    """Whether the process has not ended. One that has may wait for its parent to take note."""
    state = of_process(pid, "stat").rpartition(b")")[2].split()[:1]
    return state not in ([], [b"Z"])


async def has_ended(pid: int) -> bool:
    """Whether the process ends within 30 seconds."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ready, _, _ = await asyncio.to_thread(select.select, [process], [], [], 30)
        return bool(ready)
    finally:
        os.close(process)


def _all() -> set[int]:
    return {int(folder.name) for folder in Path("/proc").glob("[0-9]*")}


def _is_ours(pid: int) -> bool:
    return server.__name__.encode() in of_process(pid, "cmdline")


def _parent(pid: int) -> int:
    """The parent's process id: the second field after the name, which may hold spaces."""
    fields = of_process(pid, "stat").rpartition(b")")[2].split()
    return int(fields[1]) if fields else 0
