"""The engines as the workers' heartbeats report them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from jobs.health.report import EngineHealth
from jobs.ledger.processes import Process
from jobs.ledger.upkeep import HealthyTime

FULL, FAST = "engine", "fast engine"
_PREFIXES = {FULL: "engine", FAST: "fast_engine"}


def engines_of(processes: Iterable[Process], now: datetime) -> Sequence[EngineHealth]:
    """The engines of each live worker. `now`: Redis's clock, by which heartbeats have their age."""
    return [
        _engine(process, role, now)
        for process in processes
        for role, prefix in _PREFIXES.items()
        if process.live and f"{prefix}_healthy" in process.detail
    ]


def healthy_time(processes: Iterable[Process]) -> HealthyTime | None:
    """When an engine of a live worker was healthy last; None if no worker says that one is.

    It ends with the last answer of an engine: one that hangs is found out only some seconds later.
    """
    spans = [
        HealthyTime(
            began=process.age_seconds + float(process.detail.get("engine_for_seconds", 0)),
            ended=process.age_seconds + float(process.detail.get("engine_answered_seconds", 0)),
        )
        for process in processes
        if process.live and process.detail.get("engine_healthy")
    ]
    if not spans:
        return None
    return HealthyTime(
        began=max(span.began for span in spans), ended=min(span.ended for span in spans)
    )


def _engine(process: Process, role: str, now: datetime) -> EngineHealth:
    detail, prefix = process.detail, _PREFIXES[role]
    metrics = detail.get(prefix) or {}
    seconds = detail.get(f"{prefix}_for_seconds")
    healthy = bool(detail[f"{prefix}_healthy"])
    since = None if seconds is None else now - timedelta(seconds=process.age_seconds + seconds)
    return EngineHealth(
        worker=process.name,
        role=role,
        healthy=healthy,
        since=since,
        fault=None if healthy else detail.get(f"{prefix}_fault") or "",
        reason=detail.get(f"{prefix}_reason") or "",
        model=metrics.get("model"),
        running=metrics.get("running"),
        waiting=metrics.get("waiting"),
        kv_cache_use=metrics.get("kv_cache_use"),
        tokens_per_second=metrics.get("tokens_per_second"),
        error_share=detail.get(f"{prefix}_error_share"),
    )
