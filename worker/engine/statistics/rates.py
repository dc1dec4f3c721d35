"""How fast an engine works, and how much of it fails."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

WINDOW_SECONDS = 60
# The engine is not to blame for requests that were given up or had no room.
_NO_ERRORS = frozenset({"ok", "aborted", "engine-busy", "engine-refused"})


class TokenRate:
    """Tokens per second, from counts since the engine's start."""

    def __init__(self) -> None:
        self._tokens: float | None = None
        self._at = 0.0

    def after(self, tokens: float | None, at: float) -> float | None:
        """The rate since the last call. `at` is in seconds. None: the engine does not count, it was
        started again, or this is the first call.
        """
        before, seconds = self._tokens, at - self._at
        self._tokens, self._at = tokens, at
        if before is None or tokens is None or tokens < before or seconds <= 0:
            return None
        return round((tokens - before) / seconds, 1)


class ErrorShare:
    """The share of failed requests in the last minute, counted by second."""

    def __init__(self) -> None:
        self._seconds: deque[list[int]] = deque()  # [second, requests, errors]

    def count(self, outcome: str, at: float) -> None:
        """Count a request that ended `at` a time in seconds with `ok`, or the code of an error."""
        second = int(at)
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append([second, 0, 0])
            self._forget(at)
        self._seconds[-1][1] += 1
        self._seconds[-1][2] += outcome not in _NO_ERRORS

    def at(self, now: float) -> float | None:
        """None if no request ended in the minute before `now`."""
        return share_of([self.counts(now)])

    def counts(self, now: float) -> tuple[int, int]:
        """The requests and the errors of the minute before `now`."""
        self._forget(now)
        return sum(one[1] for one in self._seconds), sum(one[2] for one in self._seconds)

    def _forget(self, now: float) -> None:
        while self._seconds and self._seconds[0][0] < now - WINDOW_SECONDS:
            self._seconds.popleft()


def share_of(counts: Iterable[tuple[int, int]]) -> float | None:
    """The share of errors in pairs of requests and errors; None if there are no requests."""
    pairs = list(counts)
    requests = sum(pair[0] for pair in pairs)
    return sum(pair[1] for pair in pairs) / requests if requests else None
