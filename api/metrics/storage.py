"""Metrics of what is stored: for departments, in Redis, and on disks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric

from jobs.health.report import Disk, RedisHealth
from jobs.ledger.statistics import Statistics

_DISK = ("host", "path")


def disks(known: Sequence[Disk]) -> Iterable[Metric]:
    free = GaugeMetricFamily(
        "chancery_disk_free_bytes", "Free bytes where a process stores its data.", labels=_DISK
    )
    size = GaugeMetricFamily("chancery_disk_size_bytes", "Size of that file system.", labels=_DISK)
    writable = GaugeMetricFamily(
        "chancery_disk_writable", "1 if the data folder can be written.", labels=_DISK
    )
    for disk in known:
        free.add_metric((disk.host, disk.path), disk.free)
        size.add_metric((disk.host, disk.path), disk.total)
        writable.add_metric((disk.host, disk.path), float(disk.writable))
    return free, size, writable


def redis(health: RedisHealth) -> Iterable[Metric]:
    used = GaugeMetricFamily("chancery_redis_memory_bytes", "Memory that Redis uses.")
    limit = GaugeMetricFamily(
        "chancery_redis_memory_limit_bytes",
        "Memory that Redis may use (maxmemory); missing without a limit.",
    )
    if health.used_bytes is not None:
        used.add_metric((), health.used_bytes)
    if health.max_bytes:
        limit.add_metric((), health.max_bytes)
    return used, limit


def kept(statistics: Statistics) -> Metric:
    bytes_ = GaugeMetricFamily(
        "chancery_kept_bytes",
        "Bytes kept for a department: records in Redis, and documents and files in the store.",
        labels=("department", "place"),
    )
    for (department, place), count in statistics.kept.items():
        bytes_.add_metric((department, place), count)
    return bytes_
