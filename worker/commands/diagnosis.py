"""The findings of `chancery doctor`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from jobs.ledger.pauses import Pause
from jobs.ledger.processes import Process
from jobs.ledger.statistics import Server, Statistics
from jobs.model.lanes import Lane
from jobs.model.states import CallbackStatus
from jobs.process.watchdog import Stall

ROLES = ("worker", "courier", "scheduler")
GIB = 1024**3
DISK_WARN_SHARE = 0.10
DISK_BAD_BYTES = GIB
QUEUE_WARN_SHARE = 0.8
STALLS_SHOWN = timedelta(days=1)
STALL_FRAMES = 6


class Level(StrEnum):
    ok = "ok"
    warn = "warn"
    bad = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of output. `advice` says what to do; it is empty for `ok`."""

    level: Level
    subject: str
    text: str
    advice: str = ""


def of_server(server: Server) -> Iterator[Finding]:
    """Whether Redis is configured to lose no data."""
    fsync = server.appendfsync or "unknown"
    text = (
        f"version {server.version}, append-only file {'on' if server.appendonly else 'off'}, "
        f"appendfsync {fsync}, {server.maxmemory_policy}, {server.used_memory / 1024**2:.0f} MiB"
    )
    if not server.appendonly:
        yield Finding(Level.bad, "redis", text, "a restart loses accepted jobs: set appendonly yes")
    elif server.maxmemory_policy != "noeviction":
        yield Finding(
            Level.bad, "redis", text, "it may evict accepted jobs: set maxmemory-policy noeviction"
        )
    elif fsync != "always":
        yield Finding(
            Level.warn,
            "redis",
            text,
            "a power cut can lose up to two seconds of accepted jobs: set appendfsync always",
        )
    else:
        yield Finding(Level.ok, "redis", text)


def of_processes(processes: Sequence[Process]) -> Iterator[Finding]:
    """One finding for each process, and one for each role without a live process."""
    live_roles = {process.role for process in processes if process.live}
    for process in processes:
        age = process.age_seconds
        text = f"{process.name}, last heartbeat {age:.0f} s ago"
        if process.live:
            yield Finding(Level.ok, process.role, text)
        elif process.role in live_roles:
            yield Finding(
                Level.warn, process.role, text, "it stopped; another process does its work"
            )
        else:
            yield Finding(Level.bad, process.role, text, _start_it(process.role))
    for role in ROLES:
        if role not in {process.role for process in processes}:
            yield Finding(Level.bad, role, "no heartbeat in the last ten minutes", _start_it(role))
    yield from _lanes_without_worker(processes)


def _lanes_without_worker(processes: Sequence[Process]) -> Iterator[Finding]:
    """Lanes without a live worker, if there are live workers at all."""
    workers = [
        process.detail.get("lanes", list(Lane))
        for process in processes
        if process.role == "worker" and process.live
    ]
    for lane in Lane if workers else ():
        if not any(lane in lanes for lanes in workers):
            advice = f"start a worker with CHANCERY_LANE={lane}, or without CHANCERY_LANE"
            yield Finding(Level.bad, "worker", f"no worker runs {lane} jobs", advice)


def of_engines(processes: Sequence[Process]) -> Iterator[Finding]:
    """The engines of each live worker, as the worker reports them."""
    for process in processes:
        healthy = process.detail.get("engine_healthy")
        if healthy is None or not process.live:
            continue
        if healthy:
            metrics = ", ".join(_engine_metrics(process.detail.get("engine") or {}))
            yield Finding(Level.ok, "engine", f"{metrics or 'healthy'}, from {process.name}")
        else:
            yield Finding(
                Level.bad,
                "engine",
                f"{process.detail.get('engine_reason') or 'not healthy'}, from {process.name}",
                "jobs wait until it answers: see logs/engine.log, or the engine's own log",
            )
        if "fast_engine_healthy" in process.detail:
            yield _of_fast_engine(process)
        if process.detail.get("offline") is False:
            yield Finding(
                Level.warn,
                "isolation",
                f"documents are opened in processes that have a network, at {process.name}",
                "allow unprivileged user namespaces on that machine, or give the worker's machine "
                "no route to other networks",
            )


def of_figures(figures: Statistics, max_queued: int) -> Iterator[Finding]:
    """The open jobs, the queues, callbacks and receivers."""
    jobs: Counter[str] = Counter()
    for (_, status), count in figures.jobs.items():
        jobs[status.value] += count
    open_jobs = sum(jobs.values())
    text = ", ".join(f"{count} {status}" for status, count in sorted(jobs.items())) or "none open"
    full = open_jobs > max_queued * QUEUE_WARN_SHARE
    yield Finding(
        Level.warn if full else Level.ok,
        "jobs",
        text,
        f"submissions are refused above {max_queued}: add workers, or ask departments to slow down"
        if full
        else "",
    )
    queues = ", ".join(f"{count} in {queue.value}" for queue, count in figures.queues.items())
    yield Finding(Level.ok, "queues", queues)
    yield from _of_callbacks(figures)
    yield from _of_receivers(figures)


def of_pauses(pauses: Sequence[Pause]) -> Iterator[Finding]:
    """Jobs that an operator paused."""
    for pause in pauses:
        options = [f"--department {pause.department}"] if pause.department else []
        options += [f"--lane {pause.lane}"] if pause.lane else []
        yield Finding(
            Level.warn,
            "paused",
            f"{pause.lane or 'all'} jobs of {pause.department or 'every department'} wait",
            f"`chancery resume {' '.join(options)}` lets them run",
        )


def of_unknown_variables(variables: Iterable[tuple[str, str | None]]) -> Iterator[Finding]:
    """Variables of the environment that look like settings and are none, with the nearest one."""
    for name, nearest in variables:
        yield Finding(
            Level.warn,
            "settings",
            f"{name} is not a setting",
            f"did you mean {nearest}?" if nearest else "docs/settings.md lists the settings",
        )


def of_stalls(stalls: Iterable[Stall], now: datetime) -> Iterator[Finding]:
    """Processes of the last day whose event loop stood still, or that did not stop in time."""
    last: dict[str, Stall] = {}
    for stall in stalls:
        if now - stall.at < STALLS_SHOWN:
            last[stall.process] = stall
    for stall in last.values():
        outcome = "was ended" if stall.ended else "has been reported"
        where = " < ".join(stall.stack[:STALL_FRAMES]) or "outside Python"
        yield Finding(
            Level.warn,
            stall.role,
            f"{stall.process} stood still for {stall.seconds:.0f} s and {outcome} at "
            f"{stall.at:%Y-%m-%d %H:%M:%S} UTC, in {where}",
            "the whole stack is in its log, and which job it ran: report it as a defect",
        )


def of_disk(free: int, total: int, where: str) -> Iterator[Finding]:
    text = f"{free / GIB:.1f} of {total / GIB:.1f} GiB free in {where}"
    advice = "free space: without it no job is accepted and no result stored"
    if free < DISK_BAD_BYTES:
        yield Finding(Level.bad, "disk", text, advice)
    elif free < total * DISK_WARN_SHARE:
        yield Finding(Level.warn, "disk", text, advice)
    else:
        yield Finding(Level.ok, "disk", text)


def _of_fast_engine(process: Process) -> Finding:
    if process.detail["fast_engine_healthy"]:
        return Finding(Level.ok, "fast engine", f"healthy, from {process.name}")
    return Finding(
        Level.warn,
        "fast engine",
        f"{process.detail.get('fast_engine_reason') or 'not healthy'}, from {process.name}",
        "the full model does its work meanwhile: check the vLLM at CHANCERY_FAST_ENGINE_URL",
    )


def _of_callbacks(figures: Statistics) -> Iterator[Finding]:
    dead: Counter[str] = Counter()
    pending = 0
    for (department, status), count in figures.callbacks.items():
        if status is CallbackStatus.dead and count:
            dead[department] += count
        elif status is CallbackStatus.pending:
            pending += count
    if not dead:
        yield Finding(Level.ok, "callbacks", f"{pending} pending, none dead")
        return
    dead_counts = ", ".join(
        f"{count} of {department}" for department, count in sorted(dead.items())
    )
    yield Finding(
        Level.warn,
        "callbacks",
        f"{pending} pending, dead: {dead_counts}",
        "repair the receiver, then run `chancery callbacks redeliver` with the department's key",
    )


def _of_receivers(figures: Statistics) -> Iterator[Finding]:
    """Receivers with an open breaker, and URLs that answered 410."""
    broken = [
        f"{receiver} of {department}"
        for department, receivers in sorted(figures.broken.items())
        for receiver in receivers
    ]
    if broken:
        yield Finding(
            Level.warn,
            "receivers",
            f"failing: {', '.join(broken)}",
            "callbacks wait until it answers: ask the department",
        )
    gone = [f"{count} of {name}" for name, count in sorted(figures.urls_gone.items()) if count]
    if gone:
        yield Finding(
            Level.warn,
            "receivers",
            f"URLs that answered 410: {', '.join(gone)}",
            "ask the department; `chancery department show` lists them, `reopen` allows one again",
        )


def _engine_metrics(engine: Mapping[str, Any]) -> Iterator[str]:
    for name, value in engine.items():
        yield f"{name} {value:.2g}" if isinstance(value, float) else f"{name} {value}"


def _start_it(role: str) -> str:
    return f"see logs/{role}.log in the data dir; `chancery up` restarts it"
