"""What 1, 10 and 100 engines need of Chancery's processes, from measured costs.

    python -m bench.simulate [--rate 20] [--slots 256] [--engines 1 10 100]

Reads the costs from the results of `python -m bench jobs batches`. First it simulates the measured
points (this machine's cores, one engine) and prints both. Then it simulates bulk work elsewhere: an
engine that does `--rate` requests a second with `--slots` in flight, a core for each process, and
as many workers as keep each below 70 % of its core. A role that cannot be multiplied and is above
that is the bottleneck.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
from collections.abc import Mapping

from bench.figures import report
from bench.results import Results
from bench.simulate.system import ROLES, Plan, run_jobs, run_lines

HIGHEST_USE = 0.7
# One of each works at a time.
SINGLE = ("scheduler", "valkey")
WORKER_SLOTS = 64
JOBS, IN_FLIGHT = 1_500, 32


def costs_of(results: Results, measurement: str, pattern: str) -> Mapping[str, float]:
    """Seconds of one core by role: the medians of the rounds. `pattern` has `{role}`."""
    found = {}
    for role in ("api", "worker", "courier", "scheduler", "valkey", "engine"):
        values = results.values(measurement, pattern.format(role=role))
        found[role] = statistics.median(values) / 1000 if values else 0.0
    if not any(found.values()):
        sys.exit(f"no costs are stored: run python -m bench {measurement} first")
    return found


def check(name: str, simulated: float, measured: float) -> None:
    print(
        f"{name}: simulated {simulated:.3g}, measured {measured:.3g}: {simulated / measured:.2f}x"
    )
    report({f"simulated/measured, {name}": simulated / measured})


def check_measured(results: Results, line: Mapping[str, float], job: Mapping[str, float]) -> None:
    """Simulate what was measured on this machine."""
    cores = os.cpu_count() or 1
    instant = Plan(1, WORKER_SLOTS, 0.0, {}, cores)
    if measured := results.values("batches", "chat lines/s"):
        check("lines/s", run_lines(instant, line).rate, statistics.median(measured))
    for name, number in (("jobs", 1), ("jobs_twice", 2)):
        if measured := results.values(name, "jobs/s"):
            counts = {"worker": number, "courier": number, "api": number}
            plan = Plan(1, number * WORKER_SLOTS, 0.0, counts, cores)
            rate = run_jobs(plan, job, IN_FLIGHT, JOBS)
            check(f"jobs/s with {number} of each", rate, statistics.median(measured))
    for slots in (64, 256, 1024):
        if measured := results.values("ideal_share", f"share at {slots}"):
            outcome = run_lines(Plan(1, slots, 1.0, {}, cores), line)
            check(f"ideal share at {slots}", outcome.rate / slots, statistics.median(measured))


def needs(engines: int, rate: float, slots: int, line: Mapping[str, float]) -> None:
    """Print what bulk work on `engines` engines needs, and what it reaches."""
    wanted = engines * rate
    workers = max(1, math.ceil(wanted * line["worker"] / HIGHEST_USE))
    plan = Plan(engines, slots, slots / rate, {"worker": workers})
    outcome = run_lines(plan, line, seconds=3 * slots / rate)
    print(f"{engines} engines, {wanted:.0f} requests/s: {workers} workers reach", end=" ")
    print(f"{outcome.rate / wanted:.1%};", end=" ")
    print(", ".join(f"{role} {outcome.use[role]:.0%}" for role in ("worker", *SINGLE)), end="")
    above = [role for role in SINGLE if wanted * line[role] > HIGHEST_USE]
    print(f"; bottleneck: {', '.join(above)}" if above else "")
    report({f"share of {engines} engines": outcome.rate / wanted, f"workers, {engines}": workers})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20.0, help="requests/s of an engine")
    parser.add_argument("--slots", type=int, default=256, help="requests in flight of an engine")
    parser.add_argument("--engines", type=int, nargs="+", default=[1, 10, 100])
    options = parser.parse_args()
    results = Results.stored()
    line = costs_of(results, "batches", "core-ms {role}, chat line")
    load = results.values("jobs", "core-ms of the load")
    job = {
        **costs_of(results, "jobs", "core-ms {role}"),
        "load": statistics.median(load) / 1000,
    }
    check_measured(results, line, job)
    for engines in options.engines:
        needs(engines, options.rate, options.slots, {**line, "engine": 0.0})
    for what, costs in (("lines/s", line), ("single jobs/s", job)):
        most = {role: HIGHEST_USE / costs[role] for role in ROLES if costs.get(role)}
        shown = ", ".join(f"{role} {rate:.0f}" for role, rate in most.items())
        print(f"{what} of one process at {HIGHEST_USE:.0%} of a core: {shown}")


if __name__ == "__main__":
    main()
