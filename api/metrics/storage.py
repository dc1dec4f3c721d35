"""Metrics of what is stored: for departments, in Redis, and on the disk of the data dir."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric

from jobs.ledger.statistics import Server, Statistics


@dataclass(frozen=True, slots=True)
class Disk:
    """The file system of the data dir, in bytes. `free`: for this process's user."""

    free: int
    size: int


def disk_of(data_dir: Path) -> Disk | None:
    """None if it cannot be read. Blocks while the file system does not answer."""
    try:
        usage = shutil.disk_usage(data_dir)
    except OSError:
        return None
    return Disk(usage.free, usage.total)


def disk(space: Disk) -> Iterable[Metric]:
    return (
        GaugeMetricFamily(
            "chancery_disk_free_bytes",
            "Free bytes on the file system of the data dir.",
            value=space.free,
        ),
        GaugeMetricFamily(
            "chancery_disk_size_bytes",
            "Size of the file system of the data dir.",
            value=space.size,
        ),
    )


def redis(server: Server) -> Iterable[Metric]:
    yield GaugeMetricFamily(
        "chancery_redis_memory_bytes", "Memory that Redis uses.", value=server.used_memory
    )
    if server.max_memory:
        yield GaugeMetricFamily(
            "chancery_redis_memory_limit_bytes",
            "Memory that Redis may use (maxmemory); missing without a limit.",
            value=server.max_memory,
        )
    yield GaugeMetricFamily(
        "chancery_redis_writes_ok",
        "1 if Redis wrote its append-only file without an error at the last attempt.",
        value=float(server.writes_ok),
    )


def kept(statistics: Statistics) -> Metric:
    bytes_ = GaugeMetricFamily(
        "chancery_kept_bytes",
        "Bytes kept for a department: records in Redis, and documents and files in the store.",
        labels=("department", "place"),
    )
    for (department, place), count in statistics.kept.items():
        bytes_.add_metric((department, place), count)
    return bytes_
