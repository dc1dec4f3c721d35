"""Metrics of the whole system, read from the ledger, in Prometheus's format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from jobs.ledger import Ledger
from jobs.ledger.processes import Process
from jobs.ledger.statistics import BatchStatistics, EstimateErrors, Statistics
from jobs.model.problems import ProblemError


async def exposition(registry: CollectorRegistry, ledger: Ledger) -> tuple[bytes, str]:
    """All metrics in Prometheus's text format, and the media type.

    If the ledger is unreachable, its metrics are missing and `chancery_ledger_up` is 0.
    """
    try:
        names = await ledger.departments.names()
        snapshot = _Snapshot(
            await ledger.statistics.read(names),
            await ledger.statistics.read_batches(names),
            await ledger.processes.list(),
        )
    except ProblemError:
        snapshot = _Snapshot(None, None, ())
    system = CollectorRegistry()
    system.register(snapshot)
    return generate_latest(registry) + generate_latest(system), CONTENT_TYPE_LATEST


class _Snapshot(Collector):
    """The state of the ledger for one scrape."""

    def __init__(
        self,
        statistics: Statistics | None,
        batches: BatchStatistics | None,
        processes: Sequence[Process],
    ) -> None:
        self._statistics = statistics
        self._batches = batches
        self._processes = processes

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("chancery_ledger_up", "1 if the ledger answers.")
        up.add_metric((), float(self._statistics is not None))
        yield up
        if self._statistics is not None:
            yield from _jobs(self._statistics)
            yield _kept(self._statistics)
            yield from _cascade(self._statistics)
            yield from _transport(self._statistics)
            yield from _callbacks(self._statistics)
            yield from _receivers(self._statistics)
            yield from _processes(self._processes)
        if self._batches is not None:
            yield from _batches(self._batches)


def _jobs(statistics: Statistics) -> Iterable[Metric]:
    jobs = GaugeMetricFamily(
        "chancery_jobs", "Jobs that have not ended.", labels=("department", "status")
    )
    for (department, job_status), count in statistics.jobs.items():
        jobs.add_metric((department, job_status.value), count)
    ended = CounterMetricFamily(
        "chancery_jobs_ended", "Jobs that ended.", labels=("task", "lane", "status")
    )
    for (task, lane, ending), count in statistics.endings.items():
        ended.add_metric((task, lane, ending.value), count)
    return jobs, ended


def _kept(statistics: Statistics) -> Metric:
    kept = GaugeMetricFamily(
        "chancery_kept_bytes",
        "Bytes kept for a department: records in Redis, and documents and files in the store.",
        labels=("department", "place"),
    )
    for (department, place), count in statistics.kept.items():
        kept.add_metric((department, place), count)
    return kept


def _cascade(statistics: Statistics) -> Iterable[Metric]:
    cascaded = CounterMetricFamily(
        "chancery_jobs_cascaded",
        "Jobs given to the fast model: its answer was kept, or the job went to the full model.",
        labels=("task", "outcome"),
    )
    for (task, outcome), count in statistics.cascaded.items():
        cascaded.add_metric((task, outcome), count)
    doubts = CounterMetricFamily(
        "chancery_cascade_doubts",
        "Reasons why the fast model's answer was not kept; several a job are possible.",
        labels=("task", "doubt"),
    )
    for (task, doubt), count in statistics.doubts.items():
        doubts.add_metric((task, doubt), count)
    return cascaded, doubts


def _transport(statistics: Statistics) -> Iterable[Metric]:
    queues = GaugeMetricFamily(
        "chancery_queue_messages",
        "Jobs and batches, or callbacks, that may start now and wait for a worker or courier.",
        labels=("queue",),
    )
    for queue, count in statistics.queues.items():
        queues.add_metric((queue.value,), count)
    events = CounterMetricFamily(
        "chancery_events", "Events in the ledger, by name.", labels=("event",)
    )
    for event, count in statistics.counters.items():
        events.add_metric((event,), count)
    return queues, events


def _callbacks(statistics: Statistics) -> Iterable[Metric]:
    callbacks = GaugeMetricFamily(
        "chancery_callbacks",
        "Callbacks not delivered yet, or dead.",
        labels=("department", "status"),
    )
    for (department, status), count in statistics.callbacks.items():
        callbacks.add_metric((department, status.value), count)
    ended = CounterMetricFamily(
        "chancery_callbacks_ended",
        "Deliveries of callbacks that ended: delivered, or dead. A redelivery counts again.",
        labels=("department", "status"),
    )
    for (department, status), count in statistics.callbacks_ended.items():
        ended.add_metric((department, status.value), count)
    attempts = CounterMetricFamily(
        "chancery_callback_attempts",
        "Attempts to deliver a callback, by outcome.",
        labels=("department", "outcome"),
    )
    for (department, outcome), count in statistics.attempts.items():
        attempts.add_metric((department, outcome.value), count)
    return callbacks, ended, attempts


def _receivers(statistics: Statistics) -> Iterable[Metric]:
    gone = GaugeMetricFamily(
        "chancery_callback_urls_gone",
        "URLs that answered 410 (Gone) and are no longer called.",
        labels=("department",),
    )
    for department, count in statistics.urls_gone.items():
        gone.add_metric((department,), count)
    breakers = GaugeMetricFamily(
        "chancery_callback_breakers",
        "Receivers with an open circuit breaker: not called (open), or one attempt due (trying).",
        labels=("department", "state"),
    )
    for department, receivers in statistics.broken.items():
        trying = sum(receivers.values())
        breakers.add_metric((department, "open"), len(receivers) - trying)
        breakers.add_metric((department, "trying"), trying)
    return gone, breakers


def _processes(processes: Sequence[Process]) -> Iterable[Metric]:
    ages = GaugeMetricFamily(
        "chancery_process_heartbeat_age_seconds",
        "Seconds since the last heartbeat of a process; removed after ten minutes.",
        labels=("role", "process"),
    )
    healthy = GaugeMetricFamily(
        "chancery_engine_healthy", "1 if the worker's engine is healthy.", labels=("process",)
    )
    faults = GaugeMetricFamily(
        "chancery_engine_fault",
        "1 for the fault of a worker's unhealthy engine: the status that it answers, or a word.",
        labels=("process", "fault"),
    )
    fast = GaugeMetricFamily(
        "chancery_fast_engine_healthy",
        "1 if the worker's fast engine is healthy; missing without one.",
        labels=("process",),
    )
    for process in processes:
        ages.add_metric((process.role, process.name), process.age_seconds)
        if "engine_healthy" in process.detail:
            healthy.add_metric((process.name,), float(bool(process.detail["engine_healthy"])))
        if fault := process.detail.get("engine_fault"):
            faults.add_metric((process.name, fault), 1)
        if "fast_engine_healthy" in process.detail:
            fast.add_metric((process.name,), float(bool(process.detail["fast_engine_healthy"])))
    return ages, healthy, faults, fast


def _batches(statistics: BatchStatistics) -> Iterable[Metric]:
    batches = GaugeMetricFamily(
        "chancery_batches", "Batches that have not ended.", labels=("department", "status")
    )
    for (department, status), count in statistics.open.items():
        batches.add_metric((department, status.value), count)
    ended = CounterMetricFamily(
        "chancery_batches_ended", "Batches that ended.", labels=("department", "status")
    )
    for (department, status), count in statistics.ended.items():
        ended.add_metric((department, status.value), count)
    return batches, ended, _lines(statistics), _pace(statistics), _estimates(statistics.errors)


def _lines(statistics: BatchStatistics) -> Metric:
    lines = GaugeMetricFamily(
        "chancery_batch_lines",
        "Lines of open batches: waiting for release, or released and not ended.",
        labels=("department", "state"),
    )
    for state, counts in (("waiting", statistics.waiting), ("released", statistics.released)):
        for department, count in counts.items():
            lines.add_metric((department, state), count)
    return lines


def _pace(statistics: BatchStatistics) -> Metric:
    pace = GaugeMetricFamily(
        "chancery_pace_tokens_per_second",
        "Tokens per second of the whole system under load, used to estimate the end of batches.",
        labels=("task",),
    )
    for task, rate in statistics.pace.items():
        pace.add_metric((task,), rate)
    return pace


def _estimates(errors: EstimateErrors) -> Metric:
    buckets = [
        ("+Inf" if bound == inf else f"{bound:g}", float(count))
        for bound, count in errors.buckets.items()
    ]
    ratio = HistogramMetricFamily(
        "chancery_batch_duration_over_promise",
        "Duration of batches divided by the duration estimated at submission. Expired batches "
        "count with the time until their deadline.",
    )
    ratio.add_metric((), buckets, errors.total)
    return ratio
