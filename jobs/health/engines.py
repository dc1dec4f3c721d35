"""The engines as the workers' heartbeats report them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from jobs.health.report import AwayEngine, DrainedEngine, EngineHealth
from jobs.ledger.processes import Process
from jobs.ledger.upkeep import HealthyTime

FULL, FAST = "engine", "fast engine"
_PREFIXES = {FULL: "engine", FAST: "fast_engine"}
# Without these, `engines_of` has the reasons. The full model does the work of other ones.
_HEALTHY = {"full": "engine_healthy", "fast": "fast_engine_healthy"}


def engines_of(processes: Iterable[Process], now: datetime) -> Sequence[EngineHealth]:
    """The engines of each live worker. `now`: Redis's clock, by which heartbeats have their age."""
    return [
        _engine(process, role, now)
        for process in processes
        for role, prefix in _PREFIXES.items()
        if process.live and f"{prefix}_healthy" in process.detail
    ]


def away_engines(processes: Iterable[Process], now: datetime) -> Sequence[AwayEngine]:
    """The engines of live workers that are not healthy, nor drained, where others do their work.
    `now` as in `engines_of`.
    """
    return [
        AwayEngine(
            name=engine["name"],
            worker=process.name,
            since=now - timedelta(seconds=process.age_seconds + engine["for_seconds"]),
            reason=engine["reason"],
        )
        for process, engine in _replaced(processes)
        if not engine["healthy"] and not engine["drained"]
    ]


def drained_engines(
    processes: Iterable[Process], drained: Mapping[str, datetime]
) -> Sequence[DrainedEngine]:
    """The drained engines of live workers, where others do their work. `drained`: by name, as the
    ledger has them, with those that are no longer in use.
    """
    names = {engine["name"] for _, engine in _replaced(processes)}
    return [DrainedEngine(name, since) for name, since in drained.items() if name in names]


def _replaced(processes: Iterable[Process]) -> Iterator[tuple[Process, Mapping[str, Any]]]:
    """The engines of each live worker that has a healthy one of the same role, or needs none."""
    for process in processes:
        for engine in process.detail.get("engines", ()) if process.live else ():
            if process.detail.get(_HEALTHY.get(engine["role"], ""), True):
                yield process, engine


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
        lacks_parser=detail.get(f"{prefix}_lacks_parser"),
        error_share=detail.get(f"{prefix}_error_share"),
    )
