"""Resident memory of each process of `chancery up`: at rest, and during a soak.

    python -m bench.memory [--minutes 1] [--load 0.8]

The soak submits single jobs at a part of the rate that the system reached before. Growth is the
mean of the last quarter of the samples less that of the second quarter: the first quarter fills
caches.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence

import httpx
import uvloop

from bench.callbacks import Receiver, client, receiver, run_jobs
from bench.figures import report
from bench.latency import at_rate
from bench.system import machine, memory_mib, running_engine
from bench.up import Up, running_up

REST_SECONDS = 8.0
SAMPLE_SECONDS = 2.0
BURST_JOBS = 600
IN_FLIGHT = 32


def resident(up: Up) -> Mapping[str, float]:
    """MiB by process."""
    return {name: memory_mib(pid)[0] for name, pid in up.pids().items()}


async def soak(
    up: Up, http: httpx.AsyncClient, here: Receiver, rate: float, seconds: float
) -> Sequence[Mapping[str, float]]:
    """Submit jobs at `rate`, and sample the memory meanwhile."""
    already, samples = len(here.received), []
    load = asyncio.create_task(at_rate(http, here, rate, int(rate * seconds)))
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        await asyncio.sleep(SAMPLE_SECONDS)
        samples.append(resident(up))
    await here.wait(already + len(await load))
    return samples


def growth(samples: Sequence[Mapping[str, float]], name: str) -> float:
    """MiB from the second to the last quarter."""
    quarter = max(1, len(samples) // 4)
    values = [sample[name] for sample in samples if name in sample]
    return statistics.mean(values[-quarter:]) - statistics.mean(values[quarter : 2 * quarter])


async def measure(up: Up, minutes: float, load: float) -> None:
    await asyncio.sleep(REST_SECONDS)
    rest = resident(up)
    async with receiver() as here:
        api_key = await up.system.department("bench", callback_url=here.url)
        async with client(up.system.api, api_key, IN_FLIGHT) as http:
            burst = await run_jobs(
                [http], "/v1/jobs", here, dict, count=BURST_JOBS, in_flight=IN_FLIGHT
            )
            rate = burst.jobs * load
            samples = await soak(up, http, here, rate, minutes * 60)
    grown = {name: growth(samples, name) for name in rest}
    print(f"soak of {minutes:g} minutes at {rate:.0f} jobs/s; MiB at rest, at the end, growth:")
    for name, mib in rest.items():
        print(f"    {name:12} {mib:6.0f} {samples[-1].get(name, 0):6.0f} {grown[name]:+6.1f}")
    print(machine())
    report({f"MiB at rest, {name}": mib for name, mib in rest.items()})
    report({f"MiB grown in the soak, {name}": mib for name, mib in grown.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--load", type=float, default=0.8, help="of the rate reached before")
    options = parser.parse_args()
    with running_engine() as (engine_url, _), running_up(engine_url) as up:
        uvloop.run(measure(up, options.minutes, options.load))


if __name__ == "__main__":
    main()
