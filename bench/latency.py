"""Latency of single jobs on an idle system, and of submissions at a fixed rate.

    python -m bench.latency [--jobs 300] [--rate 50] [--seconds 20]

First one job after the other, from submission over HTTP to the received callback. Then submissions
at a fixed rate, whether or not earlier ones were answered: the time until each is answered. The
engine answers at once.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Sequence

import httpx
import uvloop

from bench.callbacks import Receiver, client, job, receiver
from bench.figures import report
from bench.system import CpuTime, System, machine, running_engine, running_system
from bench.timings import percentile

WARM_UP = 30


async def one_by_one(http: httpx.AsyncClient, here: Receiver, count: int) -> Sequence[float]:
    """Seconds from the submission of each job to its callback."""
    seconds = []
    for number in range(count):
        already, began = len(here.received), time.perf_counter()
        (await http.post("/v1/jobs", json=job(number, here.url))).raise_for_status()
        await here.wait(already + 1)
        seconds.append(time.perf_counter() - began)
    return seconds


_REFUSED = (httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS)


async def at_rate(
    http: httpx.AsyncClient,
    here: Receiver,
    rate: float,
    count: int,
    refused: Counter[str] | None = None,
) -> Sequence[float]:
    """Seconds from the moment each submission was due until it was accepted.

    With `refused`, submissions that the system cannot accept now (503) or that exceed a quota (429)
    are counted there by their problem type, those without an answer as `timeout`, and none is
    repeated; without, each is an error.
    """
    began, seconds = time.perf_counter(), list[float]()

    async def submit(number: int, due: float) -> None:
        try:
            answer = await http.post("/v1/jobs", json=job(number, here.url))
        except httpx.TimeoutException:
            if refused is None:
                raise
            refused["timeout"] += 1
            return
        if answer.status_code in _REFUSED and refused is not None:
            refused[str(answer.json()["type"])] += 1
            return
        answer.raise_for_status()
        seconds.append(time.perf_counter() - due)

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            due = began + number / rate
            await asyncio.sleep(due - time.perf_counter())
            group.create_task(submit(number, due))
    return seconds


async def measure(system: System, jobs: int, rate: float, seconds: float) -> None:
    async with receiver() as here:
        api_key = await system.department("bench", callback_url=here.url)
        async with client(system.api, api_key) as http:
            await one_by_one(http, here, WARM_UP)
            before = CpuTime.now(system.pids.values())
            idle = await one_by_one(http, here, jobs)
            already = len(here.received)
            answered = await at_rate(http, here, rate, int(rate * seconds))
            await here.wait(already + len(answered))
            others = CpuTime.now(system.pids.values()).others_since(before)
    figures = {
        "idle p50 ms": percentile(idle, 50) * 1000,
        "idle p99 ms": percentile(idle, 99) * 1000,
        f"submission at {rate:g}/s p50 ms": percentile(answered, 50) * 1000,
        f"submission at {rate:g}/s p99 ms": percentile(answered, 99) * 1000,
    }
    for name, value in figures.items():
        print(f"{name}: {value:.1f}")
    print(f"other processes took {others:.0%} of the machine; {machine()}")
    report(figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--rate", type=float, default=50.0, help="submissions per second")
    parser.add_argument("--seconds", type=float, default=20.0, help="of submissions at that rate")
    options = parser.parse_args()
    with running_engine() as (engine_url, _), running_system(engine_url) as system:
        uvloop.run(measure(system, options.jobs, options.rate, options.seconds))


if __name__ == "__main__":
    main()
