"""Chancery as processes with measured costs: what a number of engines needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from bench.simulate.events import Give, Machine, Places, Process, Simulation, Take, Use, Wait, Work

ROLES = ("api", "worker", "courier", "scheduler", "valkey", "engine", "load")


@dataclass(frozen=True, slots=True)
class Plan:
    """What runs. `shared_cores`: all processes share so many cores; None gives each its own.

    An engine takes `latency` seconds for each request and has `slots` slots.
    """

    engines: int
    slots: int
    latency: float
    counts: Mapping[str, int]
    shared_cores: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`rate`: endings per second; `use`: the part of the time that the busiest process of each role
    worked.
    """

    rate: float
    use: Mapping[str, float]


class Site:
    """The processes of a plan, each role used in turns."""

    def __init__(self, plan: Plan) -> None:
        shared = Machine(plan.shared_cores) if plan.shared_cores else None
        self.processes: dict[str, Sequence[Process]] = {
            role: [Process(shared or Machine(1)) for _ in range(plan.counts.get(role, 1))]
            for role in ROLES
        }
        self._turns: Mapping[str, Iterator[Process]] = {
            role: cycle(processes) for role, processes in self.processes.items()
        }

    def next(self, role: str) -> Process:
        return next(self._turns[role])


def run_lines(plan: Plan, costs: Mapping[str, float], seconds: float = 20.0) -> Outcome:
    """Bulk lines without end. `costs`: seconds of one core a line, by role.

    The scheduler releases lines ahead, as many as all slots; a line has its place at an engine from
    its claim until its ending is stored.
    """
    site, slots = Site(plan), plan.engines * plan.slots
    room, released, places = Places(slots), Places(0), Places(slots)
    ended = _Counter()

    def release() -> Work:
        while True:
            yield Take(room)
            yield Use(site.next("scheduler"), costs["scheduler"])
            yield Use(site.next("valkey"), costs["valkey"] / 3)
            yield Give(released)

    def run(worker: Process) -> Work:
        while True:
            yield Take(places)
            yield Take(released)
            yield Give(room)
            yield Use(site.next("valkey"), costs["valkey"] / 3)
            yield Use(worker, costs["worker"] / 2)
            yield Use(site.next("engine"), costs.get("engine", 0.0))
            yield Wait(plan.latency)
            yield Use(worker, costs["worker"] / 2)
            yield Use(site.next("valkey"), costs["valkey"] / 3)
            yield Give(places)
            ended.add()

    works = [run(site.next("worker")) for _ in range(slots)]
    return _simulate([release() for _ in range(8)] + works, site, ended, plan, seconds)


def run_jobs(
    plan: Plan, costs: Mapping[str, float], in_flight: int, count: int, seconds: float = 60.0
) -> float:
    """Single jobs, `count` of them submitted `in_flight` at once; returns jobs per second until the
    last callback.
    """
    site, simulation = Site(plan), Simulation()
    slots, ended = Places(plan.engines * plan.slots), list[float]()
    left = iter(range(count))

    def submit() -> Work:
        for _ in left:
            yield Use(site.next("load"), costs["load"] / 2)
            yield Use(site.next("api"), costs["api"])
            yield Use(site.next("valkey"), costs["valkey"] / 3)
            simulation.start(run())

    def run() -> Work:
        worker = site.next("worker")
        yield Take(slots)
        yield Use(worker, costs["worker"] / 2)
        yield Use(site.next("engine"), costs.get("engine", 0.0))
        yield Wait(plan.latency)
        yield Use(worker, costs["worker"] / 2)
        yield Use(site.next("valkey"), costs["valkey"] / 3)
        yield Give(slots)
        yield Use(site.next("scheduler"), costs["scheduler"])
        yield Use(site.next("courier"), costs["courier"])
        yield Use(site.next("load"), costs["load"] / 2)
        yield Use(site.next("valkey"), costs["valkey"] / 3)
        ended.append(simulation.now)

    for _ in range(in_flight):
        simulation.start(submit())
    simulation.run(seconds)
    if len(ended) < count:
        raise RuntimeError("the jobs did not end in the simulated time")
    return count / max(ended)


@dataclass(slots=True)
class _Counter:
    count: int = 0

    def add(self) -> None:
        self.count += 1


def _simulate(
    works: Sequence[Work], site: Site, ended: _Counter, plan: Plan, seconds: float
) -> Outcome:
    """Run, and count after the start: two latencies and a second."""
    simulation, settle = Simulation(), 2 * plan.latency + 1.0
    for work in works:
        simulation.start(work)
    simulation.run(settle)
    count, busy = ended.count, {r: [p.busy for p in ps] for r, ps in site.processes.items()}
    simulation.run(settle + seconds)
    use = {
        role: max(
            (process.busy - before) / seconds
            for process, before in zip(processes, busy[role], strict=True)
        )
        for role, processes in site.processes.items()
    }
    return Outcome((ended.count - count) / seconds, use)
