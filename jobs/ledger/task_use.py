"""Usage by task and model: the names of its counters, and how they are written and read.

A day's counters are described in `scripts/lib/usage.lua`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from jobs.model.job import RunUsage, Usage
from jobs.model.provenance import Provenance
from jobs.model.roles import Role

CASCADE, MODEL = "cascade", "model"
_NOTHING = Usage()
_OF_DAY = ("prompt_tokens", "completion_tokens", "cached_tokens", "engine_ms")
_OF_MODEL = (*_OF_DAY, "reasoning_tokens", "gpu_ms", "millijoules")


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


@dataclass(frozen=True, slots=True)
class ModelUse:
    """One task's usage of one model.

    `documents`: jobs that succeeded with this model's answer, each of one document; `pages` of
    those whose format has pages. `usage` includes that of runs without a result. `role` is None and
    `model` empty for jobs that used no model.
    """

    task: str
    role: Role | None
    model: str
    documents: int = 0
    pages: int = 0
    usage: Usage = field(default_factory=Usage)

    def __add__(self, other: ModelUse) -> ModelUse:
        return replace(
            self,
            documents=self.documents + other.documents,
            pages=self.pages + other.pages,
            usage=self.usage + other.usage,
        )

    def as_task_use(self) -> TaskUse:
        if self.role is Role.fast:
            return TaskUse(fast=self.usage)
        return TaskUse(full=self.usage)


def ending_amounts(
    task: str, used: RunUsage, provenance: Provenance | None, pages: int, *, succeeded: bool
) -> Mapping[str, int]:
    """The amounts that an ending adds to its department's counters of the day.

    Amounts whose names begin with `cascade:` are added to the whole system's counters too.
    """
    amounts = dict(run_amounts(task, used))
    if succeeded:
        role = provenance.role if provenance and provenance.model else None
        counters = _counters(task, role, used.models.get(role, "") if role else "")
        amounts[counters.documents] = 1
        if pages:
            amounts[counters.pages] = pages
    if provenance:
        amounts |= _of_cascade(task, provenance, succeeded=succeeded)
    return amounts


def run_amounts(task: str, used: RunUsage) -> Mapping[str, int]:
    """The amounts that a run adds to these counters, whether or not it ends the job."""
    total, fast = used.total, used.fast
    amounts = dict(zip(_OF_DAY, _amounts_of(total), strict=False))
    both = [(Role.fast, fast), (Role.full, total - fast)]
    for role, part in both if fast != _NOTHING else [(Role.full, total)]:
        names = _counters(task, role, used.models.get(role, "")).usage
        amounts |= zip(names, _amounts_of(part), strict=True)
    return {name: amount for name, amount in amounts.items() if amount}


def models_of(record: Mapping[str, str]) -> Sequence[ModelUse]:
    """Usage by task and model, from a day's counters."""
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    for name, count in record.items():
        if name.startswith(f"{MODEL}:"):
            _, task, role, counter, model = name.split(":", 4)
            counts.setdefault((task, role, model), {})[counter] = int(count)
    return [
        ModelUse(
            task=task,
            role=Role(role) if role else None,
            model=model,
            documents=amounts.get("documents", 0),
            pages=amounts.get("pages", 0),
            usage=usage_of(amounts),
        )
        for (task, role, model), amounts in sorted(counts.items())
    ]


def tasks_of(record: Mapping[str, str]) -> Mapping[str, TaskUse]:
    """Usage by task, from a day's counters."""
    counts: dict[str, dict[str, int]] = {}
    for name, count in record.items():
        kind, *rest = name.split(":", 2)
        if kind in ("task", CASCADE):
            task, counter = rest
            counts.setdefault(task, {})[counter] = int(count)
    uses = {task: _task_use(of_task) for task, of_task in counts.items()}
    for part in models_of(record):
        uses[part.task] = uses.get(part.task, TaskUse()) + part.as_task_use()
    return dict(sorted(uses.items()))


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
        reasoning_tokens=int(amounts.get(f"{prefix}reasoning_tokens", 0)),
        gpu_seconds=int(amounts.get(f"{prefix}gpu_ms", 0)) / 1000,
        joules=int(amounts.get(f"{prefix}millijoules", 0)) / 1000,
    )


def _amounts_of(usage: Usage) -> Sequence[int]:
    """In the order of `_OF_MODEL`."""
    return (
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.cached_tokens,
        round(usage.engine_seconds * 1000),
        usage.reasoning_tokens,
        round(usage.gpu_seconds * 1000),
        round(usage.joules * 1000),
    )


@dataclass(frozen=True, slots=True)
class _Counters:
    """The names of a model's counters; `usage` in the order of `_OF_MODEL`."""

    usage: Sequence[str]
    documents: str
    pages: str


@lru_cache(maxsize=1024)
def _counters(task: str, role: Role | None, model: str) -> _Counters:
    def name(counter: str) -> str:
        # The model comes last, because only its name may contain a colon.
        return f"{MODEL}:{task}:{role or ''}:{counter}:{model}"

    return _Counters(tuple(map(name, _OF_MODEL)), name("documents"), name("pages"))


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
        # Days counted by a release without counters by model.
        fast=usage_of(counts, f"{Role.fast.value}:"),
        full=usage_of(counts, f"{Role.full.value}:"),
    )
