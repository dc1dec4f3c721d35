"""Pools for tests, and a document whose bytes never come."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from documents.isolation.pool import ReaderPool


def pool(
    processes: int = 1, timeout: float = 30, memory: int = 512, recycle: int = 200
) -> ReaderPool:
    return ReaderPool(
        processes=processes,
        timeout_seconds=timeout,
        memory_mib=memory,
        documents_per_process=recycle,
    )


@contextmanager
def endless(folder: Path) -> Iterator[Path]:
    """A file (FIFO) whose bytes never come, so that reading it never ends."""
    path = folder / "endless"
    os.mkfifo(path)
    yield path
    # Release a reader that still waits to open it.
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))


async def opened(path: Path) -> int:
    """Wait until a reader has opened an endless file; returns the descriptor of its other end."""
    return await asyncio.to_thread(os.open, path, os.O_WRONLY)
