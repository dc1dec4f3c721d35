"""A department's interactive job while another has 600 interactive jobs waiting, and alone.

    python -m bench.turns [--waiting 600] [--rounds 10]

An engine with 64 slots and 200 ms per request. In each round the department runs one job alone, and
one right after the other department has submitted its jobs; then both wait until none is left.
"""

from __future__ import annotations

import argparse

import uvloop

from bench.department import Department, department
from bench.figures import report
from bench.system import CpuTime, machine, running_engine, running_system
from bench.timings import percentile, percentiles, ratios

SLOTS, LATENCY = 64, 0.2
LONGEST_SECONDS = 300.0
SUBMITTING = 32


async def measure(waiting: int, rounds: int) -> None:
    with (
        running_engine(latency=LATENCY, slots=SLOTS) as (engine_url, engine_pid),
        running_system(engine_url) as system,
    ):
        pids = [engine_pid, *system.pids.values()]
        async with department(system, "calm") as calm, department(system, "crowd") as crowd:
            await run_all(crowd, SLOTS)
            before, alone, beside = CpuTime.now(pids), list[float](), list[float]()
            for number in range(rounds):
                alone.append((await calm.run_job(number, "interactive", LONGEST_SECONDS))[1])
                ids = await crowd.submit_jobs(waiting, "interactive", SUBMITTING)
                beside.append((await calm.run_job(number, "interactive", LONGEST_SECONDS))[1])
                await crowd.wait_jobs(ids, LONGEST_SECONDS)
            others = CpuTime.now(pids).others_since(before)
    print(
        f"beside {waiting} waiting jobs {percentiles(beside)}; alone {percentiles(alone)}:", end=" "
    )
    print(ratios(beside, alone))
    print(f"other processes took {others:.0%} of the machine; {machine()}")
    report({f"p50 beside {waiting}/alone": percentile(beside, 50) / percentile(alone, 50)})


async def run_all(who: Department, count: int) -> None:
    await who.wait_jobs(await who.submit_jobs(count, "interactive", SUBMITTING), LONGEST_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=600, help="jobs of the other department")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    uvloop.run(measure(options.waiting, options.rounds))


if __name__ == "__main__":
    main()
