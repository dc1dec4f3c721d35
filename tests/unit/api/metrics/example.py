"""A scrape in which every metric has a sample."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from api.metrics.exposition import LedgerState, Snapshot
from api.metrics.requests import (
    failed_authentications,
    new_registry,
    refused_submissions,
    request_seconds,
)
from jobs.batches.batch import BatchStatus
from jobs.health.report import (
    ApprovalHealth,
    BatchHealth,
    Disk,
    EngineHealth,
    Health,
    HealthProblem,
    LaneHealth,
    PauseHealth,
    ProcessHealth,
    QuotaHealth,
    RedisHealth,
    Restarts,
    Severity,
    Stall,
    StallReason,
)
from jobs.ledger.job_metrics import TIME_BOUNDS_MS, JobMetrics, Times
from jobs.ledger.processes import Process
from jobs.ledger.statistics import BatchStatistics, EstimateErrors, Statistics
from jobs.model.callback import Outcome
from jobs.model.job import Usage
from jobs.model.lanes import Lane, Queue
from jobs.model.states import CallbackStatus, JobStatus

NOW = datetime(2026, 11, 30, 2, 10, tzinfo=UTC)
_TIMES = Times((*range(len(TIME_BOUNDS_MS)), len(TIME_BOUNDS_MS)), 99.5)
_STALL = Stall(StallReason.engine_away, NOW, "engine away since 2026-11-30 02:10 UTC")


def a_batch(**changes: object) -> BatchHealth:
    fields: dict[str, object] = {
        "id": "batch_1",
        "department": "tax",
        "lane": Lane.bulk,
        "status": BatchStatus.in_progress,
        "done": 10,
        "failed": 1,
        "total": 100,
        "running": 0,
        "created_at": NOW,
        "progress_at": NOW,
        "expected_at": NOW + timedelta(hours=2),
        "first_expected_at": NOW + timedelta(hours=1),
        "deadline": NOW + timedelta(hours=1),
        "late": True,
        "stall": _STALL,
    }
    return BatchHealth(**{**fields, **changes})  # type: ignore[arg-type]


def a_problem(code: str, subject: str) -> HealthProblem:
    return HealthProblem(code, Severity.bad, subject, NOW, "It is wrong.", "Mend it.", code)


def a_health(**changes: object) -> Health:
    fields: dict[str, object] = {
        "at": NOW,
        "redis": RedisHealth(fault=None, used_bytes=1_000, max_bytes=2_000),
        "problems": (a_problem("engine-away", "worker-1"),),
        "processes": (ProcessHealth("worker", "worker-1", "gpu1", 7, True, NOW, 0.5, -0.25, 3),),
        "engines": (
            EngineHealth(
                worker="worker-1",
                role="engine",
                healthy=True,
                since=NOW,
                fault=None,
                reason="",
                model="m",
                running=1,
                waiting=0,
                kv_cache_use=0.1,
                tokens_per_second=1_234.5,
                error_share=0.0,
            ),
        ),
        "batches": (a_batch(),),
        "oldest_waiting": (
            LaneHealth(Lane.interactive, 2, 12.5, "job_1"),
            LaneHealth(Lane.bulk, 0, None, None),
        ),
        "disks": (Disk("gpu1", "/var/lib/chancery", 10, 100, writable=True, low_since=None),),
        "restarts": (Restarts("worker", "gpu1", 2, NOW),),
        "pauses": (PauseHealth("tax", Lane.bulk, NOW), PauseHealth(None, None, None)),
        "approvals": (ApprovalHealth("tax", 4, 1, NOW - timedelta(hours=30)),),
        "quotas": (QuotaHealth("tax", "tokens-per-day", 5),),
    }
    return Health(**{**fields, **changes})  # type: ignore[arg-type]


def a_ledger_state() -> LedgerState:
    statistics = Statistics(
        jobs={("tax", status): 1 for status in (JobStatus.queued, JobStatus.running)},
        queues=dict.fromkeys(Queue, 1),
        callbacks={("tax", CallbackStatus.dead): 1},
        attempts={("tax", Outcome.failed): 1},
        callbacks_ended={("tax", CallbackStatus.delivered): 1},
        urls_gone={"tax": 1},
        broken={"tax": {"http://a": True}},
        counters={"jobs_put_back:engine-busy": 4, "jobs_abandoned": 1, "breakers_opened": 1},
        cascaded={("classify", "kept"): 1},
        doubts={("classify", "too-long"): 1},
        kept={("tax", "records"): 1_000},
    )
    jobs = JobMetrics(
        endings={
            ("summarize", "bulk", JobStatus.failed, "poisoned"): 2,
            ("summarize", "bulk", JobStatus.succeeded, ""): 8,
        },
        ran={("summarize", Lane.bulk): _TIMES},
        waited={("tax", Lane.interactive): _TIMES},
        usage={"tax": Usage(100, 20, 30, 1.5)},
    )
    batches = BatchStatistics(
        open={("tax", BatchStatus.in_progress): 1},
        ended={("tax", BatchStatus.completed): 1},
        waiting={"tax": 90},
        released={"tax": 1},
        pace={"summarize": 500.0},
        errors=EstimateErrors({1.5: 1, float("inf"): 2}, 3.5),
    )
    detail = {
        "engine_healthy": False,
        "engine_fault": "timeout",
        "fast_engine_healthy": True,
        "engines": [{"role": "full", "name": "gpu1", "healthy": True}],
        "engine_requests": {"full": {"ok": 9, "engine-timeout": 1}},
        "engine": {"running": 1, "waiting": 2, "kv_cache_use": 0.5},
        "resources": {"cpu_seconds": 1.25, "resident_bytes": 4_096, "open_files": 20},
    }
    process = Process("worker", "worker-1", "gpu1", 7, NOW, detail, age_seconds=0.5)
    return LedgerState(statistics, jobs, batches, (process,))


def samples_of(ledger: LedgerState | None, health: Health) -> list[Sample]:
    """The samples as Prometheus reads them."""
    registry = CollectorRegistry()
    registry.register(Snapshot(ledger, health))
    return _samples(registry)


@cache
def catalogue() -> Mapping[str, frozenset[str]]:
    """The labels of every metric that the api shows, by the names of samples."""
    registry = new_registry()
    refused_submissions(registry).labels("tax", "rate-limited").inc()
    failed_authentications(registry).labels("unauthorized").inc()
    request_seconds(registry).labels("GET", "/v1/jobs", 200).observe(0.1)
    samples = [*_samples(registry), *samples_of(a_ledger_state(), a_health())]
    return {sample.name: frozenset(sample.labels) for sample in samples}


def _samples(registry: CollectorRegistry) -> list[Sample]:
    text = generate_latest(registry).decode()
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]
