"""A healthy system, of which tests break one part each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from jobs.batches.batch import BatchStatus
from jobs.health.report import (
    BatchHealth,
    EngineHealth,
    Health,
    ProcessHealth,
    RedisHealth,
)
from jobs.model.lanes import Lane

NOW = datetime(2026, 11, 30, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
GIB = 1024**3


def a_redis(**changes: Any) -> RedisHealth:
    fields = {
        "fault": None,
        "version": "9.1.2",
        "append_only": True,
        "append_fsync": "always",
        "list_value_bytes": 2048,
        "eviction": "noeviction",
        "used_bytes": 5_000_000,
    }
    return RedisHealth(**{**fields, **changes})


def a_process(role: str, age: float = 1.0, number: int = 1, **changes: Any) -> ProcessHealth:
    fields = {
        "role": role,
        "name": f"{role}@gpu1-{number}",
        "host": "gpu1",
        "pid": number,
        "live": age <= 5,
        "started_at": NOW - HOUR,
        "heartbeat_age_seconds": age,
        "clock_offset_seconds": 0.01,
        "in_hand": 0,
    }
    return ProcessHealth(**{**fields, **changes})


def an_engine(**changes: Any) -> EngineHealth:
    fields = {
        "worker": "worker@gpu1-1",
        "role": "engine",
        "healthy": True,
        "since": NOW - HOUR,
        "fault": None,
        "reason": "",
        "model": "m",
        "running": 1,
        "waiting": 0,
        "kv_cache_use": 0.1,
        "tokens_per_second": 1_234.5,
        "error_share": 0.0,
    }
    return EngineHealth(**{**fields, **changes})


def a_batch(**changes: Any) -> BatchHealth:
    fields = {
        "id": "batch_1",
        "department": "tax",
        "lane": Lane.bulk,
        "status": BatchStatus.in_progress,
        "done": 10,
        "failed": 1,
        "total": 100,
        "running": 8,
        "created_at": NOW - HOUR,
        "progress_at": NOW,
        "expected_at": NOW + HOUR,
        "first_expected_at": NOW + HOUR,
        "deadline": NOW + 2 * HOUR,
        "late": False,
        "stall": None,
    }
    return BatchHealth(**{**fields, **changes})


def a_health(**changes: Any) -> Health:
    fields = {
        "at": NOW,
        "redis": a_redis(),
        "processes": tuple(map(a_process, ("api", "worker", "courier", "scheduler"))),
        "engines": (an_engine(),),
        "batches": (a_batch(),),
    }
    return Health(**{**fields, **changes})
