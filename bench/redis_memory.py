"""The memory of what the ledger keeps in Redis."""

from __future__ import annotations

from collections import Counter

from redis import Redis

from bench.system import System

TABLES = "tables of keys"


def used_memory(system: System) -> int:
    """Memory that the server uses, in bytes: with the buffers of connections, which grow and shrink
    by a hundred kilobytes a minute, whatever is kept.
    """
    with Redis.from_url(system.redis_url) as redis:
        return int(redis.info("memory")["used_memory"])


def kept_memory(system: System) -> Counter[str]:
    """The bytes of all keys of the ledger by kind (`MEMORY USAGE`), and of the tables of keys."""
    found: Counter[str] = Counter()
    with Redis.from_url(system.redis_url) as redis:
        for key in redis.scan_iter("chancery:*", count=1000):
            found[_kind(key)] += redis.memory_usage(key, samples=0) or 0
        stats = redis.memory_stats()
    found[TABLES] = sum(map(int, stats["db.0"].values()))
    return found


def _kind(key: bytes) -> str:
    """The key without the ids and numbers in it."""
    return ":".join(
        "ID" if "_" in part or part.isdecimal() else part for part in key.decode().split(":")[1:]
    )
