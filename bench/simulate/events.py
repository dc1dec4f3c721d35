"""A discrete-event simulation of processes that share the cores of machines.

Work is a generator that yields `Use`, `Wait`, `Take` and `Give`. A process does one thing at a
time, in the order of arrival, and needs a core of its machine while it does.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from itertools import count


@dataclass(slots=True)
class Machine:
    """`cores` that its processes share; those that wait for one, in order."""

    cores: int
    waiting: deque[Process] = field(default_factory=deque)


@dataclass(slots=True)
class Process:
    """One thread of work. `busy`: seconds that it has worked."""

    machine: Machine
    queue: deque[tuple[Work, float]] = field(default_factory=deque)
    running: bool = False
    busy: float = 0.0


@dataclass(slots=True)
class Places:
    """A number of places; work waits in order while none is free."""

    free: int
    waiting: deque[Work] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Use:
    process: Process
    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Take:
    places: Places


@dataclass(frozen=True, slots=True)
class Give:
    places: Places


Step = Use | Wait | Take | Give
Work = Generator[Step, None, None]


class Simulation:
    """`now` is the simulated time in seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self._order = count()
        self._events: list[tuple[float, int, Work, Process | None]] = []

    def start(self, work: Work) -> None:
        self._at(self.now, work, None)

    def run(self, until: float) -> None:
        while self._events and self._events[0][0] <= until:
            self.now, _, work, process = heapq.heappop(self._events)
            if process is not None:
                self._end_use(process)
            self._advance(work)
        self.now = until

    def _at(self, when: float, work: Work, process: Process | None) -> None:
        heapq.heappush(self._events, (when, next(self._order), work, process))

    def _advance(self, work: Work) -> None:
        """Take the steps of `work` until one takes time or must wait."""
        for step in work:
            match step:
                case Use(process, seconds):
                    process.queue.append((work, seconds))
                    self._begin_use(process)
                    return
                case Wait(seconds):
                    self._at(self.now + seconds, work, None)
                    return
                case Take(places) if places.free:
                    places.free -= 1
                case Take(places):
                    places.waiting.append(work)
                    return
                case Give(places) if places.waiting:
                    self._at(self.now, places.waiting.popleft(), None)
                case Give(places):
                    places.free += 1

    def _begin_use(self, process: Process) -> None:
        if process.running or not process.queue:
            return
        process.running = True
        if process.machine.cores:
            self._occupy(process)
        else:
            process.machine.waiting.append(process)

    def _occupy(self, process: Process) -> None:
        process.machine.cores -= 1
        work, seconds = process.queue.popleft()
        process.busy += seconds
        self._at(self.now + seconds, work, process)

    def _end_use(self, process: Process) -> None:
        machine = process.machine
        machine.cores += 1
        process.running = False
        # To the end of the line: the kernel gives each process its turn.
        self._begin_use(process)
        if machine.waiting and machine.cores:
            self._occupy(machine.waiting.popleft())
