"""Slows down sources that send wrong API keys. Valid keys are never delayed."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from api.requests.client_address import holder_of

FORGET_SECONDS = 600.0
LONGEST_SECONDS = 60.0
MOST_SOURCES = 10_000


@dataclass(slots=True)
class _Source:
    failures: int
    last: float
    blocked_until: float


class FailedKeys:
    """Counts wrong keys by source address: IPv6 by its /64, which one sender may hold alone.

    After `allowed` failures each further one blocks the source, for 1 s, then 2 s, up to 60 s. Ten
    minutes without a failure clear the count. Memory is bounded: the source whose last failure is
    the oldest goes first.
    """

    def __init__(self, allowed: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed = allowed
        self._clock = clock
        self._sources: OrderedDict[str, _Source] = OrderedDict()

    def seconds_left(self, address: str) -> float:
        """How long further wrong keys of this source are refused; 0 if they are not."""
        source = self._sources.get(_group(address))
        return max(0.0, source.blocked_until - self._clock()) if source else 0.0

    def add(self, address: str) -> None:
        """Count a wrong key of a source that is not blocked."""
        now, group = self._clock(), _group(address)
        source = self._sources.pop(group, None)
        if source is None or now - source.last > FORGET_SECONDS:
            source = _Source(0, now, 0.0)
        source.failures, source.last = source.failures + 1, now
        beyond = source.failures - self._allowed
        if beyond >= 0:
            source.blocked_until = now + min(2.0 ** min(beyond, 10), LONGEST_SECONDS)
        self._sources[group] = source
        if len(self._sources) > MOST_SOURCES:
            self._sources.popitem(last=False)

    def __len__(self) -> int:
        return len(self._sources)


def _group(address: str) -> str:
    try:
        return holder_of(ip_address(address))
    except ValueError:
        return address
