"""Metrics of jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from jobs.ledger.job_metrics import TIME_BOUNDS_MS, JobMetrics, Times
from jobs.ledger.statistics import Statistics
from jobs.model.job import Usage
from jobs.model.lanes import Lane

_REQUEUED = "jobs_put_back:"
_LE = [*(f"{bound / 1000:g}" for bound in TIME_BOUNDS_MS), "+Inf"]


def open_jobs(statistics: Statistics) -> Iterable[Metric]:
    jobs = GaugeMetricFamily(
        "chancery_jobs", "Jobs that have not ended.", labels=("department", "status")
    )
    for (department, status), count in statistics.jobs.items():
        jobs.add_metric((department, status.value), count)
    queues = GaugeMetricFamily(
        "chancery_queue_messages",
        "Jobs and batches, or callbacks, that may start now and wait for a worker or courier.",
        labels=("queue",),
    )
    for queue, count in statistics.queues.items():
        queues.add_metric((queue.value,), count)
    return jobs, queues


def ended_jobs(metrics: JobMetrics) -> Iterable[Metric]:
    ended = CounterMetricFamily(
        "chancery_jobs_ended",
        "Jobs that ended, with the code of their problem if they have one.",
        labels=("task", "lane", "status", "code"),
    )
    for (task, lane, status, code), count in metrics.endings.items():
        ended.add_metric((task, lane, status.value, code), count)
    ran = HistogramMetricFamily(
        "chancery_job_duration_seconds",
        "Duration of the runs that ended jobs.",
        labels=("task", "lane"),
    )
    _add_times(ran, metrics.ran)
    waited = HistogramMetricFamily(
        "chancery_job_waiting_seconds",
        "Time from the submission of a job, or from its not_before, to the run that ended it. Jobs "
        "that ended without a run waited until then. Lines of batches are not included.",
        labels=("department", "lane"),
    )
    _add_times(waited, metrics.waited)
    return ended, ran, waited, *_usage(metrics.usage)


def interruptions(counters: Mapping[str, int]) -> Iterable[Metric]:
    requeued = CounterMetricFamily(
        "chancery_jobs_requeued",
        "Runs after which a job was queued again, by the code of the reason.",
        labels=("code",),
    )
    for name, count in counters.items():
        if name.startswith(_REQUEUED):
            requeued.add_metric((name.removeprefix(_REQUEUED),), count)
    abandoned = CounterMetricFamily(
        "chancery_jobs_abandoned", "Runs whose worker died or lost its lease."
    )
    abandoned.add_metric((), counters.get("jobs_abandoned", 0))
    lost = CounterMetricFamily(
        "chancery_claims_lost", "Jobs that a worker had claimed without receiving the answer."
    )
    lost.add_metric((), counters.get("claims_lost", 0))
    return requeued, abandoned, lost


def cascade(statistics: Statistics) -> Iterable[Metric]:
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


def _add_times(family: HistogramMetricFamily, series: Mapping[tuple[str, Lane], Times]) -> None:
    for (subject, lane), times in series.items():
        buckets = [(bound, float(count)) for bound, count in zip(_LE, times.counts, strict=True)]
        family.add_metric((subject, lane.value), buckets, times.total_seconds)


def _usage(usage: Mapping[str, Usage]) -> Iterable[Metric]:
    tokens = CounterMetricFamily(
        "chancery_tokens",
        "Tokens of all runs, repeated ones included. Cached ones are a part of the prompt's.",
        labels=("department", "kind"),
    )
    seconds = CounterMetricFamily(
        "chancery_engine_seconds",
        "Duration of the requests of all runs to the engine; concurrent ones are added up.",
        labels=("department",),
    )
    for department, used in usage.items():
        tokens.add_metric((department, "prompt"), used.prompt_tokens)
        tokens.add_metric((department, "completion"), used.completion_tokens)
        tokens.add_metric((department, "cached"), used.cached_tokens)
        seconds.add_metric((department,), used.engine_seconds)
    return tokens, seconds
