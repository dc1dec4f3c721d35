"""Metrics of batches."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from jobs.ledger.statistics import BatchStatistics, EstimateErrors


def batches(statistics: BatchStatistics) -> Iterable[Metric]:
    unfinished = GaugeMetricFamily(
        "chancery_batches", "Batches that have not ended.", labels=("department", "status")
    )
    for (department, status), count in statistics.open.items():
        unfinished.add_metric((department, status.value), count)
    ended = CounterMetricFamily(
        "chancery_batches_ended", "Batches that ended.", labels=("department", "status")
    )
    for (department, status), count in statistics.ended.items():
        ended.add_metric((department, status.value), count)
    return unfinished, ended, _lines(statistics), _pace(statistics), _estimates(statistics.errors)


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
