"""The memory in Redis of a finished job: of the whole server, and of each kind of key.

    python -m bench.record_size [--jobs 300]

A department submits summaries of short texts one by one. The engine answers at once. The sums by
kind are `MEMORY USAGE` of all keys before and after. The whole server also has buffers of its
connections, which change by a hundred kilobytes.
"""

from __future__ import annotations

import argparse

import uvloop

from bench.department import department
from bench.figures import report
from bench.redis_memory import kept_memory, used_memory
from bench.system import machine, running_engine, running_system
from bench.waiting import BLOCK, Times


async def measure(jobs: int) -> None:
    with running_engine() as (engine_url, _), running_system(engine_url) as system:
        async with department(system, "day") as who:
            await Times().run(who, BLOCK)
            before, server = kept_memory(system), used_memory(system)
            await Times().run(who, jobs)
            grown = (used_memory(system) - server) / jobs
            after = kept_memory(system)
    after.subtract(before)
    print(f"bytes of a finished job, of {jobs}")
    for name, bytes_ in after.most_common():
        if abs(bytes_) >= jobs:
            print(f"    {bytes_ / jobs:7.0f}  {name}")
    print(f"    {after.total() / jobs:7.0f}  in all")
    print(f"    {grown:7.0f}  by the whole server, with its buffers")
    report({"bytes a finished job": after.total() / jobs})
    print(machine())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=300, help="jobs that are measured")
    uvloop.run(measure(parser.parse_args().jobs))


if __name__ == "__main__":
    main()
