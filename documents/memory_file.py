"""Files in memory, for readers that need a path, so that no temporary file is left on disk."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def memory_file(data: bytes) -> Iterator[Path]:
    """A path under which `data` can be opened until the context ends. Linux only (memfd)."""
    descriptor = os.memfd_create("document")
    try:
        with _room_for(len(data)), os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


@contextmanager
def _room_for(size: int) -> Iterator[None]:
    """Raise the limit on file size while writing: it also applies to files in memory."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(soft, size), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
