"""Chancery as processes with measured costs: what a number of engines needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from bench.simulate.events import (
    Give,
    Group,
    Join,
    Machine,
    Places,
    Process,
    Simulation,
    Take,
    Use,
    Wait,
    Work,
)
from jobs.process.settings import CallbackSettings
from worker.claim_loop import GROUP_SECONDS

ROLES = ("api", "worker", "courier", "scheduler", "valkey", "engine", "load")


@dataclass(frozen=True, slots=True)
class Plan:
    """What runs. `shared_cores`: all processes share so many cores; None gives each its own.

    An engine takes `latency` seconds for each request and has `slots` slots. Valkey waits `flush`
    seconds for the disk before it answers the requests that have arrived. Callbacks go to so many
    `receivers` in turns, which take `parallel` deliveries at a time each.
    """

    engines: int
    slots: int
    latency: float
    counts: Mapping[str, int]
    shared_cores: int | None = None
    flush: float = 0.0
    receivers: int = 1
    parallel: int = CallbackSettings().parallel


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
            role: [
                Process(shared or Machine(1), plan.flush if role == "valkey" else 0.0)
                for _ in range(plan.counts.get(role, 1))
            ]
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
    works += [release() for _ in range(8)]
    return _simulate(Simulation(), works, site, ended, plan=plan, seconds=seconds)


def run_jobs(
    plan: Plan, costs: Mapping[str, float], in_flight: int, count: int, seconds: float = 60.0
) -> float:
    """Single jobs, `count` of them submitted `in_flight` at once; returns jobs per second until the
    last callback.
    """
    path, simulation, ended = _Path(plan, costs), Simulation(), list[float]()
    left = iter(range(count))

    def after() -> Work:
        yield from path.after()
        ended.append(simulation.now)

    def submit() -> Work:
        for _ in left:
            yield from path.submit()
            simulation.start(after())

    for _ in range(in_flight):
        simulation.start(submit())
    simulation.run(seconds)
    if len(ended) < count:
        raise RuntimeError("the jobs did not end in the simulated time")
    return count / max(ended)


def run_arrivals(
    plan: Plan, costs: Mapping[str, float], rate: float, seconds: float = 20.0
) -> Outcome:
    """Single jobs that arrive at a fixed rate, whether or not earlier ones have ended."""
    path, simulation, ended = _Path(plan, costs), Simulation(), _Counter()

    def whole() -> Work:
        yield from path.submit()
        yield from path.after()
        ended.add()

    def arrive() -> Work:
        while True:
            yield Wait(1 / rate)
            simulation.start(whole())

    return _simulate(simulation, [arrive()], path.site, ended, plan=plan, seconds=seconds)


class _Path:
    """The steps of a single job through the processes.

    A receiver has at most so many deliveries at a time, from their claim until their results are
    stored. Claims and results share a step with others that come shortly after.
    """

    def __init__(self, plan: Plan, costs: Mapping[str, float]) -> None:
        self.site = Site(plan)
        self._costs, self._latency = costs, plan.latency
        self._slots = Places(plan.engines * plan.slots)
        self._receivers = cycle([Places(plan.parallel) for _ in range(plan.receivers)])
        self._claims = {id(one): Group(after_first=GROUP_SECONDS) for one in self._claiming()}
        self._settling = {id(one): Group(apart=0.0) for one in self.site.processes["courier"]}

    def _claiming(self) -> Iterator[Process]:
        for role in ("worker", "courier"):
            yield from self.site.processes[role]

    def submit(self) -> Work:
        yield self._use("load", 2)
        yield self._use("api")
        yield self._use("valkey", 5)

    def after(self) -> Work:
        """From the claim to the received callback."""
        worker = self.site.next("worker")
        yield Take(self._slots)
        yield Join(self._claims[id(worker)])
        yield self._use("valkey", 5)
        yield Use(worker, self._costs["worker"] / 2)
        yield self._use("engine")
        yield Wait(self._latency)
        yield Use(worker, self._costs["worker"] / 2)
        yield self._use("valkey", 5)
        yield Give(self._slots)
        yield self._use("scheduler")
        yield from self._deliver(self.site.next("courier"), next(self._receivers))

    def _deliver(self, courier: Process, receiver: Places) -> Work:
        yield Take(receiver)
        yield Join(self._claims[id(courier)])
        yield self._use("valkey", 5)
        yield Use(courier, self._costs["courier"] / 2)
        yield self._use("load", 2)
        yield Use(courier, self._costs["courier"] / 2)
        yield Join(self._settling[id(courier)])
        yield self._use("valkey", 5)
        yield Give(receiver)

    def _use(self, role: str, steps: int = 1) -> Use:
        """One of the `steps` that a role has in the path of a job."""
        return Use(self.site.next(role), self._costs.get(role, 0.0) / steps)


@dataclass(slots=True)
class _Counter:
    count: int = 0

    def add(self) -> None:
        self.count += 1


def _simulate(
    simulation: Simulation,
    works: Sequence[Work],
    site: Site,
    ended: _Counter,
    *,
    plan: Plan,
    seconds: float,
) -> Outcome:
    """Run, and count after the start: two latencies and a second."""
    settle = 2 * plan.latency + 1.0
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
