"""What an interactive job takes under a full bulk load, against idle.

    python -m bench.interactive [--latency 0.1 0.3] [--jobs 200] [--lines 50000] [--apart]

One engine of 64 places with so many seconds a request. Interactive jobs are submitted five times a
second, and each is waited for; a department's batch runs meanwhile, or is paused, turn about in one
run. What the worker keeps free for interactive work is as it is set (CHANCERY_INTERACTIVE_PLACES,
an eighth of its places unless said otherwise). `--apart`: with a worker for each lane.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import uvloop

from bench.department import CHATS, Department, department
from bench.samples import ratios, told
from bench.system import Busy, System, machine, running_engine, running_system
from jobs.ledger import Ledger

PLACES = 64
BLOCK = 25
EVERY_SECONDS = 0.2
LONGEST_SECONDS = 120.0
SETTLE_SECONDS = 4.0


@dataclass(slots=True)
class Bulk:
    """The bulk load, to be turned on and off."""

    ledger: Ledger
    who: Department
    batch_id: str
    lines: int = 0
    seconds: float = 0.0
    _on: tuple[float, int] = field(default=(0.0, 0))

    async def off(self) -> None:
        if self._on[0]:
            self.lines += await self._completed() - self._on[1]
            self.seconds += time.perf_counter() - self._on[0]
        await self.ledger.pauses.pause(self.who.name)
        await asyncio.sleep(SETTLE_SECONDS)

    async def on(self) -> None:
        await self.ledger.pauses.resume(self.who.name)
        await asyncio.sleep(SETTLE_SECONDS)
        self._on = time.perf_counter(), await self._completed()

    async def _completed(self) -> int:
        batch = await self.who.batch(self.batch_id)
        if batch["status"] != "in_progress":
            raise RuntimeError("the bulk load ended before the measurement: give more --lines")
        return int(batch["request_counts"]["completed"])


async def block(who: Department, jobs: int) -> list[float]:
    """Jobs at fixed times, whether or not those before have ended; seconds to the end of each."""

    async def one(number: int) -> float:
        await asyncio.sleep(number * EVERY_SECONDS)
        return (await who.run_job(number, "interactive", LONGEST_SECONDS))[1]

    return list(await asyncio.gather(*map(one, range(jobs))))


async def measured(latency: float, jobs: int, lines: int, *, apart: bool) -> None:
    with (
        running_engine(latency=latency, places=PLACES) as (engine_url, engine_pid),
        running_system(engine_url, apart=apart) as system,
    ):
        await turn_about(system, engine_pid, latency, jobs, lines)


async def turn_about(
    system: System, engine_pid: int, latency: float, jobs: int, lines: int
) -> None:
    idle: list[float] = []
    loaded: list[float] = []
    async with department(system, "counter") as counter, department(system, "archive") as archive:
        file_id = await archive.upload(CHATS, lines)
        bulk = Bulk(system.ledger(), archive, await archive.submit_batch(file_id, CHATS))
        await archive.wait_batch(bulk.batch_id, "in_progress", seconds=LONGEST_SECONDS)
        pids = [engine_pid, *system.pids.values()]
        await block(counter, BLOCK)
        before = Busy.now(pids)
        while len(loaded) < jobs:
            await bulk.off()
            idle += await block(counter, BLOCK)
            await bulk.on()
            loaded += await block(counter, BLOCK)
        await bulk.off()
        others = Busy.now(pids).others_since(before)
        await archive.cancel_batch(bulk.batch_id)
        await bulk.ledger.close()
    rate, most = bulk.lines / bulk.seconds, PLACES / latency
    print(f"{latency * 1000:.0f} ms a request; bulk {rate:.0f} lines/s of at most {most:.0f}:")
    print(f"    loaded {told(loaded)}; idle {told(idle)}: {ratios(loaded, idle)}")
    print(f"    {len(loaded)} jobs each; others took {others:.0%} of the machine; {machine()}")


async def all_measured(latencies: Sequence[float], jobs: int, lines: int, *, apart: bool) -> None:
    for latency in latencies:
        await measured(latency, jobs, lines, apart=apart)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, nargs="+", default=[0.1, 0.3])
    parser.add_argument("--jobs", type=int, default=200, help="of each kind")
    parser.add_argument("--lines", type=int, default=50_000, help="of the bulk load")
    parser.add_argument("--apart", action="store_true", help="a worker for each lane")
    options = parser.parse_args()
    uvloop.run(all_measured(options.latency, options.jobs, options.lines, apart=options.apart))


if __name__ == "__main__":
    main()
