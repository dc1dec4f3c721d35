"""What a department waits while another floods the system, against alone.

    python -m bench.flood [--lines 50000] [--jobs 40] [--batches 8]

One engine of 64 places and 200 ms a request. A department submits single bulk jobs, now and then,
and batches of 64 lines, first alone and then while another department's batch is worked on, which
is cancelled at the end. Both departments have the same weight.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import uvloop

from bench.department import CHATS, Department, department
from bench.samples import ratios, told
from bench.system import Busy, machine, running_engine, running_system

PLACES, LATENCY = 64, 0.2
BATCH_LINES = 64
PAUSE_SECONDS = 1.0
LONGEST_SECONDS = 120.0
FLOWING_SECONDS = 8.0

Waits = Mapping[str, Sequence[float]]


async def waits(who: Department, jobs: int, batches: int) -> Waits:
    """Seconds to the end of single bulk jobs, and of batches of 64 lines."""
    single, batched = [], []
    for number in range(jobs):
        single.append((await who.run_job(number, "bulk", LONGEST_SECONDS))[1])
        await asyncio.sleep(PAUSE_SECONDS)
    file_id = await who.upload(CHATS, BATCH_LINES)
    for _ in range(batches):
        began = time.perf_counter()
        batch_id = await who.submit_batch(file_id, CHATS)
        batch, seen = await who.wait_batch(batch_id, seconds=LONGEST_SECONDS)
        if batch["request_counts"]["completed"] != BATCH_LINES:
            raise RuntimeError(f"a batch {batch['status']} with {batch['request_counts']}")
        batched.append(max(seen.values()) - began)
        await asyncio.sleep(PAUSE_SECONDS)
    return {"a single bulk job": single, f"a batch of {BATCH_LINES} lines": batched}


async def measured(lines: int, jobs: int, batches: int) -> None:
    with (
        running_engine(latency=LATENCY, places=PLACES) as (engine_url, engine_pid),
        running_system(engine_url) as system,
    ):
        async with department(system, "calm") as calm, department(system, "flood") as flood:
            pids = [engine_pid, *system.pids.values()]
            file_id = await flood.upload(CHATS, lines)
            await waits(calm, 2, 1)
            before = Busy.now(pids)
            alone = await waits(calm, jobs, batches)
            async with flooded_by(flood, file_id):
                flooded = await waits(calm, jobs, batches)
            others = Busy.now(pids).others_since(before)
    for what, seconds in flooded.items():
        print(f"{what}: {told(seconds)}; alone {told(alone[what])}: {ratios(seconds, alone[what])}")
    print(f"others took {others:.0%} of the machine meanwhile; {machine()}")


@asynccontextmanager
async def flooded_by(flood: Department, file_id: str) -> AsyncIterator[None]:
    """A large batch is worked on for the length of the block."""
    batch_id = await flood.submit_batch(file_id, CHATS)
    await flood.wait_batch(batch_id, "in_progress", seconds=LONGEST_SECONDS)
    await asyncio.sleep(FLOWING_SECONDS)
    done, began = await completed(flood, batch_id), time.perf_counter()
    yield
    rate = (await completed(flood, batch_id) - done) / (time.perf_counter() - began)
    batch = await flood.batch(batch_id)
    if batch["status"] != "in_progress":
        raise RuntimeError("the flood ended before the measurement: give it more --lines")
    await flood.cancel_batch(batch_id)
    print(f"the flood: {rate:.0f} lines/s of at most {PLACES / LATENCY:.0f} on the engine")


async def completed(who: Department, batch_id: str) -> int:
    return int((await who.batch(batch_id))["request_counts"]["completed"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=50_000, help="of the flood")
    parser.add_argument("--jobs", type=int, default=40)
    parser.add_argument("--batches", type=int, default=8)
    options = parser.parse_args()
    uvloop.run(measured(options.lines, options.jobs, options.batches))


if __name__ == "__main__":
    main()
