"""Figures of batches for Prometheus."""

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


def of_batches(figures: BatchStatistics) -> Iterable[Metric]:
    batches = GaugeMetricFamily(
        "chancery_batches", "Batches that have not ended.", labels=("department", "status")
    )
    for (department, status), count in figures.open.items():
        batches.add_metric((department, status.value), count)
    ended = CounterMetricFamily(
        "chancery_batches_ended", "Batches that ended.", labels=("department", "status")
    )
    for (department, status), count in figures.ended.items():
        ended.add_metric((department, status.value), count)
    return batches, ended, _lines(figures), _pace(figures), _estimates(figures.errors)


def _lines(figures: BatchStatistics) -> Metric:
    lines = GaugeMetricFamily(
        "chancery_batch_lines",
        "Lines of batches: not yet released (waiting), or released and not ended (released).",
        labels=("department", "state"),
    )
    for state, counts in (("waiting", figures.waiting), ("released", figures.released)):
        for department, count in counts.items():
            lines.add_metric((department, state), count)
    return lines


def _pace(figures: BatchStatistics) -> Metric:
    pace = GaugeMetricFamily(
        "chancery_pace_tokens_per_second",
        "Tokens per second of the whole system while there was more to do, as promises use it.",
        labels=("task",),
    )
    for task, rate in figures.pace.items():
        pace.add_metric((task,), rate)
    return pace


def _estimates(errors: EstimateErrors) -> Metric:
    buckets = [
        ("+Inf" if bound == inf else f"{bound:g}", float(count))
        for bound, count in errors.buckets.items()
    ]
    ratio = HistogramMetricFamily(
        "chancery_batch_duration_over_promise",
        "What batches took, over what was promised at their submission: 1 is kept. Expired ones "
        "count with the time until their deadline.",
    )
    ratio.add_metric((), buckets, errors.total)
    return ratio
