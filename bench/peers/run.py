"""Jobs per second of released queues, and what LiteLLM's proxy adds to a request.

    python -m bench.peers.run [celery dramatiq taskiq arq glue litellm] [--count 2000]

The queues run tasks that do nothing, from one enqueuing process through one worker process with 64
threads or slots. The glue (`bench/peers/glue.py`) does what Chancery does for a single job, with
the same load, but keeps nothing. All use the settings that their documentation recommends, and a
Valkey that writes nothing to disk.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from redis import Redis

from bench.callbacks import client, receiver, run_jobs
from bench.figures import report
from bench.peers import litellm_proxy
from bench.peers.counting import DONE_KEY
from bench.peers.install import peer_python
from bench.system import cpu_seconds, running_engine, stop
from standin.valkey import start_valkey
from worker.supervise.checks import free_port

ROOT = Path(__file__).resolve().parents[2]

SLOTS = "64"
START_SECONDS = 60.0
LONGEST_SECONDS = 300.0
WARM_UP = 50
# The environment, and the worker's command after `python -m`.
QUEUES: Mapping[str, tuple[str, Sequence[str]]] = {
    "celery": (
        "peers",
        ("celery", "-A", "bench.peers.noop_celery", "worker", "-P", "threads", "-c", SLOTS),
    ),
    "dramatiq": ("peers", ("dramatiq", "bench.peers.noop_dramatiq", "-p", "1", "-t", SLOTS)),
    "taskiq": ("peers", ("taskiq", "worker", "bench.peers.noop_taskiq:broker", "--workers", "1")),
    "arq": ("arq", ("arq", "bench.peers.noop_arq.WorkerSettings")),
}


@contextmanager
def plain_valkey(folder: Path) -> Iterator[str]:
    """A Valkey without persistence; yields its URL."""
    process, url = start_valkey(folder)
    try:
        with Redis.from_url(url) as redis:
            redis.config_set("appendonly", "no")
        yield url
    finally:
        stop([process])


@contextmanager
def peer_process(
    python: Path, argv: Sequence[str], env: Mapping[str, str], log: Path
) -> Iterator[int]:
    """Run a module of a peer's environment; yields its pid."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python, "-m", *argv],
            cwd=ROOT,
            env={**os.environ, **env, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        yield process.pid
    finally:
        stop([process])


def no_op_rate(name: str, count: int) -> float:
    """No-op tasks per second, from the first enqueued to the last run."""
    environment, argv = QUEUES[name]
    python = peer_python(environment)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(plain_valkey(folder))
        env = {"BROKER": url}
        redis = stack.enter_context(Redis.from_url(url, decode_responses=True))
        stack.enter_context(peer_process(python, argv, env, folder / "worker.log"))
        _enqueue(python, name, env, 1)
        _done_at(redis, START_SECONDS, folder / "worker.log")
        began = _enqueue(python, name, env, count)
        return count / (_done_at(redis, LONGEST_SECONDS, folder / "worker.log") - began)


def _enqueue(python: Path, name: str, env: Mapping[str, str], count: int) -> float:
    """Enqueue tasks; returns when the first was enqueued."""
    enqueued = subprocess.run(
        [python, "-c", f"from bench.peers.noop_{name} import enqueue; enqueue({count})"],
        cwd=ROOT,
        env={**os.environ, **env, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        timeout=LONGEST_SECONDS,
    )
    return float(enqueued.stdout.split()[0])


def _done_at(redis: Redis, seconds: float, log: Path) -> float:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if at := redis.getdel(DONE_KEY):
            return float(str(at))
        time.sleep(0.02)
    raise TimeoutError(f"the tasks were not run in time; {log.read_text(errors='replace')[-2000:]}")


async def glue(count: int, in_flight: int) -> Mapping[str, float]:
    """Single jobs of the glue, with the load of `bench.jobs`."""
    python = peer_python("peers")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(plain_valkey(folder))
        engine_url, _ = stack.enter_context(running_engine())
        port = free_port()
        env = {"BROKER": url, "ENGINE": engine_url}
        celery = ("celery", "-A", "bench.peers.glue:celery", "worker", "-P", "threads", "-c", SLOTS)
        uvicorn = ("uvicorn", "bench.peers.glue:api", f"--port={port}", "--no-access-log")
        pids = {
            name: stack.enter_context(peer_process(python, argv, env, folder / f"{name}.log"))
            for name, argv in {"worker": celery, "api": uvicorn}.items()
        }
        async with (
            receiver() as here,
            client(f"http://127.0.0.1:{port}", in_flight=in_flight) as http,
        ):

            def used() -> Mapping[str, float]:
                return {name: cpu_seconds(pid) for name, pid in pids.items()}

            await run_jobs([http], "/jobs", here, used, count=WARM_UP, in_flight=in_flight)
            rates = await run_jobs([http], "/jobs", here, used, count=count, in_flight=in_flight)
    return {"jobs/s": rates.jobs, "core-ms a job": sum(rates.cpu.values()) * 1000 / count}


async def litellm(count: int) -> Mapping[str, float]:
    """What LiteLLM's proxy adds to a request, one at a time and with 64 in flight."""
    python = peer_python("peers")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        engine_url, _ = stack.enter_context(running_engine())
        port = free_port()
        config = folder / "litellm.yaml"
        config.write_text(litellm_proxy.configuration(engine_url))
        argv = ("litellm.proxy.proxy_cli", f"--config={config}", f"--port={port}")
        stack.enter_context(
            peer_process(python, argv, litellm_proxy.ENVIRONMENT, folder / "litellm.log")
        )
        return await litellm_proxy.overhead(f"http://127.0.0.1:{port}", engine_url, count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [*QUEUES, "glue", "litellm"]
    parser.add_argument("peers", nargs="*", help=f"default: all of {' '.join(names)}")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--in-flight", type=int, default=32)
    options = parser.parse_args()
    for name in options.peers or names:
        if name in QUEUES:
            figures: Mapping[str, float] = {"jobs/s": no_op_rate(name, options.count)}
        elif name == "glue":
            figures = asyncio.run(glue(options.count, options.in_flight))
        else:
            figures = asyncio.run(litellm(options.count // 4))
        print(f"{name:9} " + ", ".join(f"{what} {value:.2f}" for what, value in figures.items()))
        report(figures)


if __name__ == "__main__":
    main()
