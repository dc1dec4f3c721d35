"""Grants the processes of a pool to departments in turns."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto

from documents.isolation.owner import Owner

RESERVED = 2
"""How many places a pool has in addition to those that everybody may use."""


class _Place(Enum):
    open = auto()
    newcomer = auto()
    urgent = auto()


@dataclass(eq=False, slots=True)
class _Request:
    owner: Owner
    granted: asyncio.Future[None]
    place: _Place | None = None


class Slots:
    """`places` that everybody may use, and two reserved ones.

    One reserved place is for a department that holds no place, one for urgent work of a department
    that holds no place for urgent work. So a department whose work takes long cannot occupy all
    places, and urgent work does not wait for other work. When an open place is released, a holder
    of a reserved place takes it, and the reserved place is free again.

    Waiting requests are granted urgent ones first, then the departments in turn, and within a
    department in the order of arrival. A place is never taken from its holder.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._holders: list[_Request] = []
        self._waiting: dict[bool, OrderedDict[str, deque[_Request]]] = {
            True: OrderedDict(),
            False: OrderedDict(),
        }

    @asynccontextmanager
    async def hold(self, owner: Owner) -> AsyncIterator[None]:
        """Wait for a place, and hold it while the block runs."""
        request = _Request(owner, asyncio.get_running_loop().create_future())
        self._waiting[owner.urgent].setdefault(owner.department, deque()).append(request)
        self._grant()
        try:
            await request.granted
            yield
        finally:
            self._leave(request)

    def _leave(self, request: _Request) -> None:
        if request.place is None:
            self._remove(request)
            return
        self._holders.remove(request)
        if request.place is _Place.open:
            reserved = next((one for one in self._holders if one.place is not _Place.open), None)
            if reserved is not None:
                reserved.place = _Place.open
        self._grant()

    def _grant(self) -> None:
        while (request := self._next()) is not None:
            self._remove(request)
            if request.granted.done():  # cancelled, and about to leave
                continue
            request.place = self._place_for(request.owner)
            self._holders.append(request)
            request.granted.set_result(None)

    def _next(self) -> _Request | None:
        """The next request that a place is free for."""
        if len(self._holders) >= self._places + RESERVED:
            return None
        return next((one for one in self._first() if self._place_for(one.owner)), None)

    def _first(self) -> Iterator[_Request]:
        """The first request of each department, in the order in which they are served."""
        for departments in self._waiting.values():
            for requests in departments.values():
                yield requests[0]

    def _remove(self, request: _Request) -> None:
        """Remove a waiting request; its department is served last now."""
        departments = self._waiting[request.owner.urgent]
        requests = departments.get(request.owner.department)
        if requests is None or request not in requests:
            return
        requests.remove(request)
        if requests:
            departments.move_to_end(request.owner.department)
        else:
            del departments[request.owner.department]

    def _place_for(self, owner: Owner) -> _Place | None:
        used = Counter(holder.place for holder in self._holders)
        own = [one.owner for one in self._holders if one.owner.department == owner.department]
        if used[_Place.open] < self._places:
            return _Place.open
        if owner.urgent and not used[_Place.urgent] and not any(one.urgent for one in own):
            return _Place.urgent
        if not own and not used[_Place.newcomer]:
            return _Place.newcomer
        return None
