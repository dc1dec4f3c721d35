"""A department's waiting time while another floods the system, compared with none.

    python -m bench.flood [--lines 50000] [--jobs 40] [--batches 8]

One engine with 64 slots and 200 ms per request. A department submits single bulk jobs and batches
of 64 lines, first alone, then while another department's large batch runs, which is cancelled at
the end. Both departments have the same weight.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import uvloop

from bench.callbacks import Receiver, receiver
from bench.department import CHATS, Department, department
from bench.figures import report
from bench.system import CpuTime, machine, running_engine, running_system
from bench.timings import percentile, percentiles, ratios

SLOTS, LATENCY = 64, 0.2
BATCH_LINES = 64
PAUSE_SECONDS = 1.0
LONGEST_SECONDS = 120.0
FLOWING_SECONDS = 8.0

Waits = Mapping[str, Sequence[float]]


async def waits(who: Department, here: Receiver, jobs: int, batches: int) -> Waits:
    """Seconds from submission to the end, for single bulk jobs, and to the received callback, for
    batches of 64 lines.
    """
    single, batched = [], []
    for number in range(jobs):
        single.append((await who.run_job(number, "bulk", LONGEST_SECONDS))[1])
        await asyncio.sleep(PAUSE_SECONDS)
    file_id = await who.upload(CHATS, BATCH_LINES)
    for _ in range(batches):
        received, began = len(here.received), time.perf_counter()
        batch_id = await who.submit_batch(file_id, CHATS, callback_url=here.url)
        await here.wait(received + 1, LONGEST_SECONDS)
        batched.append(time.perf_counter() - began)
        batch = await who.batch(batch_id)
        if batch["request_counts"]["completed"] != BATCH_LINES:
            raise RuntimeError(f"a batch {batch['status']} with {batch['request_counts']}")
        await asyncio.sleep(PAUSE_SECONDS)
    return {"a single bulk job": single, f"a batch of {BATCH_LINES} lines": batched}


async def measure(lines: int, jobs: int, batches: int) -> None:
    with (
        running_engine(latency=LATENCY, slots=SLOTS) as (engine_url, engine_pid),
        running_system(engine_url) as system,
    ):
        async with (
            receiver() as here,
            department(system, "calm", callback_url=here.url) as calm,
            department(system, "flood") as flood,
        ):
            pids = [engine_pid, *system.pids.values()]
            file_id = await flood.upload(CHATS, lines)
            await system.wait_started()
            await waits(calm, here, 2, 1)
            before = CpuTime.now(pids)
            alone = await waits(calm, here, jobs, batches)
            async with flooded_by(flood, file_id):
                flooded = await waits(calm, here, jobs, batches)
            others = CpuTime.now(pids).others_since(before)
    for what, seconds in flooded.items():
        ratio = percentile(seconds, 95) / percentile(alone[what], 95)
        report({f"p95 of {what}, flooded/alone": ratio})
        print(f"{what}: {percentiles(seconds)}; alone {percentiles(alone[what])}:", end=" ")
        print(ratios(seconds, alone[what]))
    print(f"other processes took {others:.0%} of the machine; {machine()}")


@asynccontextmanager
async def flooded_by(flood: Department, file_id: str) -> AsyncIterator[None]:
    """Run a large batch during the block."""
    batch_id = await flood.submit_batch(file_id, CHATS)
    await flood.wait_batch(batch_id, "in_progress", seconds=LONGEST_SECONDS)
    await asyncio.sleep(FLOWING_SECONDS)
    done, began = await completed(flood, batch_id), time.perf_counter()
    yield
    rate = (await completed(flood, batch_id) - done) / (time.perf_counter() - began)
    batch = await flood.batch(batch_id)
    if batch["status"] != "in_progress":
        raise RuntimeError("the flood ended before the measurement: use more --lines")
    await flood.cancel_batch(batch_id)
    print(f"the flood: {rate:.0f} lines/s; the engine can do {SLOTS / LATENCY:.0f}")


async def completed(who: Department, batch_id: str) -> int:
    return int((await who.batch(batch_id))["request_counts"]["completed"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=50_000, help="lines in the flood")
    parser.add_argument("--jobs", type=int, default=40)
    parser.add_argument("--batches", type=int, default=8)
    options = parser.parse_args()
    uvloop.run(measure(options.lines, options.jobs, options.batches))


if __name__ == "__main__":
    main()
