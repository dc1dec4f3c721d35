"""Lines per second of a batch, from `POST /v1/batches` to `completed`, compared with a plain loop.

    python -m bench.batches [--lines 50000] [--kind chat summarize] [--workers 1] [--requests 6000]
                            [--latency 0] [--reserved 8]

Everything runs on this machine. The engine answers at once, or, with `--latency`, after so many
seconds with as many slots as the worker has requests in flight; `--reserved` slots are reserved for
interactive work. The plain loop sends the same chats with the worker's engine client and the same
number in flight, before and after each batch of chats; unlike the queue it stores nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import uvloop

from bench.callbacks import TEXT
from bench.department import CHATS, JOBS, Department, department
from bench.figures import report
from bench.system import (
    CpuTime,
    System,
    cpu_seconds,
    flush_seconds,
    machine,
    memory_mib,
    running_engine,
    running_system,
)
from jobs.process.settings import EngineSettings, WorkerSettings
from worker.engine.client import EngineClient
from worker.engine.requests.request import ChatRequest

KINDS = {"chat": CHATS, "summarize": JOBS}
# A slower batch raises TimeoutError.
SLOWEST_LINES_PER_SECOND = 50
LONGEST_READING_SECONDS = 120


async def plain_loop(engine_url: str, count: int) -> float:
    """Requests per second of a plain loop over the engine client."""
    slots = WorkerSettings().concurrency
    client = EngineClient(EngineSettings(url=engine_url), slots)
    await client.start()
    numbers = iter(range(count))

    async def send() -> None:
        for number in numbers:
            message = {"role": "user", "content": TEXT.format(number=number)}
            request = {"model": client.model, "messages": [message], "max_tokens": 16}
            await client.chat(ChatRequest.of(request), (), 10)

    try:
        if not await client.wait_healthy(10):
            raise RuntimeError("the engine is not healthy")
        began = time.perf_counter()
        await asyncio.gather(*(send() for _ in range(slots)))
        return count / (time.perf_counter() - began)
    finally:
        await client.close()


async def run_batch(system: System, engine_pid: int, who: Department, kind: str, n: int) -> float:
    """Run one batch and print its times and costs; returns lines per second."""
    file_id = await who.upload(KINDS[kind], n)
    pids = {**system.pids, "engine": engine_pid}
    cpu = {name: cpu_seconds(pid) for name, pid in pids.items()}
    before, began = _now(pids), time.perf_counter()
    batch_id = await who.submit_batch(file_id, KINDS[kind])
    _, seen = await who.wait_batch(batch_id, "in_progress", seconds=LONGEST_READING_SECONDS)
    read = max(seen.values()) - began
    read_cpu, after = {name: cpu_seconds(pid) for name, pid in pids.items()}, _now(pids)
    batch, seen = await who.wait_batch(batch_id, seconds=n / SLOWEST_LINES_PER_SECOND)
    ended = max(seen.values()) - began
    others_after = _now(pids).others_since(after)
    others = _now(pids).others_since(before)
    running = {name: (cpu_seconds(pid) - read_cpu[name]) * 1000 / n for name, pid in pids.items()}
    spent = {name: (cpu_seconds(pid) - cpu[name]) * 1000 / n for name, pid in pids.items()}
    counts = batch["request_counts"]
    if batch["status"] != "completed" or counts["completed"] != n:
        raise RuntimeError(f"the batch {batch['status']} with {counts}")
    print(f"{n / ended:8.0f} lines/s: {n} {kind} lines in {ended:.1f} s, {read:.1f} s of which")
    print(f"         to read the file; other processes took {others:.0%} of the machine;")
    print("         ms of one core per line:")
    print("         " + ", ".join(f"{name} {ms:.2f}" for name, ms in spent.items()), end="")
    print(f"; total {sum(spent.values()):.2f}")
    peaks = ", ".join(f"{name} {memory_mib(pid)[1]:.0f}" for name, pid in pids.items())
    print(f"         peak memory, MiB: {peaks}", flush=True)
    ours = sum(ms for name, ms in spent.items() if name != "engine")
    report({"others": others_after, "ms a flush": flush_seconds(system.folder) * 1000})
    report({f"{kind} lines/s after reading": n / (ended - read)})
    report({f"{kind} lines/s": n / ended, f"core-ms a {kind} line": ours})
    report({f"core-ms {name}, {kind} line": ms for name, ms in spent.items()})
    report({f"core-ms {name}, {kind} line after reading": ms for name, ms in running.items()})
    return n / ended


def _now(pids: Mapping[str, int]) -> CpuTime:
    return CpuTime.now(pids.values())


@dataclass(frozen=True, slots=True)
class Parameters:
    lines: int
    kind: Sequence[str]
    workers: int
    requests: int
    latency: float
    reserved: int


async def measure(what: Parameters) -> None:
    slots = WorkerSettings().concurrency if what.latency else 0
    settings = {"CHANCERY_INTERACTIVE_PLACES": str(what.reserved)}
    with (
        running_engine(latency=what.latency, slots=slots) as (engine_url, engine_pid),
        running_system(engine_url, workers=what.workers, settings=settings) as system,
    ):
        async with department(system, "bench") as who:
            await system.wait_started()
            for kind in what.kind:
                before = await plain_loop(engine_url, what.requests) if kind == "chat" else 0.0
                rate = await run_batch(system, engine_pid, who, kind, what.lines)
                if kind == "chat":
                    after = await plain_loop(engine_url, what.requests)
                    print(f"{before:8.0f} requests/s of the plain loop before the batch,")
                    print(f"{after:8.0f} after it: the queue reaches", end=" ")
                    print(f"{2 * rate / (before + after):.0%} of that throughput")
                print(f"         {machine()}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=50_000)
    parser.add_argument("--kind", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--requests", type=int, default=6_000, help="requests of each plain loop")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds per request")
    parser.add_argument(
        "--reserved", type=int, default=8, help="slots reserved for interactive work"
    )
    options = parser.parse_args()
    uvloop.run(measure(Parameters(**vars(options))))


if __name__ == "__main__":
    main()
