"""Metrics of callbacks and their receivers."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from jobs.ledger.statistics import Statistics


def callbacks(statistics: Statistics) -> Iterable[Metric]:
    unfinished = GaugeMetricFamily(
        "chancery_callbacks",
        "Callbacks not delivered yet, or dead.",
        labels=("department", "status"),
    )
    for (department, status), count in statistics.callbacks.items():
        unfinished.add_metric((department, status.value), count)
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
    return unfinished, ended, attempts


def receivers(statistics: Statistics) -> Iterable[Metric]:
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
    for department, addresses in statistics.broken.items():
        trying = sum(addresses.values())
        breakers.add_metric((department, "open"), len(addresses) - trying)
        breakers.add_metric((department, "trying"), trying)
    opened = CounterMetricFamily(
        "chancery_callback_breakers_opened", "Times that a receiver's circuit breaker opened."
    )
    opened.add_metric((), statistics.counters.get("breakers_opened", 0))
    return gone, breakers, opened
