"""Metrics of the whole system, read from the ledger, in Prometheus's format."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.metrics import batches, callbacks, jobs, processes, storage
from jobs.ledger import Ledger
from jobs.ledger.job_metrics import JobMetrics
from jobs.ledger.processes import Process
from jobs.ledger.statistics import BatchStatistics, Server, Statistics
from jobs.model.problems import ProblemError

DISK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What the ledger knows, for one scrape."""

    statistics: Statistics
    jobs: JobMetrics
    batches: BatchStatistics
    processes: Sequence[Process]
    starts: Mapping[str, int]
    server: Server


class Snapshot(Collector):
    """The metrics of the system for one scrape. `ledger`: None while it does not answer."""

    def __init__(self, ledger: LedgerState | None, disk: storage.Disk | None) -> None:
        self._ledger = ledger
        self._disk = disk

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "chancery_ledger_up",
            "1 if the ledger answers.",
            value=float(self._ledger is not None),
        )
        if self._disk is not None:
            yield from storage.disk(self._disk)
        if self._ledger is not None:
            yield from _of_ledger(self._ledger)


async def exposition(
    registry: CollectorRegistry, ledger: Ledger, data_dir: Path
) -> tuple[bytes, str]:
    """All metrics in Prometheus's text format, and the media type.

    If the ledger is unreachable, its metrics are missing and `chancery_ledger_up` is 0.
    """
    system = CollectorRegistry()
    system.register(Snapshot(await _read(ledger), await _disk(data_dir)))
    return generate_latest(registry) + generate_latest(system), CONTENT_TYPE_LATEST


async def _read(ledger: Ledger) -> LedgerState | None:
    try:
        names = await ledger.departments.names()
        return LedgerState(
            statistics=await ledger.statistics.read(names),
            jobs=await ledger.job_metrics.read(),
            batches=await ledger.statistics.read_batches(names),
            processes=await ledger.processes.list(),
            starts=await ledger.processes.starts(),
            server=await ledger.statistics.server(),
        )
    except ProblemError:
        return None


async def _disk(data_dir: Path) -> storage.Disk | None:
    """In a thread and with a limit: a network file system may not answer."""
    try:
        async with asyncio.timeout(DISK_SECONDS):
            return await asyncio.to_thread(storage.disk_of, data_dir)
    except TimeoutError:
        return None


def _of_ledger(state: LedgerState) -> Iterable[Metric]:
    yield from jobs.open_jobs(state.statistics)
    yield from jobs.ended_jobs(state.jobs)
    yield from jobs.interruptions(state.statistics.counters)
    yield from jobs.cascade(state.statistics)
    yield storage.kept(state.statistics)
    yield from storage.redis(state.server)
    yield from callbacks.callbacks(state.statistics)
    yield from callbacks.receivers(state.statistics)
    yield from processes.processes(state.processes, state.starts)
    yield from processes.engines(state.processes)
    yield from batches.batches(state.batches)
