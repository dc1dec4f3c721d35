"""Divides the time in which an engine is busy among its requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class UsedTime:
    """Sums over requests: their durations, and their shares of the busy GPUs' time and energy."""

    engine_seconds: float = 0.0
    gpu_seconds: float = 0.0
    joules: float = 0.0


@dataclass(frozen=True, slots=True)
class Start:
    at: float
    seconds: float
    joules: float


class BusyTime:
    """The busy time of one engine.

    While n requests are in flight, each gets an n-th of the time and of the energy. The shares of
    all requests add up to the time in which there was at least one. So a document costs less on an
    engine that works on many at once.
    """

    def __init__(
        self, gpus: int, watts: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._gpus = gpus
        self._watts = watts
        self._clock = clock
        self._own = 0
        self._others = 0
        self._at = clock()
        # The share of a request that would have been in flight from the start.
        self._seconds = 0.0
        self._joules = 0.0

    @property
    def own(self) -> int:
        """The requests begun here that have not ended."""
        return self._own

    @property
    def in_flight(self) -> int:
        """Those and the requests of other workers, as last reported."""
        return self._own + self._others

    def set_watts(self, watts: float) -> None:
        """The power of all of the engine's GPUs from now on."""
        self._advance()
        self._watts = watts

    def set_in_flight(self, requests: int) -> None:
        """All requests that the engine has now, including those of other workers."""
        self._advance()
        self._others = max(0, requests - self._own)

    def begin(self) -> Start:
        """Begin a request; call `end` with the result when it ends, also if it fails."""
        self._advance()
        self._own += 1
        return Start(self._at, self._seconds, self._joules)

    def end(self, start: Start, used: UsedTime) -> None:
        """End a request and add its time to `used`."""
        self._advance()
        self._own -= 1
        used.engine_seconds += self._at - start.at
        used.gpu_seconds += (self._seconds - start.seconds) * self._gpus
        used.joules += self._joules - start.joules

    def _advance(self) -> None:
        now = self._clock()
        if self._own:
            share = (now - self._at) / (self._own + self._others)
            self._seconds += share
            self._joules += share * self._watts
        self._at = now
