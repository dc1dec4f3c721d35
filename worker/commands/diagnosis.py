"""What `chancery doctor` makes of what it sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from jobs.ledger.pauses import Pause
from jobs.ledger.processes import Process
from jobs.ledger.statistics import Server, Statistics
from jobs.model.lanes import Lane
from jobs.model.states import CallbackStatus

HEARD_WITHIN_SECONDS = 15.0
ROLES = ("worker", "courier", "scheduler")
GIB = 1024**3
DISK_WARN_PART = 0.10
DISK_BAD_BYTES = GIB
FULL_WARN_PART = 0.8


class Level(StrEnum):
    ok = "ok"
    warn = "warn"
    bad = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `advice` says what to do, and is empty where all is well."""

    level: Level
    subject: str
    text: str
    advice: str = ""


def of_server(server: Server) -> Iterator[Finding]:
    """Whether Redis keeps what it is given."""
    fsync = server.appendfsync or "unknown"
    text = (
        f"version {server.version}, append-only file {'on' if server.appendonly else 'off'}, "
        f"appendfsync {fsync}, {server.maxmemory_policy}, {server.used_memory / 1024**2:.0f} MiB"
    )
    if not server.appendonly:
        yield Finding(Level.bad, "redis", text, "a restart loses accepted jobs: set appendonly yes")
    elif server.maxmemory_policy != "noeviction":
        yield Finding(
            Level.bad, "redis", text, "it may drop accepted jobs: set maxmemory-policy noeviction"
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
    """One finding a process, and one for each role that nobody fills."""
    filled = {process.role for process in processes if process.age_seconds <= HEARD_WITHIN_SECONDS}
    for process in processes:
        age = process.age_seconds
        text = f"{process.name}, heard from {age:.0f} s ago"
        if age <= HEARD_WITHIN_SECONDS:
            yield Finding(Level.ok, process.role, text)
        elif process.role in filled:
            yield Finding(Level.warn, process.role, text, "it is gone; another one does its work")
        else:
            yield Finding(Level.bad, process.role, text, _start_it(process.role))
    for role in ROLES:
        if role not in {process.role for process in processes}:
            yield Finding(Level.bad, role, "none in the last ten minutes", _start_it(role))
    yield from _lanes_without_worker(processes)


def _lanes_without_worker(processes: Sequence[Process]) -> Iterator[Finding]:
    """Lanes that no living worker runs, where there are workers."""
    workers = [
        process.detail.get("lanes", list(Lane))
        for process in processes
        if process.role == "worker" and process.age_seconds <= HEARD_WITHIN_SECONDS
    ]
    for lane in Lane if workers else ():
        if not any(lane in lanes for lanes in workers):
            advice = f"start one with CHANCERY_LANE={lane}, or without it"
            yield Finding(Level.bad, "worker", f"none runs {lane} jobs", advice)


def of_engines(processes: Sequence[Process]) -> Iterator[Finding]:
    """What each living worker says of its engine, and of its fast one where it has one."""
    for process in processes:
        healthy = process.detail.get("engine_healthy")
        if healthy is None or process.age_seconds > HEARD_WITHIN_SECONDS:
            continue
        if healthy:
            figures = ", ".join(_figures(process.detail.get("engine") or {}))
            yield Finding(Level.ok, "engine", f"{figures or 'healthy'}, says {process.name}")
        else:
            yield Finding(
                Level.bad,
                "engine",
                f"{process.detail.get('engine_reason') or 'not healthy'}, says {process.name}",
                "jobs wait until it answers again: see logs/engine.log, or the engine's own log",
            )
        if "fast_engine_healthy" in process.detail:
            yield _of_fast_engine(process)


def of_figures(figures: Statistics, max_queued: int) -> Iterator[Finding]:
    """How much waits, and what could not be delivered."""
    jobs: Counter[str] = Counter()
    for (_, status), count in figures.jobs.items():
        jobs[status.value] += count
    open_jobs = sum(jobs.values())
    text = ", ".join(f"{count} {status}" for status, count in sorted(jobs.items())) or "none open"
    full = open_jobs > max_queued * FULL_WARN_PART
    yield Finding(
        Level.warn if full else Level.ok,
        "jobs",
        text,
        f"above {max_queued} submissions are refused: add workers, or slow the senders"
        if full
        else "",
    )
    queues = ", ".join(f"{count} in {queue.value}" for queue, count in figures.queues.items())
    yield Finding(Level.ok, "queues", queues)
    yield from _of_callbacks(figures)
    yield from _of_receivers(figures)


def of_pauses(pauses: Sequence[Pause]) -> Iterator[Finding]:
    """Jobs that wait because an operator wants it so."""
    for one in pauses:
        options = [f"--department {one.department}"] if one.department else []
        options += [f"--lane {one.lane}"] if one.lane else []
        yield Finding(
            Level.warn,
            "paused",
            f"{one.lane or 'all'} jobs of {one.department or 'every department'} wait",
            f"`chancery resume {' '.join(options)}` lets them run",
        )


def of_disk(free: int, total: int, where: str) -> Iterator[Finding]:
    text = f"{free / GIB:.1f} of {total / GIB:.1f} GiB free in {where}"
    advice = "make room: without it, nothing can be accepted or written down"
    if free < DISK_BAD_BYTES:
        yield Finding(Level.bad, "disk", text, advice)
    elif free < total * DISK_WARN_PART:
        yield Finding(Level.warn, "disk", text, advice)
    else:
        yield Finding(Level.ok, "disk", text)


def _of_fast_engine(process: Process) -> Finding:
    if process.detail["fast_engine_healthy"]:
        return Finding(Level.ok, "fast engine", f"healthy, says {process.name}")
    return Finding(
        Level.warn,
        "fast engine",
        f"{process.detail.get('fast_engine_reason') or 'not healthy'}, says {process.name}",
        "the full model does its work meanwhile: look at the vLLM at CHANCERY_FAST_ENGINE_URL",
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
        yield Finding(Level.ok, "callbacks", f"{pending} on their way, none dead")
        return
    whose = ", ".join(f"{count} of {department}" for department, count in sorted(dead.items()))
    yield Finding(
        Level.warn,
        "callbacks",
        f"{pending} on their way, dead: {whose}",
        "mend the receiver, then `chancery callbacks redeliver` with the department's key",
    )


def _of_receivers(figures: Statistics) -> Iterator[Finding]:
    """Those that are not called for now, and those that are not called any more."""
    broken = [
        f"{place} of {department}"
        for department, places in sorted(figures.broken.items())
        for place in places
    ]
    if broken:
        yield Finding(
            Level.warn,
            "receivers",
            f"mostly failing: {', '.join(broken)}",
            "callbacks wait and go out when it answers again: ask the department",
        )
    gone = [f"{count} of {name}" for name, count in sorted(figures.urls_gone.items()) if count]
    if gone:
        yield Finding(
            Level.warn,
            "receivers",
            f"URLs that answered 410: {', '.join(gone)}",
            "ask the department; `chancery department show` lists them, `reopen` opens one",
        )


def _figures(engine: Mapping[str, Any]) -> Iterator[str]:
    for name, value in engine.items():
        yield f"{name} {value:.2g}" if isinstance(value, float) else f"{name} {value}"


def _start_it(role: str) -> str:
    return f"see logs/{role}.log in the data dir; `chancery up` starts it again by itself"
