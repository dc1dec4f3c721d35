"""The memory in Redis of a finished job: of the whole server, and of each kind of key.

    python -m bench.record_size [--jobs 300]

A department submits summaries of short texts one by one. The engine answers at once. The sums by
kind are `MEMORY USAGE` of all keys before and after. The whole server also has tables of its keys,
which double now and then, and buffers.
"""

from __future__ import annotations

import argparse
from collections import Counter

import uvloop
from redis import Redis

from bench.department import department
from bench.figures import report
from bench.system import System, machine, running_engine, running_system
from bench.waiting import BLOCK, Times, used_memory


def kind(key: bytes) -> str:
    """The key without the ids and numbers in it."""
    return ":".join(
        "ID" if "_" in part or part.isdecimal() else part for part in key.decode().split(":")[1:]
    )


def sums(system: System) -> Counter[str]:
    """The bytes of all keys of the ledger, by kind."""
    found: Counter[str] = Counter()
    with Redis.from_url(system.redis_url) as redis:
        for key in redis.scan_iter("chancery:*", count=1000):
            found[kind(key)] += redis.memory_usage(key, samples=0) or 0
    return found


async def measure(jobs: int) -> None:
    with running_engine() as (engine_url, _), running_system(engine_url) as system:
        async with department(system, "day") as who:
            await Times().run(who, BLOCK)
            before, server = sums(system), await used_memory(system)
            await Times().run(who, jobs)
            grown = (await used_memory(system) - server) / jobs
            after = sums(system)
    after.subtract(before)
    print(f"bytes of a finished job, of {jobs}")
    for name, bytes_ in after.most_common():
        if abs(bytes_) >= jobs:
            print(f"    {bytes_ / jobs:7.0f}  {name}")
    print(f"    {after.total() / jobs:7.0f}  all keys")
    print(f"    {grown:7.0f}  the whole server")
    report({"bytes a finished job": grown})
    print(machine())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=300, help="jobs that are measured")
    uvloop.run(measure(parser.parse_args().jobs))


if __name__ == "__main__":
    main()
