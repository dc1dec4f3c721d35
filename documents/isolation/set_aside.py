"""Work that timed out or killed its process: tried once more with less time, then set aside."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from documents.errors import WorkError

SECONDS = 3_600.0
_MOST = 10_000
_TRIES = 2


@dataclass(slots=True)
class _Failures:
    count: int
    error: WorkError
    until: float


class SetAside:
    """Remembers, in this process, what failed in the last hour. `now` is in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures: OrderedDict[Hashable, _Failures] = OrderedDict()

    def seconds(self, key: Hashable, limit: float) -> float:
        """The time limit of the next try: half of `limit` after a failure.

        Raises the error of the last failure if there were two.
        """
        failures = self._failures.get(key)
        if failures is None:
            return limit
        if failures.until <= self._now():
            del self._failures[key]
            return limit
        if failures.count >= _TRIES:
            raise type(failures.error)(
                f"{failures.error} It failed {failures.count} times and is not tried again for an "
                "hour."
            )
        return limit / 2

    def add(self, key: Hashable, error: WorkError) -> None:
        """Note a failure."""
        earlier = self._failures.pop(key, None)
        count = earlier.count + 1 if earlier else 1
        self._failures[key] = _Failures(count, error, self._now() + SECONDS)
        if len(self._failures) > _MOST:
            self._failures.popitem(last=False)

    def clear(self, key: Hashable) -> None:
        """Note a success."""
        self._failures.pop(key, None)
