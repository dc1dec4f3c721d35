"""Figures for Prometheus: this api's requests, and the whole system's as the ledger has them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.batch_metrics import of_batches
from api.errors import CLIENT_CLOSED_REQUEST
from jobs.ledger import Ledger
from jobs.ledger.processes import Process
from jobs.ledger.statistics import BatchStatistics, Statistics
from jobs.model.problems import ProblemError

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


def new_registry() -> CollectorRegistry:
    """A registry with this process's own figures: memory, processor, garbage collection."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def refused_submissions(registry: CollectorRegistry) -> Counter:
    """Counted in this process and not in the ledger: a flood of refusals must not become writes."""
    return Counter(
        "chancery_submissions_refused",
        "Submissions that a quota of their department refused.",
        ("department", "code"),
        registry=registry,
    )


class RequestMetrics:
    """Counts and times requests by route template, so that no identifier becomes a label."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._seconds = Histogram(
            "chancery_http_request_seconds",
            "Requests to the api, and how long they took; long polls included.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = CLIENT_CLOSED_REQUEST
        began = time.perf_counter()

        async def send_and_look(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_look)
        finally:
            seconds = time.perf_counter() - began
            self._seconds.labels(_method(scope), _route(scope), status).observe(seconds)


def _method(scope: Scope) -> str:
    known = {"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"}
    return scope["method"] if scope["method"] in known else "other"


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "unmatched")


async def exposition(registry: CollectorRegistry, ledger: Ledger) -> tuple[bytes, str]:
    """All figures as Prometheus reads them, and the media type.

    While the ledger is away its figures are missing and `chancery_ledger_up` is 0.
    """
    try:
        names = await ledger.departments.names()
        seen = _Seen(
            await ledger.statistics.read(names),
            await ledger.statistics.read_batches(names),
            await ledger.processes.list(),
        )
    except ProblemError:
        seen = _Seen(None, None, ())
    system = CollectorRegistry()
    system.register(seen)
    return generate_latest(registry) + generate_latest(system), CONTENT_TYPE_LATEST


class _Seen(Collector):
    """One look at the ledger, for one scrape."""

    def __init__(
        self,
        figures: Statistics | None,
        batches: BatchStatistics | None,
        processes: Sequence[Process],
    ) -> None:
        self._figures = figures
        self._batches = batches
        self._processes = processes

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("chancery_ledger_up", "Whether the ledger answers.")
        up.add_metric((), float(self._figures is not None))
        yield up
        if self._figures is not None:
            yield from _of_jobs(self._figures)
            yield from _of_cascade(self._figures)
            yield from _of_transport(self._figures)
            yield from _of_callbacks(self._figures)
            yield from _of_receivers(self._figures)
            yield from _of_processes(self._processes)
        if self._batches is not None:
            yield from of_batches(self._batches)


def _of_jobs(figures: Statistics) -> Iterable[Metric]:
    jobs = GaugeMetricFamily("chancery_jobs", "Open jobs.", labels=("department", "status"))
    for (department, job_status), count in figures.jobs.items():
        jobs.add_metric((department, job_status.value), count)
    ended = CounterMetricFamily(
        "chancery_jobs_ended", "Jobs that ended.", labels=("task", "lane", "status")
    )
    for (task, lane, ending), count in figures.endings.items():
        ended.add_metric((task, lane, ending.value), count)
    return jobs, ended


def _of_cascade(figures: Statistics) -> Iterable[Metric]:
    cascaded = CounterMetricFamily(
        "chancery_jobs_cascaded",
        "Jobs that the fast model was to do: its answer was kept, or the full model did it.",
        labels=("task", "outcome"),
    )
    for (task, outcome), count in figures.cascaded.items():
        cascaded.add_metric((task, outcome), count)
    doubts = CounterMetricFamily(
        "chancery_cascade_doubts",
        "Why the fast model's answer was not kept; a job may have several reasons.",
        labels=("task", "doubt"),
    )
    for (task, doubt), count in figures.doubts.items():
        doubts.add_metric((task, doubt), count)
    return cascaded, doubts


def _of_transport(figures: Statistics) -> Iterable[Metric]:
    queues = GaugeMetricFamily(
        "chancery_queue_messages", "Messages waiting in a Celery queue.", labels=("queue",)
    )
    for queue, count in figures.queues.items():
        queues.add_metric((queue.value,), count)
    events = CounterMetricFamily(
        "chancery_events", "What happened in the ledger, by name.", labels=("event",)
    )
    for event, count in figures.counters.items():
        events.add_metric((event,), count)
    return queues, events


def _of_callbacks(figures: Statistics) -> Iterable[Metric]:
    callbacks = GaugeMetricFamily(
        "chancery_callbacks", "Callbacks that are not delivered.", labels=("department", "status")
    )
    for (department, status), count in figures.callbacks.items():
        callbacks.add_metric((department, status.value), count)
    ended = CounterMetricFamily(
        "chancery_callbacks_ended",
        "Callbacks that were delivered or given up, each time that they were.",
        labels=("department", "status"),
    )
    for (department, status), count in figures.callbacks_ended.items():
        ended.add_metric((department, status.value), count)
    attempts = CounterMetricFamily(
        "chancery_callback_attempts",
        "Attempts at delivery, by what they came to.",
        labels=("department", "outcome"),
    )
    for (department, outcome), count in figures.attempts.items():
        attempts.add_metric((department, outcome.value), count)
    return callbacks, ended, attempts


def _of_receivers(figures: Statistics) -> Iterable[Metric]:
    gone = GaugeMetricFamily(
        "chancery_callback_urls_gone",
        "URLs that answered 410 and are not called any more.",
        labels=("department",),
    )
    for department, count in figures.urls_gone.items():
        gone.add_metric((department,), count)
    breakers = GaugeMetricFamily(
        "chancery_callback_breakers",
        "Receivers that mostly fail: left alone (open), or to be tried once (trying).",
        labels=("department", "state"),
    )
    for department, receivers in figures.broken.items():
        trying = sum(receivers.values())
        breakers.add_metric((department, "open"), len(receivers) - trying)
        breakers.add_metric((department, "trying"), trying)
    return gone, breakers


def _of_processes(processes: Sequence[Process]) -> Iterable[Metric]:
    ages = GaugeMetricFamily(
        "chancery_process_heartbeat_age_seconds",
        "Seconds since a process was last seen; it is forgotten after ten minutes.",
        labels=("role", "process"),
    )
    healthy = GaugeMetricFamily(
        "chancery_engine_healthy", "Whether a worker finds its engine healthy.", labels=("process",)
    )
    fast = GaugeMetricFamily(
        "chancery_fast_engine_healthy",
        "Whether a worker finds its fast engine healthy, where it has one.",
        labels=("process",),
    )
    for process in processes:
        ages.add_metric((process.role, process.name), process.age_seconds)
        if "engine_healthy" in process.detail:
            healthy.add_metric((process.name,), float(bool(process.detail["engine_healthy"])))
        if "fast_engine_healthy" in process.detail:
            fast.add_metric((process.name,), float(bool(process.detail["fast_engine_healthy"])))
    return ages, healthy, fast
