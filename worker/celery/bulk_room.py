"""How much bulk work a worker takes in hand."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

# Some pulls long: see `worker.celery.gate`.
RECENT_SECONDS = 0.2


class BulkRoom:
    """Room for as many bulk jobs as may be on the engine, and as many again as ended of late, so
    that neither another worker nor this engine goes short.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._in_hand = 0
        self._ended: deque[tuple[float, int]] = deque()

    @property
    def is_there(self) -> bool:
        """May be asked from another thread."""
        return self._in_hand < self._places + sum(count for _, count in tuple(self._ended))

    @contextmanager
    def taken(self, jobs: int) -> Iterator[None]:
        """Hold so much of it for the length of the block."""
        self._in_hand += jobs
        try:
            yield
        finally:
            self._in_hand -= jobs
            self._note(jobs)

    def _note(self, jobs: int) -> None:
        now = time.monotonic()
        self._ended.append((now, jobs))
        while self._ended[0][0] < now - RECENT_SECONDS:
            self._ended.popleft()
