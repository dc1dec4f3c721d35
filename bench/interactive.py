"""Latency of interactive jobs under a full bulk load, compared with an idle system.

    python -m bench.interactive [--latency 0.1 0.3] [--jobs 200] [--lines 50000] [--worker-per-lane]

One engine with 64 slots and `--latency` seconds per request. Five interactive jobs are submitted
each second while another department's batch alternately runs and is paused. The worker reserves
CHANCERY_INTERACTIVE_PLACES slots for interactive work (default: an eighth of its slots).
`--worker-per-lane` runs one worker for each lane.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import uvloop

from bench.department import CHATS, Department, department
from bench.figures import report
from bench.system import CpuTime, System, machine, running_engine, running_system
from bench.timings import percentile, percentiles, ratios
from jobs.ledger import Ledger

SLOTS = 64
BLOCK = 25
EVERY_SECONDS = 0.2
LONGEST_SECONDS = 120.0
SETTLE_SECONDS = 4.0


@dataclass(slots=True)
class Bulk:
    """The bulk load: pauses and resumes it, and counts the lines done while it ran."""

    ledger: Ledger
    who: Department
    batch_id: str
    lines: int = 0
    seconds: float = 0.0
    _resumed: tuple[float, int] = field(default=(0.0, 0))

    async def pause(self) -> None:
        if self._resumed[0]:
            self.lines += await self._completed() - self._resumed[1]
            self.seconds += time.perf_counter() - self._resumed[0]
        await self.ledger.pauses.pause(self.who.name)
        await asyncio.sleep(SETTLE_SECONDS)

    async def resume(self) -> None:
        await self.ledger.pauses.resume(self.who.name)
        await asyncio.sleep(SETTLE_SECONDS)
        self._resumed = time.perf_counter(), await self._completed()

    async def _completed(self) -> int:
        batch = await self.who.batch(self.batch_id)
        if batch["status"] != "in_progress":
            raise RuntimeError("the bulk load ended before the measurement: use more --lines")
        return int(batch["request_counts"]["completed"])


async def block(who: Department, jobs: int) -> list[float]:
    """Submit jobs at a fixed rate, whether or not earlier ones have ended; seconds of each."""

    async def run_job(number: int) -> float:
        await asyncio.sleep(number * EVERY_SECONDS)
        return (await who.run_job(number, "interactive", LONGEST_SECONDS))[1]

    return list(await asyncio.gather(*map(run_job, range(jobs))))


async def measure(latency: float, jobs: int, lines: int, *, worker_per_lane: bool) -> None:
    with (
        running_engine(latency=latency, slots=SLOTS) as (engine_url, engine_pid),
        running_system(engine_url, worker_per_lane=worker_per_lane) as system,
    ):
        await alternate(system, engine_pid, latency, jobs, lines)


async def alternate(system: System, engine_pid: int, latency: float, jobs: int, lines: int) -> None:
    idle: list[float] = []
    loaded: list[float] = []
    async with department(system, "counter") as counter, department(system, "archive") as archive:
        file_id = await archive.upload(CHATS, lines)
        bulk = Bulk(system.ledger(), archive, await archive.submit_batch(file_id, CHATS))
        await archive.wait_batch(bulk.batch_id, "in_progress", seconds=LONGEST_SECONDS)
        pids = [engine_pid, *system.pids.values()]
        await block(counter, BLOCK)
        before = CpuTime.now(pids)
        while len(loaded) < jobs:
            await bulk.pause()
            idle += await block(counter, BLOCK)
            await bulk.resume()
            loaded += await block(counter, BLOCK)
        await bulk.pause()
        others = CpuTime.now(pids).others_since(before)
        await archive.cancel_batch(bulk.batch_id)
        await bulk.ledger.close()
    ratio = percentile(loaded, 95) / percentile(idle, 95)
    report({f"p95 loaded/idle at {latency * 1000:.0f} ms": ratio})
    rate, most = bulk.lines / bulk.seconds, SLOTS / latency
    print(f"{latency * 1000:.0f} ms per request; bulk {rate:.0f} lines/s of at most {most:.0f}:")
    print(f"    loaded {percentiles(loaded)}; idle {percentiles(idle)}: {ratios(loaded, idle)}")
    print(
        f"    {len(loaded)} jobs each; other processes took {others:.0%} of the machine;", end=" "
    )
    print(machine())


async def measure_all(
    latencies: Sequence[float], jobs: int, lines: int, *, worker_per_lane: bool
) -> None:
    for latency in latencies:
        await measure(latency, jobs, lines, worker_per_lane=worker_per_lane)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, nargs="+", default=[0.1, 0.3])
    parser.add_argument("--jobs", type=int, default=200, help="jobs of each kind")
    parser.add_argument("--lines", type=int, default=50_000, help="lines in the bulk load")
    parser.add_argument("--worker-per-lane", action="store_true", help="a worker for each lane")
    options = parser.parse_args()
    uvloop.run(
        measure_all(
            options.latency, options.jobs, options.lines, worker_per_lane=options.worker_per_lane
        )
    )


if __name__ == "__main__":
    main()
