"""Jobs per second, from submission over HTTP to the received callback.

    python -m bench.jobs [--count 1000] [--in-flight 32] [--workers 1] [--api-processes 1]

The whole system and the load run on this machine against an engine that answers at once, so the
result is the cost of the path itself: in total, and in CPU time of each process.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial

from bench.callbacks import client, receiver, run_jobs
from bench.figures import report
from bench.system import (
    CpuTime,
    System,
    cpu_seconds,
    flush_seconds,
    running_engine,
    running_system,
)

WARM_UP = 50


async def measure(system: System, engine_pid: int, count: int, in_flight: int) -> None:
    def spent_so_far() -> Mapping[str, float]:
        return {**system.cpu_seconds(), "engine": cpu_seconds(engine_pid)}

    async with receiver() as here:
        api_key = await system.department("bench", callback_url=here.url)
        async with AsyncExitStack() as stack:
            https = [
                await stack.enter_async_context(client(api, api_key, in_flight))
                for api in system.apis
            ]
            run = partial(run_jobs, https, "/v1/jobs", here, spent_so_far)
            await system.wait_started()
            await run(count=WARM_UP, in_flight=in_flight)
            load = time.process_time()
            before = CpuTime.now([engine_pid, *system.pids.values()])
            rates = await run(count=count, in_flight=in_flight)
            load = time.process_time() - load
            others = CpuTime.now([engine_pid, *system.pids.values()]).others_since(before)
    spent = {name: seconds * 1000 / count for name, seconds in rates.cpu.items()}
    print(f"{rates.submissions:8.0f} submissions/s while jobs run, {in_flight} in flight")
    print(f"{rates.jobs:8.0f} jobs/s from the first submission to the last callback")
    print("         ms of one core per job: " + ", ".join(f"{k} {v:.1f}" for k, v in spent.items()))
    print(f"         other processes took {others:.0%} of the machine")
    report({"others": others, "ms a flush": flush_seconds(system.folder) * 1000})
    ours = sum(ms for name, ms in spent.items() if name != "engine")
    report(
        {
            "jobs/s": rates.jobs,
            "core-ms a job": ours,
            **{f"core-ms {name}": value for name, value in spent.items()},
            "core-ms of the load": load * 1000 / count,
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--couriers", type=int, default=1)
    parser.add_argument("--api-processes", type=int, default=1)
    arguments = parser.parse_args()
    with (
        running_engine() as (engine_url, engine_pid),
        running_system(
            engine_url,
            workers=arguments.workers,
            couriers=arguments.couriers,
            api_processes=arguments.api_processes,
        ) as system,
    ):
        asyncio.run(measure(system, engine_pid, arguments.count, arguments.in_flight))


if __name__ == "__main__":
    main()
