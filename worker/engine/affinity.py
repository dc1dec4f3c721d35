"""Remembers which engine has computed the beginning of a prompt."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable

MAX_REMEMBERED = 4096


class Affinity:
    """The engine's name by key, for the `MAX_REMEMBERED` keys that were used last."""

    def __init__(self) -> None:
        self._names: OrderedDict[int, str] = OrderedDict()

    def find(self, keys: Iterable[Hashable]) -> str | None:
        """The engine of the first key that has one."""
        return next(
            (self._names[hash(key)] for key in keys if hash(key) in self._names),
            None,
        )

    def remember(self, keys: Iterable[Hashable], name: str) -> None:
        # Hashes: a key may be a job's session, which would be kept in memory. Two keys with one
        # hash only share an engine.
        for key in map(hash, keys):
            self._names[key] = name
            self._names.move_to_end(key)
        while len(self._names) > MAX_REMEMBERED:
            self._names.popitem(last=False)
