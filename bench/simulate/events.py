"""A discrete-event simulation of processes that share the cores of machines.

Work is a generator that yields `Use`, `Wait`, `Take`, `Give` and `Join`. A process does one thing
at a time, in the order of arrival, and needs a core of its machine while it does. Processes get the
cores of a machine in turns.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count


@dataclass(slots=True)
class Machine:
    """`cores` that its processes share; those that wait for one, in order."""

    cores: int
    waiting: deque[Process] = field(default_factory=deque)


@dataclass(slots=True)
class Process:
    """One thread of work. `busy`: seconds that it has worked.

    `flush`: seconds for which it waits for the disk, without a core, after it has done all that had
    arrived when it got a core. Only then the work goes on.
    """

    machine: Machine
    flush: float = 0.0
    queue: deque[tuple[Work, float]] = field(default_factory=deque)
    running: bool = False
    busy: float = 0.0

    @property
    def at_once(self) -> int:
        """How much of what has arrived it does before others go on."""
        return len(self.queue) if self.flush else 1


@dataclass(slots=True)
class Places:
    """A number of places; work waits in order while none is free."""

    free: int
    waiting: deque[Work] = field(default_factory=deque)


@dataclass(slots=True)
class Group:
    """Work that goes on together: `after_first` seconds after the first of it has arrived, and
    `apart` seconds after the last that went on.
    """

    apart: float = 0.0
    after_first: float = 0.0
    went_on: float = -math.inf
    waiting: list[Work] = field(default_factory=list)


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


@dataclass(frozen=True, slots=True)
class Join:
    group: Group


Step = Use | Wait | Take | Give | Join
Work = Generator[Step, None, None]


class Simulation:
    """`now` is the simulated time in seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self._order = count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []

    def start(self, work: Work) -> None:
        self._at(self.now, partial(self._advance, work))

    def run(self, until: float) -> None:
        while self._events and self._events[0][0] <= until:
            self.now, _, event = heapq.heappop(self._events)
            event()
        self.now = until

    def _at(self, when: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), event))

    def _advance(self, work: Work) -> None:
        """Take the steps of `work` until one takes time or must wait."""
        for step in work:
            match step:
                case Use(process, seconds):
                    process.queue.append((work, seconds))
                    if not process.running:
                        self._begin_use(process)
                    return
                case Wait(seconds):
                    self._at(self.now + seconds, partial(self._advance, work))
                    return
                case Take(places) if places.free:
                    places.free -= 1
                case Take(places):
                    places.waiting.append(work)
                    return
                case Give(places) if places.waiting:
                    self._at(self.now, partial(self._advance, places.waiting.popleft()))
                case Give(places):
                    places.free += 1
                case Join(group):
                    self._join(group, work)
                    return

    def _join(self, group: Group, work: Work) -> None:
        group.waiting.append(work)
        if len(group.waiting) == 1:
            due = max(self.now + group.after_first, group.went_on + group.apart)
            self._at(due, partial(self._go_on, group))

    def _go_on(self, group: Group) -> None:
        works, group.waiting, group.went_on = group.waiting, [], self.now
        for work in works:
            self._advance(work)

    def _begin_use(self, process: Process) -> None:
        """Use a core when it is the turn of the process."""
        process.running = True
        process.machine.waiting.append(process)
        self._occupy(process.machine)

    def _occupy(self, machine: Machine) -> None:
        while machine.cores and machine.waiting:
            machine.cores -= 1
            process = machine.waiting.popleft()
            works = [process.queue.popleft() for _ in range(process.at_once)]
            seconds = sum(each for _, each in works)
            process.busy += seconds
            done = partial(self._leave_core, process, [work for work, _ in works])
            self._at(self.now + seconds, done)

    def _leave_core(self, process: Process, works: Sequence[Work]) -> None:
        process.machine.cores += 1
        self._occupy(process.machine)
        if process.flush:
            self._at(self.now + process.flush, partial(self._end_use, process, works))
        else:
            self._end_use(process, works)

    def _end_use(self, process: Process, works: Sequence[Work]) -> None:
        process.running = False
        if process.queue:
            self._begin_use(process)
        for work in works:
            self._advance(work)
