"""Usage by task and model: the names of its counters, and how they are written and read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jobs.model.job import Usage
from jobs.model.provenance import Provenance
from jobs.model.roles import Role

CASCADE = "cascade"


@dataclass(frozen=True, slots=True)
class TaskUse:
    """One task's usage.

    `jobs`: endings by status. `kept`: jobs for which the fast model's answer was kept. `escalated`:
    jobs that were passed on to the full model. `doubts`: reasons for that, by code. `fast`, `full`:
    usage of each engine.
    """

    jobs: Mapping[str, int] = field(default_factory=dict)
    kept: int = 0
    escalated: int = 0
    doubts: Mapping[str, int] = field(default_factory=dict)
    fast: Usage = field(default_factory=Usage)
    full: Usage = field(default_factory=Usage)

    def __add__(self, other: TaskUse) -> TaskUse:
        return TaskUse(
            jobs=Counter(self.jobs) + Counter(other.jobs),
            kept=self.kept + other.kept,
            escalated=self.escalated + other.escalated,
            doubts=Counter(self.doubts) + Counter(other.doubts),
            fast=self.fast + other.fast,
            full=self.full + other.full,
        )


def amounts_of(
    task: str, usage: Usage, fast_usage: Usage, provenance: Provenance | None, *, succeeded: bool
) -> Mapping[str, int]:
    """The amounts that an ending adds to its department's counters of the day.

    Amounts whose names begin with `cascade:` are added to the whole system's counters too.
    """
    used = _amounts(usage)
    fast = _amounts(fast_usage)
    amounts = dict(used)
    for name, amount in used.items():
        amounts[f"task:{task}:{Role.fast.value}:{name}"] = fast[name]
        amounts[f"task:{task}:{Role.full.value}:{name}"] = amount - fast[name]
    amounts |= _of_cascade(task, provenance, succeeded=succeeded) if provenance else {}
    return {name: amount for name, amount in amounts.items() if amount}


def tasks_of(record: Mapping[str, str]) -> Mapping[str, TaskUse]:
    """Usage by task, from a day's counters."""
    counts: dict[str, dict[str, int]] = {}
    for name, count in record.items():
        kind, *rest = name.split(":", 2)
        if kind in ("task", CASCADE):
            task, counter = rest
            counts.setdefault(task, {})[counter] = int(count)
    return {task: _task_use(of_task) for task, of_task in sorted(counts.items())}


def total_by_task(days: Iterable[Mapping[str, TaskUse]]) -> Mapping[str, TaskUse]:
    total: dict[str, TaskUse] = {}
    for day in days:
        for task, use in day.items():
            total[task] = total.get(task, TaskUse()) + use
    return dict(sorted(total.items()))


def cascade_counts(
    record: Mapping[str, str],
) -> tuple[Mapping[tuple[str, str], int], Mapping[tuple[str, str], int]]:
    """From the whole system's counters: jobs by task and outcome, and doubts by task and code."""
    uses = tasks_of(record)
    outcomes = {(task, "kept"): use.kept for task, use in uses.items()}
    outcomes |= {(task, "escalated"): use.escalated for task, use in uses.items()}
    doubts = {(task, code): n for task, use in uses.items() for code, n in use.doubts.items()}
    return outcomes, doubts


def usage_of(amounts: Mapping[str, int | str], prefix: str = "") -> Usage:
    """The usage in the counters whose names begin with `prefix`."""
    return Usage(
        prompt_tokens=int(amounts.get(f"{prefix}prompt_tokens", 0)),
        completion_tokens=int(amounts.get(f"{prefix}completion_tokens", 0)),
        cached_tokens=int(amounts.get(f"{prefix}cached_tokens", 0)),
        engine_seconds=int(amounts.get(f"{prefix}engine_ms", 0)) / 1000,
    )


def _amounts(usage: Usage) -> Mapping[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "cached_tokens": usage.cached_tokens,
        "engine_ms": round(usage.engine_seconds * 1000),
    }


def _of_cascade(task: str, provenance: Provenance, *, succeeded: bool) -> Mapping[str, int]:
    if provenance.escalated:
        doubts = {f"{CASCADE}:{task}:doubt:{code}": 1 for code in provenance.doubts}
        return {f"{CASCADE}:{task}:escalated": 1, **doubts}
    kept = succeeded and provenance.role is Role.fast
    return {f"{CASCADE}:{task}:kept": 1} if kept else {}


def _task_use(counts: Mapping[str, int]) -> TaskUse:
    def named(prefix: str) -> Mapping[str, int]:
        return {
            name.removeprefix(prefix): count
            for name, count in counts.items()
            if name.startswith(prefix)
        }

    return TaskUse(
        jobs=named("jobs_"),
        kept=counts.get("kept", 0),
        escalated=counts.get("escalated", 0),
        doubts=named("doubt:"),
        fast=usage_of(counts, f"{Role.fast.value}:"),
        full=usage_of(counts, f"{Role.full.value}:"),
    )
