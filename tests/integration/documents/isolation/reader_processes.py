"""The processes of reading pools that a process has started, as the kernel lists them."""

from __future__ import annotations

import asyncio
import os
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


def _all() -> set[int]:
    return {int(folder.name) for folder in Path("/proc").glob("[0-9]*")}


def _is_ours(pid: int) -> bool:
    return server.__name__.encode() in _content(Path(f"/proc/{pid}/cmdline"))


def _parent(pid: int) -> int:
    """The parent's process id: the second field after the name, which may hold spaces."""
    fields = _content(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()
    return int(fields[1]) if fields else 0


def _content(path: Path) -> bytes:
    """What a file in /proc says; nothing when its process has ended."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
