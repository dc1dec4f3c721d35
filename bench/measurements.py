"""The measurements of `python -m bench`: what runs, how long at most, and in which size."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

STOP_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Measurement:
    """A module `python -m MODULE ARGUMENTS`, which reports its figures with `bench.figures.report`.

    `quick`: the arguments of a small size, which shows only whether the measurement works; None
    leaves it out of `--quick`. A round that takes longer than `limit_seconds` is ended and has
    failed. `once`: it runs in the last round only, because it compares by turns within one round,
    or takes long. `by_default`: part of a run without names.
    """

    name: str
    shows: str
    module: str
    arguments: tuple[str, ...] = ()
    quick: tuple[str, ...] | None = None
    limit_seconds: float = 300.0
    once: bool = False
    by_default: bool = True
    needs_vllm: bool = False

    def argv(self, *, quick: bool) -> tuple[str, ...]:
        """The arguments of the interpreter."""
        arguments = self.quick if quick and self.quick is not None else self.arguments
        return ("-m", self.module, *arguments)

    def run(self, environment: Mapping[str, str], *, quick: bool) -> str | None:
        """Run it once, with its output on stdout. Returns why it failed, or None."""
        process = subprocess.Popen(
            [sys.executable, *self.argv(quick=quick)],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            process_group=0,
        )
        try:
            status = process.wait(self.limit_seconds)
        except subprocess.TimeoutExpired:
            return f"not finished after {self.limit_seconds:g} s"
        finally:
            _end(process)
        return f"status {status}" if status else None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let it stop what it has started; then kill what is left of its group."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _peer(name: str, shows: str, limit_seconds: float = 300.0) -> Measurement:
    module = "bench.peers.run"
    return Measurement(name, shows, module, (name,), (name, "--count=200"), limit_seconds)


def _jobs(name: str, shows: str, *processes: str) -> Measurement:
    return Measurement(
        name, shows, "bench.jobs", ("--count=1500", *processes), ("--count=150", *processes)
    )


def _by_name(name: str, shows: str) -> Measurement:
    """A measurement on which a decision rests; it runs only where it is named."""
    return Measurement(name, shows, f"bench.{name}", by_default=False, limit_seconds=1800.0)


MEASUREMENTS = (
    # The first run installs the peers.
    _peer("glue", "the glue: FastAPI, Celery, httpx; it keeps nothing", 900.0),
    _jobs("jobs", "single jobs, from submission to callback"),
    _jobs(
        "jobs_twice",
        "single jobs with two workers, couriers and apis",
        *("--workers=2", "--couriers=2", "--api-processes=2"),
    ),
    _jobs("jobs_two_apis", "single jobs with two api processes", "--api-processes=2"),
    _jobs("jobs_two_workers", "single jobs with two workers", "--workers=2"),
    _jobs("jobs_two_couriers", "single jobs with two couriers", "--couriers=2"),
    Measurement(
        "batches",
        "batch lines against an engine that answers at once",
        "bench.batches",
        ("--kind=chat", "--lines=15000"),
        ("--kind=chat", "--lines=1000", "--requests=500"),
    ),
    Measurement(
        "batches_twice",
        "batch lines with two workers",
        "bench.batches",
        ("--kind=chat", "--lines=15000", "--workers=2"),
        ("--kind=chat", "--lines=1000", "--requests=500", "--workers=2"),
    ),
    _peer("celery", "tasks of Celery that do nothing"),
    _peer("dramatiq", "tasks of dramatiq that do nothing"),
    _peer("taskiq", "tasks of taskiq that do nothing"),
    _peer("arq", "tasks of arq that do nothing", 900.0),
    _peer("litellm", "what LiteLLM's proxy adds to a request"),
    Measurement(
        "latency",
        "an idle system's latency, and submission at 50/s",
        "bench.latency",
        quick=("--jobs=20", "--seconds=2"),
    ),
    Measurement(
        "ideal_share",
        "the share of an engine of fixed latency",
        "bench.ideal_share",
        quick=("--in-flight=64", "--seconds=3"),
        limit_seconds=600.0,
    ),
    Measurement(
        "interactive",
        "interactive latency under full bulk load",
        "bench.interactive",
        ("--latency=0.1", "--jobs=100"),
        ("--latency=0.1", "--jobs=25", "--lines=15000"),
        limit_seconds=600.0,
    ),
    Measurement(
        "flood",
        "a department beside 50,000 lines",
        "bench.flood",
        (),
        ("--jobs=3", "--batches=1", "--lines=8000"),
        limit_seconds=600.0,
    ),
    Measurement(
        "turns",
        "an interactive job beside 600 of another department",
        "bench.turns",
        quick=("--waiting=600", "--rounds=1"),
        limit_seconds=600.0,
    ),
    Measurement(
        "start", "the start of `chancery up`", "bench.start", ("--rounds=1",), ("--rounds=1",)
    ),
    Measurement("reading", "reading large files", "bench.reading", (), ("--mib=0.5",)),
    Measurement(
        "recovery",
        "recovery from a killed worker and Redis",
        "bench.recovery",
        ("--rounds=1",),
        ("--rounds=1", "--jobs=8"),
    ),
    Measurement(
        "memory",
        "memory at rest, and its growth in a soak of 20 minutes",
        "bench.memory",
        ("--minutes=20",),
        ("--minutes=0.3",),
        limit_seconds=1800.0,
        once=True,
    ),
    Measurement(
        "waiting",
        "the cost of 1,000, 100,000 and 1,000,000 waiting lines",
        "bench.waiting",
        ("--jobs=200",),
        ("--jobs=25", "--files", "1", "--lines=5000", "--quiet-seconds=2"),
        limit_seconds=1500.0,
        once=True,
    ),
    Measurement(
        "engine_share",
        "the share of a real vLLM with a tiny model, beside vLLM's own clients",
        "bench.engine_share",
        ("--bench-serve", "--run-batch"),
        ("--quick", "--bench-serve"),
        limit_seconds=1200.0,
        once=True,
        needs_vllm=True,
    ),
    Measurement(
        "smollm2_share",
        "the share of a real vLLM with SmolLM2",
        "bench.engine_share",
        # Short answers, so that a segment has several rounds of requests.
        (
            *("--model=SmolLM2-135M-Instruct", "--answer-tokens=16"),
            *("--pairs=5", "--seconds=14", "--settle=16"),
        ),
        limit_seconds=1200.0,
        once=True,
        needs_vllm=True,
    ),
    # The last: it reads the costs that the others measured.
    Measurement(
        "simulate",
        "1, 10 and 100 engines, from measured costs",
        "bench.simulate",
        quick=(),
        once=True,
    ),
    Measurement(
        "prefixes",
        "what releasing lines with equal beginnings together gains",
        "bench.prefixes",
        limit_seconds=1800.0,
        by_default=False,
        needs_vllm=True,
    ),
    _by_name("several_engines", "one worker for two engines, and a worker for each"),
    _by_name("submissions", "`appendfsync always` and `everysec`"),
    _by_name("store", "the store, plain and encrypted"),
    _by_name("secrecy", "the check for markings"),
    _by_name("masking", "masking a long PDF, a scan and a sheet"),
    _by_name("doubts", "wrong numbers that are detected"),
)
