"""The share of an engine of fixed latency that bulk work uses in steady state.

    python -m bench.ideal_share [--in-flight 64 256 1024] [--latency 1.0] [--seconds 20]

The engine takes `--latency` seconds for each request and has as many slots as the worker has
requests in flight, so it can do `in flight / latency` requests per second. The share is the part of
these that it did while a large batch ran, without the batch's first and last seconds. All slots are
for bulk work.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time

import httpx
import uvloop

from bench.department import CHATS, department
from bench.figures import report
from bench.system import CpuTime, machine, running_engine, running_system

LONGEST_SECONDS = 300.0
SETTLE_SECONDS = 5.0


async def finished(http: httpx.AsyncClient, engine_url: str) -> int:
    """Requests that the engine has finished."""
    return await _metric(http, engine_url, "request_success_total")


async def in_hand(http: httpx.AsyncClient, engine_url: str) -> int:
    """Requests that run on the engine."""
    return await _metric(http, engine_url, "num_requests_running")


async def _metric(http: httpx.AsyncClient, engine_url: str, name: str) -> int:
    metrics = (await http.get(f"{engine_url}/metrics")).text
    found = re.search(rf"^vllm:{name}\S* (\d+)", metrics, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"the engine has no metric {name}")
    return int(found[1])


async def measure(in_flight: int, latency: float, seconds: float) -> None:
    settings = {"CHANCERY_CONCURRENCY": str(in_flight), "CHANCERY_INTERACTIVE_PLACES": "0"}
    best = in_flight / latency
    with (
        running_engine(latency=latency, slots=in_flight) as (engine_url, engine_pid),
        running_system(engine_url, settings=settings) as system,
    ):
        async with department(system, "bench") as who, httpx.AsyncClient() as http:
            settle = SETTLE_SECONDS + 2 * latency
            file_id = await who.upload(CHATS, int(best * (settle + seconds) * 1.3) + in_flight)
            batch_id = await who.submit_batch(file_id, CHATS)
            await who.wait_batch(batch_id, "in_progress", seconds=LONGEST_SECONDS)
            await asyncio.sleep(settle)
            pids = [engine_pid, *system.pids.values()]
            cpu, began = CpuTime.now(pids), time.perf_counter()
            before = await finished(http, engine_url)
            await asyncio.sleep(seconds)
            done = await finished(http, engine_url) - before
            share = done / (time.perf_counter() - began) / best
            others = CpuTime.now(pids).others_since(cpu)
            if (await who.batch(batch_id))["status"] != "in_progress":
                raise RuntimeError("the batch ended before the measurement")
            await who.cancel_batch(batch_id)
    print(
        f"{in_flight:5} in flight, {latency:g} s each: {share:.1%} of {best:.0f} requests/s;",
        end=" ",
    )
    print(f"other processes took {others:.0%} of the machine; {machine()}", flush=True)
    report({f"share at {in_flight}": share, f"others at {in_flight}": others})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--in-flight", type=int, nargs="+", default=[64, 256, 1024])
    parser.add_argument("--latency", type=float, default=1.0, help="seconds per request")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the steady state")
    options = parser.parse_args()
    for in_flight in options.in_flight:
        uvloop.run(measure(in_flight, options.latency, options.seconds))


if __name__ == "__main__":
    main()
