"""The figures of the table, and those to reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Bound:
    sign: Literal[">=", "<="]
    limit: float

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.sign == ">=" else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.sign == '>=' else '≤'} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of a measurement and its bound.

    `peer` is another measurement and its figure, measured in the same rounds; the ratio to it is to
    keep `ratio`.
    """

    label: str
    measurement: str
    figure: str
    bound: Bound | None = None
    peer: tuple[str, str] | None = None
    ratio: Bound | None = None


def at_least(limit: float) -> Bound:
    return Bound(">=", limit)


def at_most(limit: float) -> Bound:
    return Bound("<=", limit)


def _no_ops(name: str, title: str) -> Row:
    return Row(f"{title}, no-op tasks/s", name, "jobs/s", peer=_GLUE)


def _more(label: str, measurement: str) -> Row:
    """Single jobs with more processes, compared with one of each."""
    return Row(f"single jobs/s, {label}", measurement, "jobs/s", peer=("jobs", "jobs/s"))


def _share(label: str, measurement: str, model: str) -> Sequence[Row]:
    """The share of a real vLLM, the ends of its interval, and what the processor time says."""
    share, ends = f"share of {model}", ("low", "high")
    more = {f"{label}, interval, {end}": f"{share}, {end}" for end in ends}
    more |= {
        f"{label}, by processor time, {end}": f"{share} by processor time, {end}" for end in ends
    }
    rows = [Row(each, measurement, figure) for each, figure in more.items()]
    return [Row(label, measurement, share, at_least(0.98)), *rows]


_GLUE = ("glue", "jobs/s")
_TINY = "tiny-qwen2"
_SMOLLM2 = "SmolLM2-135M-Instruct"
_PROCESSES = ("api", "worker", "courier", "scheduler", "flower", "valkey", "chancery up")
_SINGLES = (
    Row("the glue, jobs/s", "glue", "jobs/s"),
    Row("the glue, ms of one core without Valkey, a job", "glue", "core-ms a job"),
    Row("single jobs/s, submission to callback", "jobs", "jobs/s", peer=_GLUE, ratio=at_least(2.0)),
    Row("ms of one core, a single job", "jobs", "core-ms a job", at_most(5.0)),
    _more("two of each process", "jobs_twice"),
    _more("two apis", "jobs_two_apis"),
    _more("two workers", "jobs_two_workers"),
    _more("two couriers", "jobs_two_couriers"),
)
_LINES = (
    Row("batch lines/s", "batches", "chat lines/s", peer=_GLUE, ratio=at_least(10.0)),
    Row("ms of one core, a line", "batches", "core-ms a chat line", at_most(0.55)),
    Row(
        "batch lines/s, two workers",
        "batches_twice",
        "chat lines/s",
        peer=("batches", "chat lines/s"),
    ),
)
_PEERS = (
    _no_ops("celery", "Celery"),
    _no_ops("dramatiq", "dramatiq"),
    _no_ops("taskiq", "taskiq"),
    _no_ops("arq", "arq"),
    Row("LiteLLM's proxy, ms added to a request", "litellm", "added ms"),
    Row("LiteLLM's proxy, requests/s of 64 in flight", "litellm", "requests/s"),
)

_ENGINE = (
    *_share("share of a real vLLM, tiny model", "engine_share", _TINY),
    Row("tokens/s of it under Chancery", "engine_share", f"batch tokens/s of {_TINY}"),
    Row("tokens/s of it under a plain loop", "engine_share", f"loop tokens/s of {_TINY}"),
    Row("tokens/s of it under `vllm bench serve`", "engine_share", f"bench tokens/s of {_TINY}"),
    Row("tokens/s of `vllm run-batch`", "engine_share", f"run-batch tokens/s of {_TINY}"),
    *_share("share of a real vLLM, SmolLM2", "smollm2_share", _SMOLLM2),
    Row("ideal share, 64 in flight", "ideal_share", "share at 64", at_least(0.97)),
    Row("ideal share, 256 in flight", "ideal_share", "share at 256", at_least(0.95)),
    Row("ideal share, 1,024 in flight", "ideal_share", "share at 1024", at_least(0.90)),
)
_LATENCY = (
    Row("idle latency p50, ms", "latency", "idle p50 ms", at_most(20)),
    Row("idle latency p99, ms", "latency", "idle p99 ms", at_most(60)),
    Row("submission at 50/s p99, ms", "latency", "submission at 50/s p99 ms", at_most(15)),
    Row(
        "interactive p95 under full bulk / idle",
        "interactive",
        "p95 loaded/idle at 100 ms",
        at_most(1.2),
    ),
    Row(
        "a department beside 50,000 lines / alone, p95",
        "flood",
        "p95 of a single bulk job, flooded/alone",
        at_most(1.5),
    ),
    Row(
        "an interactive job beside 600 of another / alone",
        "turns",
        "p50 beside 600/alone",
        at_most(2),
    ),
)
_GROWTH = (
    *(
        Row(
            f"until {what}, {lines:,} lines waiting / none",
            "waiting",
            f"p50 until {what}, {lines} waiting/none",
            at_most(1.1),
        )
        for what in ("accepted", "ended")
        for lines in (1_000, 101_000, 1_001_000)
    ),
    Row("bytes a waiting line", "waiting", "bytes a line with 1001000 waiting", at_most(20)),
    Row("bytes a finished job", "waiting", "bytes a finished job", at_most(1500)),
)
_FAULTS = (
    Row("recovery of a killed worker, s", "recovery", "seconds after worker killed", at_most(5)),
    Row("recovery of a killed Redis, s", "recovery", "seconds after valkey killed", at_most(10)),
    Row("start to `ready`, s", "start", "seconds to ready", at_most(4)),
    *(
        Row(f"reading {kind} of 10 MiB, s of a core", "reading", f"seconds {kind}", at_most(3))
        for kind in ("DOCX", "XLSX")
    ),
    Row("reading XLSB of 10 MiB, s of a core", "reading", "seconds XLSB"),
    Row("reading text PDF, pages/s of a core", "reading", "PDF pages/s", at_least(50)),
)
_MEMORY = (
    *(Row(f"MiB at rest, {name}", "memory", f"MiB at rest, {name}") for name in _PROCESSES),
    Row("MiB at rest, all together (PSS)", "memory", "MiB at rest, all (PSS)"),
    *(
        Row(f"MiB an hour in the soak, {name}", "memory", f"MiB an hour in the soak, {name}")
        for name in _PROCESSES
    ),
    Row(
        "growth in the soak / noise, worst process but Valkey",
        "memory",
        "growth/noise in the soak",
        at_most(1.0),
    ),
)
_SIMULATION = (
    Row("simulated / measured, lines/s", "simulate", "simulated/measured, lines/s"),
    Row("simulated / measured, jobs/s", "simulate", "simulated/measured, jobs/s with 1 of each"),
    Row(
        "simulated / measured, jobs/s with two of each",
        "simulate",
        "simulated/measured, jobs/s with 2 of each",
    ),
    *(
        Row(
            f"share of {engines} engines with lines, simulated",
            "simulate",
            f"share of {engines} engines, lines",
        )
        for engines in (1, 10, 100)
    ),
)
ROWS: Sequence[Row] = (
    *(*_SINGLES, *_LINES, *_PEERS, *_ENGINE, *_LATENCY),
    *(*_GROWTH, *_FAULTS, *_MEMORY, *_SIMULATION),
)
