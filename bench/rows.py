"""The measurements of `python -m bench`, and the figures to reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Measurement:
    """A command `python -m ARGV`, which reports its figures with `bench.figures.report`."""

    name: str
    shows: str
    argv: tuple[str, ...]
    by_default: bool = True
    needs_vllm: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of a measurement and its bound.

    `peer` is another measurement and its figure, measured in the same rounds; the ratio to it is to
    be at least `ratio`.
    """

    label: str
    measurement: str
    figure: str
    bound: tuple[Literal[">=", "<="], float] | None = None
    peer: tuple[str, str] | None = None
    ratio: float = 0.0


def _peer(name: str, shows: str, *arguments: str) -> Measurement:
    return Measurement(name, shows, ("bench.peers.run", name, *arguments))


MEASUREMENTS = (
    _peer("glue", "the glue: FastAPI, Celery, httpx; it keeps nothing"),
    Measurement("jobs", "single jobs, from submission to callback", ("bench.jobs", "--count=1500")),
    Measurement(
        "jobs_twice",
        "single jobs with two workers, couriers and apis",
        ("bench.jobs", "--count=1500", "--workers=2", "--couriers=2", "--api-processes=2"),
    ),
    Measurement(
        "batches",
        "batch lines against an engine that answers at once",
        ("bench.batches", "--kind=chat", "--lines=15000"),
    ),
    _peer("celery", "tasks of Celery that do nothing"),
    _peer("dramatiq", "tasks of dramatiq that do nothing"),
    _peer("taskiq", "tasks of taskiq that do nothing"),
    _peer("arq", "tasks of arq that do nothing"),
    _peer("litellm", "what LiteLLM's proxy adds to a request"),
    Measurement("latency", "an idle system's latency, and submission at 50/s", ("bench.latency",)),
    Measurement("ideal_share", "the share of an engine of fixed latency", ("bench.ideal_share",)),
    Measurement(
        "interactive",
        "interactive latency under full bulk load",
        ("bench.interactive", "--latency=0.1", "--jobs=100"),
    ),
    Measurement("flood", "a department beside 50,000 lines", ("bench.flood", "--batches=2")),
    Measurement("turns", "an interactive job beside 600 of another department", ("bench.turns",)),
    Measurement("start", "the start of `chancery up`", ("bench.start", "--rounds=1")),
    Measurement(
        "recovery", "recovery from a killed worker and Redis", ("bench.recovery", "--rounds=1")
    ),
    Measurement("memory", "memory at rest and in a soak of a minute", ("bench.memory",)),
    Measurement(
        "waiting",
        "the cost of 1,000, 100,000 and 1,000,000 waiting lines",
        ("bench.waiting", "--jobs=100"),
        by_default=False,
    ),
    Measurement(
        "engine_share",
        "the share of a real vLLM with a tiny model",
        ("bench.engine_share", "--rounds=1"),
        needs_vllm=True,
    ),
    Measurement(
        "smollm2_share",
        "the share of a real vLLM with SmolLM2",
        ("bench.engine_share", "--model=SmolLM2-135M-Instruct", "--seconds=60", "--rounds=1"),
        by_default=False,
        needs_vllm=True,
    ),
    Measurement(
        "prefixes",
        "what releasing lines with equal beginnings together gains",
        ("bench.prefixes",),
        by_default=False,
        needs_vllm=True,
    ),
    Measurement(
        "submissions",
        "`appendfsync always` and `everysec`",
        ("bench.submissions",),
        by_default=False,
    ),
    Measurement("store", "the store, plain and encrypted", ("bench.store",), by_default=False),
    Measurement("secrecy", "the check for markings", ("bench.secrecy",), by_default=False),
    Measurement(
        "masking", "masking a long PDF, a scan and a sheet", ("bench.masking",), by_default=False
    ),
    Measurement("doubts", "wrong numbers that are detected", ("bench.doubts",), by_default=False),
    Measurement(
        "simulate",
        "1, 10 and 100 engines, from measured costs",
        ("bench.simulate",),
        by_default=False,
    ),
)

_GLUE = ("glue", "jobs/s")
ROWS = (
    Row("single jobs/s, submission to callback", "jobs", "jobs/s", peer=_GLUE, ratio=2),
    Row("single jobs/s, two of each process", "jobs_twice", "jobs/s", peer=_GLUE),
    Row("ms of one core, a single job", "jobs", "core-ms a job", ("<=", 5.0)),
    Row("batch lines/s", "batches", "chat lines/s", peer=_GLUE, ratio=10),
    Row("ms of one core, a line", "batches", "core-ms a chat line", ("<=", 0.55)),
    Row("the glue, jobs/s", "glue", "jobs/s"),
    Row("the glue, ms of one core without Valkey, a job", "glue", "core-ms a job"),
    Row("Celery, no-op tasks/s", "celery", "jobs/s"),
    Row("dramatiq, no-op tasks/s", "dramatiq", "jobs/s"),
    Row("taskiq, no-op tasks/s", "taskiq", "jobs/s"),
    Row("arq, no-op tasks/s", "arq", "jobs/s"),
    Row("LiteLLM's proxy, ms added to a request", "litellm", "added ms"),
    Row("share of a real vLLM, tiny model", "engine_share", "share of tiny-qwen2", (">=", 0.98)),
    Row(
        "share of a real vLLM, SmolLM2",
        "smollm2_share",
        "share of SmolLM2-135M-Instruct",
        (">=", 0.98),
    ),
    Row("ideal share, 64 in flight", "ideal_share", "share at 64", (">=", 0.97)),
    Row("ideal share, 256 in flight", "ideal_share", "share at 256", (">=", 0.95)),
    Row("ideal share, 1,024 in flight", "ideal_share", "share at 1024", (">=", 0.90)),
    Row("idle latency p50, ms", "latency", "idle p50 ms", ("<=", 20)),
    Row("idle latency p99, ms", "latency", "idle p99 ms", ("<=", 60)),
    Row("submission at 50/s p99, ms", "latency", "submission at 50/s p99 ms", ("<=", 15)),
    Row(
        "interactive p95 under full bulk / idle",
        "interactive",
        "p95 loaded/idle at 100 ms",
        ("<=", 1.2),
    ),
    Row(
        "a department beside 50,000 lines / alone, p95",
        "flood",
        "p95 of a single bulk job, flooded/alone",
        ("<=", 1.5),
    ),
    Row(
        "an interactive job beside 600 of another / alone",
        "turns",
        "p50 beside 600/alone",
        ("<=", 2),
    ),
    Row(
        "until accepted, 10^6 lines waiting / none",
        "waiting",
        "p50 until accepted, 1001000 waiting/none",
        ("<=", 1.1),
    ),
    Row(
        "until ended, 10^6 lines waiting / none",
        "waiting",
        "p50 until ended, 1001000 waiting/none",
        ("<=", 1.1),
    ),
    Row(
        "bytes a waiting line, of 10^6", "waiting", "bytes a line with 1001000 waiting", ("<=", 20)
    ),
    Row("bytes a finished job", "waiting", "bytes a finished job", ("<=", 1500)),
    Row(
        "recovery of a killed worker's jobs, s",
        "recovery",
        "seconds after worker killed",
        ("<=", 5),
    ),
    Row("recovery after Redis is killed, s", "recovery", "seconds after valkey killed", ("<=", 10)),
    Row("MiB at rest, worker", "memory", "MiB at rest, worker"),
    Row("MiB at rest, api", "memory", "MiB at rest, api"),
    Row("MiB grown in the soak, worker", "memory", "MiB grown in the soak, worker"),
    Row("start to `ready`, s", "start", "seconds to ready", ("<=", 4)),
)
