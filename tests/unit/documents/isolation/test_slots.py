from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from documents.isolation.owner import Owner
from documents.isolation.slots import Slots


@dataclass
class Work:
    """Requests for places, in the order in which they were granted."""

    slots: Slots
    granted: list[str] = field(default_factory=list)
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    ends: dict[str, asyncio.Event] = field(default_factory=dict)

    async def ask(self, *names: str) -> None:
        """Ask for places. In a name, capitals are urgent, and the letter is the department."""
        for name in names:
            self.ends[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._hold(name))
            await self._settle()

    async def end(self, name: str) -> None:
        self.ends[name].set()
        await self.tasks[name]
        await self._settle()

    async def cancel(self, name: str) -> None:
        self.tasks[name].cancel()
        await asyncio.gather(self.tasks[name], return_exceptions=True)
        await self._settle()

    async def end_all(self) -> None:
        for event in self.ends.values():
            event.set()
        async with asyncio.timeout(10):
            await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    async def _hold(self, name: str) -> None:
        async with self.slots.hold(Owner(name[0].lower(), urgent=name[0].isupper())):
            self.granted.append(name)
            await self.ends[name].wait()

    async def _settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


async def test_a_department_alone_gets_the_open_places() -> None:
    work = Work(Slots(2))
    await work.ask("a1", "a2", "a3", "a4")
    assert work.granted == ["a1", "a2"]
    await work.end("a1")
    assert work.granted == ["a1", "a2", "a3"]
    await work.end_all()
    assert len(work.granted) == 4


async def test_a_department_without_a_place_gets_one_although_another_holds_all() -> None:
    work = Work(Slots(2))
    await work.ask("a1", "a2", "a3", "b1", "b2", "c1")
    assert work.granted == ["a1", "a2", "b1"]
    await work.end("b1")
    assert work.granted == ["a1", "a2", "b1", "b2"]
    await work.end_all()


async def test_urgent_work_has_a_place_although_others_hold_all() -> None:
    work = Work(Slots(2))
    await work.ask("a1", "a2", "b1", "c1", "A3", "A4")
    assert work.granted == ["a1", "a2", "b1", "A3"]
    await work.end_all()


async def test_urgent_work_is_granted_before_other_work() -> None:
    work = Work(Slots(1))
    await work.ask("A1", "b1", "c1", "d1", "A2", "A3")
    assert work.granted == ["A1", "b1"]
    await work.end("A1")
    assert work.granted[2:] == ["A2", "c1"]
    await work.end_all()


async def test_departments_are_granted_places_in_turn() -> None:
    work = Work(Slots(1))
    await work.ask("x1", "y1", "a1", "a2", "a3", "b1", "b2", "c1")
    for name in ("x1", "y1"):
        await work.end(name)
    while len(work.granted) < len(work.tasks):
        await work.end(next(one for one in work.granted if not work.tasks[one].done()))
    assert work.granted[2:6] in (["a1", "b1", "c1", "a2"], ["a1", "b1", "a2", "c1"])
    await work.end_all()


async def test_a_reserved_place_is_free_again_when_an_open_one_is_released() -> None:
    work = Work(Slots(1))
    await work.ask("a1", "b1", "c1")
    assert work.granted == ["a1", "b1"]
    await work.end("a1")
    # b1 holds the open place now.
    assert work.granted == ["a1", "b1", "c1"]
    await work.end_all()


async def test_a_cancelled_request_leaves_no_place_occupied() -> None:
    work = Work(Slots(1))
    await work.ask("a1", "a2", "a3")
    await work.cancel("a2")
    await work.cancel("a1")
    assert work.granted == ["a1", "a3"]
    await work.ask("a4")
    work.ends["a3"].set()
    work.tasks["a4"].cancel()  # it is granted the place in the same turn of the event loop
    await work.end_all()
    await work.ask("a5")
    assert work.granted[-1] == "a5"
    await work.end_all()
