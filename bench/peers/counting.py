"""Counts the tasks that a peer's worker process has run, and tells the measurement of the last."""

from __future__ import annotations

import os
import threading
import time

import redis

DONE_KEY = "bench:done"
_lock = threading.Lock()
_counts = {"tasks": 0}


def done(count: int) -> None:
    """Call at the end of each of `count` tasks; all of them run in one process."""
    with _lock:
        _counts["tasks"] += 1
        last = _counts["tasks"] >= count
        if last:
            _counts["tasks"] = 0
    if last:
        redis.Redis.from_url(os.environ["BROKER"]).set(DONE_KEY, time.time())
