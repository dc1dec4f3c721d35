"""What 1, 10 and 100 engines need of Chancery's processes, from measured costs.

    python -m bench.simulate [--rate 20] [--slots 256] [--engines 1 10 100]

Reads the costs from the results of `python -m bench jobs batches`. First it simulates the measured
points (this machine's cores, as far as other processes left them, and one engine) and prints both.
Then it simulates work elsewhere, bulk lines and single jobs: engines that do `--rate` requests a
second with `--slots` in flight, a core for each process, and as many workers, couriers and api
processes as keep each below 70 % of its core. A role that cannot be multiplied and is above that is
the bottleneck.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.figures import report
from bench.measured import Results
from bench.simulate.system import ROLES, Plan, run_arrivals, run_jobs, run_lines

HIGHEST_USE = 0.7
# One of each works at a time.
SINGLE = ("scheduler", "valkey")
WORKER_SLOTS = 64
JOBS, IN_FLIGHT = 1_500, 32
# What is measured with two processes of a role.
POINTS: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "jobs": ("1 of each", {}),
    "jobs_twice": ("2 of each", {"worker": 2, "courier": 2, "api": 2}),
    "jobs_two_apis": ("2 apis", {"api": 2}),
    "jobs_two_workers": ("2 workers", {"worker": 2}),
    "jobs_two_couriers": ("2 couriers", {"courier": 2}),
}
CHANGE = {
    "valkey": "a group of departments gets an installation of its own, with its engines",
    "scheduler": "a group of departments gets an installation of its own, with its engines",
}

Costs = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Need:
    """What work at `wanted` requests per second needs. `counts`: processes by role; `use`: the part
    of its core that the busiest process of a role uses.
    """

    wanted: float
    reached: float
    counts: Mapping[str, int]
    use: Mapping[str, float]

    @property
    def bottlenecks(self) -> Sequence[str]:
        return [role for role in SINGLE if self.use.get(role, 0.0) > HIGHEST_USE]

    def text(self) -> str:
        counts = ", ".join(f"{number} {role}" for role, number in self.counts.items())
        use = ", ".join(f"{role} {self.use[role]:.0%}" for role in (*self.counts, *SINGLE))
        shown = f"{counts} reach {self.reached / self.wanted:.1%} of {self.wanted:.0f}/s ({use})"
        for role in self.bottlenecks:
            shown += f"\n        the bottleneck is {role}: {CHANGE[role]}"
        return shown


def costs_of(results: Results, measurement: str, pattern: str) -> Costs:
    """Seconds of one core by role: the medians of the rounds. `pattern` has `{role}`."""
    found = {}
    for role in ("api", "worker", "courier", "scheduler", "valkey", "engine"):
        values = results.values(measurement, pattern.format(role=role))
        found[role] = statistics.median(values) / 1000 if values else 0.0
    if not any(found.values()):
        sys.exit(f"no costs are stored: run python -m bench {measurement} first")
    return found


def job_costs(results: Results) -> Costs:
    load = results.values("jobs", "core-ms of the load")
    found = costs_of(results, "jobs", "core-ms {role}")
    return {**found, "load": statistics.median(load) / 1000}


def check(name: str, simulated: float, measured: float) -> None:
    print(f"{name}: simulated {simulated:.3g}, measured {measured:.3g}:", end=" ")
    print(f"{simulated / measured:.2f}x")
    report({f"simulated/measured, {name}": simulated / measured})


def median_of(results: Results, measurement: str, figure: str) -> float:
    """The median of the rounds; 0 if none has the figure."""
    return statistics.median(results.values(measurement, figure) or [0.0])


def beside(costs: Costs, others: float) -> Costs:
    """The costs on a machine of which other processes take the part `others`: what is left of its
    cores does as much in a second as all of them in a part of it.
    """
    return {role: seconds / (1 - others) for role, seconds in costs.items()}


def check_measured(results: Results, line: Costs, job: Costs) -> None:
    """Simulate what was measured on this machine, beside the other processes that ran then."""
    cores = os.cpu_count() or 1

    def plan(name: str, slots: int, counts: Mapping[str, int], latency: float = 0.0) -> Plan:
        flush = median_of(results, name, "ms a flush") / 1000
        return Plan(1, slots, latency, counts, cores, flush)

    for name, number in (("batches", 1), ("batches_twice", 2)):
        if measured := results.values(name, "chat lines/s after reading"):
            costs = beside(line, median_of(results, name, "others"))
            rate = run_lines(plan(name, number * WORKER_SLOTS, {"worker": number}), costs).rate
            what = "lines/s" if number == 1 else "lines/s with 2 workers"
            check(what, rate, statistics.median(measured))
    for name, (what, counts) in POINTS.items():
        if measured := results.values(name, "jobs/s"):
            costs = beside(job, median_of(results, name, "others"))
            slots = counts.get("worker", 1) * WORKER_SLOTS
            rate = run_jobs(plan(name, slots, counts), costs, IN_FLIGHT, JOBS)
            check(f"jobs/s with {what}", rate, statistics.median(measured))
    for slots in (64, 256, 1024):
        if measured := results.values("ideal_share", f"share at {slots}"):
            costs = beside(line, median_of(results, "ideal_share", f"others at {slots}"))
            outcome = run_lines(plan("batches", slots, {}, latency=1.0), costs)
            check(f"ideal share at {slots}", outcome.rate / slots, statistics.median(measured))


def counts_for(wanted: float, costs: Costs, roles: Sequence[str]) -> Mapping[str, int]:
    """Processes of each role, so that each is below `HIGHEST_USE`."""
    return {role: max(1, math.ceil(wanted * costs[role] / HIGHEST_USE)) for role in roles}


def need_of_lines(engines: int, rate: float, slots: int, line: Costs, flush: float = 0.0) -> Need:
    wanted = engines * rate
    counts = counts_for(wanted, line, ("worker",))
    plan = Plan(engines, slots, slots / rate, counts, flush=flush)
    outcome = run_lines(plan, {**line, "engine": 0.0}, seconds=3 * slots / rate)
    return Need(wanted, outcome.rate, counts, outcome.use)


def need_of_jobs(engines: int, rate: float, slots: int, job: Costs, flush: float = 0.0) -> Need:
    """Single jobs that arrive at the rate that the engines can do, with a receiver of callbacks for
    each engine.
    """
    wanted = engines * rate
    counts = counts_for(wanted, job, ("api", "worker", "courier"))
    plan = Plan(engines, slots, slots / rate, counts, flush=flush, receivers=engines)
    outcome = run_arrivals(plan, {**job, "engine": 0.0, "load": 0.0}, wanted)
    return Need(wanted, outcome.rate, counts, outcome.use)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20.0, help="requests/s of an engine")
    parser.add_argument("--slots", type=int, default=256, help="requests in flight of an engine")
    parser.add_argument("--engines", type=int, nargs="+", default=[1, 10, 100])
    options = parser.parse_args()
    results = Results.read()
    line = costs_of(results, "batches", "core-ms {role}, chat line after reading")
    job = job_costs(results)
    check_measured(results, line, job)
    flush = median_of(results, "jobs", "ms a flush") / 1000
    print(f"engines of {options.rate:g} requests/s with {options.slots} in flight:")
    for engines in options.engines:
        for what, need in (
            ("lines", need_of_lines(engines, options.rate, options.slots, line, flush)),
            ("single jobs", need_of_jobs(engines, options.rate, options.slots, job, flush)),
        ):
            print(f"    {engines:3} engines, {what}: {need.text()}", flush=True)
            report({f"share of {engines} engines, {what}": need.reached / need.wanted})
            for role, count in need.counts.items():
                report({f"{role}s of {engines} engines, {what}": count})
    for what, costs in (("lines/s", line), ("single jobs/s", job)):
        most = {role: HIGHEST_USE / costs[role] for role in ROLES if costs.get(role)}
        shown = ", ".join(f"{role} {rate:.0f}" for role, rate in most.items())
        print(f"{what} of one process at {HIGHEST_USE:.0%} of a core: {shown}")


if __name__ == "__main__":
    main()
