"""Seconds until jobs in hand go on after the worker or Redis is killed under `chancery up`.

    python -m bench.recovery [--jobs 32] [--rounds 3]

The engine takes one second for each request. When all jobs are at the engine, the process is killed
with SIGKILL. The time until the last callback, less the engine's second, is the recovery.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import time
from dataclasses import dataclass

import httpx
import uvloop

from bench.callbacks import Receiver, client, job, receiver
from bench.figures import report
from bench.ideal_share import in_hand
from bench.system import machine, running_engine
from bench.up import Up, running_up

LATENCY = 1.0
KILLED = ("worker", "valkey")
LONGEST_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Target:
    """The system and its engine, with a client and a receiver."""

    up: Up
    engine_url: str
    http: httpx.AsyncClient
    here: Receiver

    async def recover(self, name: str, jobs: int) -> float:
        """Kill a process while it has jobs in hand; returns the seconds of the recovery."""
        already = len(self.here.received)
        bodies = [job(number, self.here.url) for number in range(jobs)]
        await asyncio.gather(*(self.http.post("/v1/jobs", json=body) for body in bodies))
        await self._wait_in_hand(jobs // 2)
        os.kill(self.up.pids()[name], signal.SIGKILL)
        killed = time.perf_counter()
        await self.here.wait(already + jobs, LONGEST_SECONDS)
        return time.perf_counter() - killed - LATENCY

    async def _wait_in_hand(self, jobs: int) -> None:
        async with httpx.AsyncClient() as engine, asyncio.timeout(LONGEST_SECONDS):
            while True:
                if await in_hand(engine, self.engine_url) >= jobs:
                    return
                await asyncio.sleep(0.01)


async def measure(up: Up, engine_url: str, jobs: int, rounds: int) -> None:
    async with receiver() as here:
        api_key = await up.system.department("bench", callback_url=here.url)
        async with client(up.system.api, api_key) as http:
            target = Target(up, engine_url, http, here)
            for name in KILLED:
                seconds = []
                for _ in range(rounds):
                    seconds.append(await target.recover(name, jobs))
                    await asyncio.sleep(LATENCY)
                shown = ", ".join(f"{one:.1f}" for one in seconds)
                print(f"{name} killed with {jobs} jobs in hand: recovered after {shown} s")
                report({f"seconds after {name} killed": statistics.median(seconds)})
    print(machine())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with (
        running_engine(latency=LATENCY, slots=0) as (engine_url, _),
        running_up(engine_url) as up,
    ):
        uvloop.run(measure(up, engine_url, options.jobs, options.rounds))


if __name__ == "__main__":
    main()
