"""What the ledger counts as kept, against what is kept."""

from __future__ import annotations

from collections import Counter
from typing import Any

from redis import Redis

PREFIX = "chancery:"
_KINDS = ("job", "document", "file", "batch")


def kept(redis: Redis, department: str = "tax") -> dict[str, int]:
    """The bytes that the ledger counts, by place, without replies."""
    counted: Any = redis.hgetall(f"{PREFIX}kept:{department}")
    return {name: int(count) for name, count in counted.items()}


def check_kept(redis: Redis, department: str = "tax") -> None:
    """The ledger counts what its records count, and no record counts less than nothing."""
    total = Counter[str]()
    for kind in _KINDS:
        for key in redis.scan_iter(f"{PREFIX}{kind}:*"):
            record: Any = redis.hgetall(key)
            for place in ("records", "stored"):
                count = int(record.get(f"kept_{place}", 0))
                assert count >= 0, (key, record)
                total[place] += count
    assert kept(redis, department) == {place: count for place, count in total.items() if count}
