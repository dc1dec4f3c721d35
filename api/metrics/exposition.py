"""Metrics of the whole system, read from the ledger, in Prometheus's format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.metrics import batches, callbacks, jobs, processes, storage
from api.metrics.health import health_metrics
from jobs.health.report import Health
from jobs.ledger import Ledger
from jobs.ledger.job_metrics import JobMetrics
from jobs.ledger.processes import Process
from jobs.ledger.statistics import BatchStatistics, Statistics
from jobs.model.problems import ProblemError


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What the ledger knows, for one scrape."""

    statistics: Statistics
    jobs: JobMetrics
    batches: BatchStatistics
    processes: Sequence[Process]


class Snapshot(Collector):
    """The metrics of the system for one scrape. `ledger`: None while it does not answer."""

    def __init__(self, ledger: LedgerState | None, health: Health) -> None:
        self._ledger = ledger
        self._health = health

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "chancery_ledger_up",
            "1 if the ledger answers.",
            value=float(self._ledger is not None),
        )
        yield from health_metrics(self._health)
        yield from storage.redis(self._health.redis)
        yield from storage.disks(self._health.disks)
        if self._ledger is not None:
            yield from _of_ledger(self._ledger)


async def exposition(
    registry: CollectorRegistry, ledger: Ledger, health: Health
) -> tuple[bytes, str]:
    """All metrics in Prometheus's text format, and the media type.

    If the ledger is unreachable, its metrics are missing and `chancery_ledger_up` is 0.
    """
    system = CollectorRegistry()
    # Waiting for a Redis that hangs takes seconds: `health` has done so.
    state = await _read(ledger) if health.redis.version is not None else None
    system.register(Snapshot(state, health))
    return generate_latest(registry) + generate_latest(system), CONTENT_TYPE_LATEST


async def _read(ledger: Ledger) -> LedgerState | None:
    try:
        names = await ledger.departments.names()
        return LedgerState(
            statistics=await ledger.statistics.read(names),
            jobs=await ledger.job_metrics.read(),
            batches=await ledger.statistics.read_batches(names),
            processes=await ledger.processes.list(),
        )
    except ProblemError:
        return None


def _of_ledger(state: LedgerState) -> Iterable[Metric]:
    yield from jobs.open_jobs(state.statistics)
    yield from jobs.ended_jobs(state.jobs)
    yield from jobs.interruptions(state.statistics.counters)
    yield from jobs.cascade(state.statistics)
    yield storage.kept(state.statistics)
    yield from callbacks.callbacks(state.statistics)
    yield from callbacks.receivers(state.statistics)
    yield from processes.processes(state.processes)
    yield from processes.engines(state.processes)
    yield from batches.batches(state.batches)
