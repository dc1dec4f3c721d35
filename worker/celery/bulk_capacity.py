"""How many bulk jobs a worker pulls."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

# Twice the length of a pull: see `worker.celery.pull_guard`.
RECENT_SECONDS = 0.2


class BulkCapacity:
    """Capacity for the bulk jobs that may run on the engine, plus as many as ended recently: the
    engine stays busy, and other workers get their share.
    """

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._used = 0
        self._ended: deque[tuple[float, int]] = deque()

    @property
    def available(self) -> bool:
        """Safe to read from another thread."""
        return self._used < self._slots + sum(count for _, count in tuple(self._ended))

    @contextmanager
    def reserved(self, jobs: int) -> Iterator[None]:
        """Reserve capacity for `jobs` jobs while the block runs."""
        self._used += jobs
        try:
            yield
        finally:
            self._used -= jobs
            self._note_ended(jobs)

    def _note_ended(self, jobs: int) -> None:
        now = time.monotonic()
        self._ended.append((now, jobs))
        while self._ended[0][0] < now - RECENT_SECONDS:
            self._ended.popleft()
