"""The cost of waiting batch lines: Redis's memory, interactive latency, the scheduler's CPU time.

    python -m bench.waiting [--files 2 20] [--lines 50000] [--jobs 300]

Batches of a department whose window never opens wait: first 1,000 lines, then each number of files.
Another department submits interactive jobs one by one, by turns to this system and to a second one
in which nothing waits; the ratio of their times is the cost. The engine answers at once.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import uvloop

from bench.department import CHATS, Department, department
from bench.figures import report
from bench.redis_memory import kept_memory, used_memory
from bench.system import CpuTime, System, machine, memory_mib, running_engine, running_system
from bench.timings import percentile, percentiles, ratios
from jobs.windows.window import Window

MIB = 1024 * 1024
BLOCK = 25
FIRST_LINES = 1_000
SLOWEST_READING = 1_000  # lines per second; a slower one raises TimeoutError


@dataclass(slots=True)
class RunAges:
    """The age of the scheduler's last run of due work at each heartbeat, in seconds."""

    ages: list[float] = field(default_factory=list)

    async def watch(self, system: System) -> None:
        ledger = system.ledger()
        try:
            while True:
                for process in await ledger.processes.list():
                    if process.role == "scheduler" and process.detail.get("swept_at"):
                        swept = datetime.fromisoformat(process.detail["swept_at"])
                        age = (datetime.now(UTC) - swept).total_seconds()
                        self.ages.append(age - process.age_seconds)
                await asyncio.sleep(1)
        finally:
            await ledger.close()

    @asynccontextmanager
    async def watched(self, system: System) -> AsyncIterator[None]:
        watch = asyncio.create_task(self.watch(system))
        try:
            yield
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch


@dataclass(slots=True)
class Times:
    """Seconds from submission until each job was accepted, and until it ended."""

    accepted: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)

    async def run(self, who: Department, jobs: int) -> None:
        for _ in range(jobs):
            accepted, ended = await who.run_job(len(self.ended), "interactive")
            self.accepted.append(accepted)
            self.ended.append(ended)


async def fill(system: System, night: Department, files: int, lines: int) -> None:
    """Submit `files` batches of `lines` lines, and print the cost of reading them."""
    if not files:
        return
    file_id = await night.upload(CHATS, lines)
    cpu, began = system.cpu_seconds()["scheduler"], time.perf_counter()
    ids = [await night.submit_batch(file_id, CHATS) for _ in range(files)]
    for id_ in ids:
        limit = 60 + files * lines / SLOWEST_READING
        batch, _ = await night.wait_batch(id_, "in_progress", seconds=limit)
        if batch["status"] != "in_progress":
            raise RuntimeError(f"a batch {batch['status']}: {batch['errors']}")
    seconds = (time.perf_counter() - began) / files
    cpu = (system.cpu_seconds()["scheduler"] - cpu) / files
    now, peak = memory_mib(system.pids["scheduler"])
    print(f"    reading {files} files of {lines} lines: {seconds:.1f} s each,", end=" ")
    print(f"{cpu:.1f} s of one core;")
    print(f"    the scheduler uses {now:.0f} MiB, at its peak {peak:.0f}")


async def compare(
    here: Department, there: Department, jobs: int, *, lines: int, systems: tuple[System, System]
) -> None:
    """Run jobs by turns with lines waiting and with none."""
    pids = [pid for system in systems for pid in system.pids.values()]
    waiting, none, before = Times(), Times(), CpuTime.now(pids)
    while len(none.ended) < jobs:
        await waiting.run(here, BLOCK)
        await none.run(there, BLOCK)
    others = CpuTime.now(pids).others_since(before)
    for what, a, b in (
        ("accepted", waiting.accepted, none.accepted),
        ("ended   ", waiting.ended, none.ended),
    ):
        ratio = percentile(a, 50) / percentile(b, 50)
        report({f"p50 until {what.strip()}, {lines} waiting/none": ratio})
        print(f"    {what} {percentiles(a)}; none waiting {percentiles(b)}: {ratios(a, b)}")
    print(f"    {jobs} jobs each; other processes took {others:.0%} of the machine", flush=True)


async def finished_job_bytes(system: System, who: Department, jobs: int) -> None:
    """Print the memory in Redis of a finished job, whose text and result are short."""
    before = kept_memory(system)
    await Times().run(who, jobs)
    each = (kept_memory(system).total() - before.total()) / jobs
    print(f"a finished job takes {each:.0f} bytes of Redis's memory")
    report({"bytes a finished job": each})


async def scheduler_share(systems: tuple[System, System], seconds: float) -> None:
    """Print the CPU share of the scheduler and Valkey while nothing else happens."""
    before = [system.cpu_seconds() for system in systems]
    await asyncio.sleep(seconds)
    shares = [
        {name: (used - then[name]) / seconds for name, used in system.cpu_seconds().items()}
        for system, then in zip(systems, before, strict=True)
    ]
    for name in ("scheduler", "valkey"):
        print(f"    {name} at rest: {shares[0][name]:.1%} of a core,", end=" ")
        print(f"{shares[1][name]:.1%} with none waiting")


async def measure(files: Sequence[int], lines: int, jobs: int, quiet: float) -> None:
    with (
        running_engine() as (engine_url, _),
        running_system(engine_url) as full,
        running_system(engine_url) as empty,
    ):
        async with (
            department(full, "night") as night,
            department(full, "day") as here,
            department(empty, "day") as there,
        ):
            ledger = full.ledger()
            await ledger.departments.set_window("night", Window.parse("never", "UTC"))
            await ledger.close()
            await asyncio.sleep(2)  # the scheduler reads windows once a second
            for who in (here, there):
                await Times().run(who, BLOCK)
            await finished_job_bytes(empty, there, jobs)
            bare, ages, have = used_memory(full), RunAges(), 0
            print(machine())
            async with ages.watched(full):
                for number, total in [(1, FIRST_LINES), *((n, lines) for n in files)]:
                    first = total == FIRST_LINES
                    add = number if first else number - have
                    await fill(full, night, add, total)
                    have += 0 if first else add
                    waiting = FIRST_LINES + have * lines
                    await asyncio.sleep(2)
                    used = used_memory(full) - bare
                    print(
                        f"{waiting:8} lines wait: {used / MIB:.1f} MiB of Redis's memory,", end=""
                    )
                    print(f" {used / waiting:.1f} bytes per line")
                    report({f"bytes a line with {waiting} waiting": used / waiting})
                    await compare(here, there, jobs, lines=waiting, systems=(full, empty))
                    await scheduler_share((full, empty), quiet)
                    print(f"    oldest run of due work at a heartbeat: {max(ages.ages):.2f} s ago")
            print(machine())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--files", type=int, nargs="+", default=[2, 20], help="total numbers of files, ascending"
    )
    parser.add_argument("--lines", type=int, default=50_000, help="lines of each file")
    parser.add_argument("--jobs", type=int, default=300, help="jobs in each system, at each size")
    parser.add_argument(
        "--quiet-seconds", type=float, default=10.0, help="for the CPU time at rest, at each size"
    )
    options = parser.parse_args()
    uvloop.run(measure(options.files, options.lines, options.jobs, options.quiet_seconds))


if __name__ == "__main__":
    main()
