"""Which calls are combined."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from jobs.ledger.coalescer import Coalescer
from jobs.model.lanes import FEW

# Longer than machines of tests stand still between two turns of a loop.
APART_SECONDS = 1.0


class Calls:
    """Records the calls, and answers with ten times each item."""

    def __init__(self) -> None:
        self.calls: list[Sequence[int]] = []

    async def send(self, items: Sequence[int]) -> Sequence[int]:
        self.calls.append(items)
        await asyncio.sleep(0)
        if 13 in items:
            raise ValueError("13")
        return [10 * item for item in items]


async def test_items_asked_for_together_share_a_call() -> None:
    calls = Calls()
    coalescer = Coalescer(calls.send)
    assert await asyncio.gather(*map(coalescer.ask, range(3))) == [0, 10, 20]
    assert calls.calls == [[0, 1, 2]]


async def test_a_full_call_is_sent_at_once() -> None:
    calls = Calls()
    coalescer = Coalescer(calls.send, most=2)
    await coalescer.ask(0)
    await asyncio.gather(*(coalescer.ask(item, 3_600) for item in range(1, 5)))
    assert calls.calls == [[0], [1, 2], [3, 4]]


async def test_a_single_item_does_not_wait() -> None:
    calls = Calls()
    coalescer = Coalescer(calls.send)
    assert await coalescer.ask(1, 0.01) == 10
    await asyncio.sleep(0.02)
    asked = asyncio.create_task(coalescer.ask(2, 0.01))
    for _ in range(5):  # a few turns of the loop, without waiting for the time
        await asyncio.sleep(0)
    assert asked.done()
    assert calls.calls == [[1], [2]]


async def test_items_that_may_wait_share_a_call_after_the_time_since_the_last() -> None:
    calls = Calls()
    coalescer = Coalescer(calls.send)
    began = asyncio.get_running_loop().time()
    await coalescer.ask(0, APART_SECONDS)
    waiting = []
    for item in range(1, 4):
        waiting.append(asyncio.create_task(coalescer.ask(item, APART_SECONDS)))
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert asyncio.get_running_loop().time() - began > 0.9 * APART_SECONDS
    assert calls.calls == [[0], [1, 2, 3]]


async def test_few_items_wait_longer_than_several() -> None:
    calls = Calls()
    coalescer = Coalescer(calls.send)
    await coalescer.ask(0)
    asked = list[asyncio.Task[int]]()
    for item in range(1, FEW + 1):
        assert not any(one.done() for one in asked)
        asked.append(asyncio.create_task(coalescer.ask(item, 0.0, 3_600)))
        await asyncio.sleep(0.01)
    await asyncio.gather(*asked)
    assert calls.calls == [[0], list(range(1, FEW + 1))]


async def test_several_items_wait_until_their_time_has_passed() -> None:
    calls = Calls()
    coalescer = Coalescer(calls.send)
    began = asyncio.get_running_loop().time()
    await coalescer.ask(0)
    asked = []
    for item in range(FEW):
        asked.append(asyncio.create_task(coalescer.ask(item, APART_SECONDS, 3_600)))
        await asyncio.sleep(0)
    await asyncio.gather(*asked)
    assert asyncio.get_running_loop().time() - began > 0.9 * APART_SECONDS
    assert len(calls.calls) == 2


async def test_an_item_that_does_not_wait_takes_those_that_do_with_it() -> None:
    calls = Calls()
    coalescer = Coalescer(calls.send)
    await coalescer.ask(0)
    waiting = asyncio.create_task(coalescer.ask(1, 3_600))
    await asyncio.sleep(0)
    assert await coalescer.ask(2) == 20
    assert await waiting == 10
    assert calls.calls == [[0], [1, 2]]


async def test_an_error_is_raised_for_each_caller_of_its_call() -> None:
    calls = Calls()
    coalescer = Coalescer(calls.send)
    answers = await asyncio.gather(coalescer.ask(13), coalescer.ask(1), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["13", "13"]
    assert await coalescer.ask(1) == 10
    with pytest.raises(ValueError, match="13"):
        await coalescer.ask(13)


async def _cancelled_while_another_is_sent(coalescer: Coalescer[int, int]) -> None:
    first, late, last = [asyncio.create_task(coalescer.ask(item)) for item in range(3)]
    await asyncio.sleep(0)
    late.cancel()
    assert [await first, await last] == [0, 20]
    assert late.cancelled()


async def test_items_of_cancelled_callers_are_sent_unless_they_are_dropped() -> None:
    calls = Calls()
    await _cancelled_while_another_is_sent(Coalescer(calls.send, most=1))
    assert calls.calls == [[0], [1], [2]]
    calls = Calls()
    await _cancelled_while_another_is_sent(Coalescer(calls.send, most=1, drop_cancelled=True))
    assert calls.calls == [[0], [2]]


async def test_a_coalescer_whose_callers_were_all_cancelled_goes_on() -> None:
    calls = Calls()
    coalescer = Coalescer(calls.send, drop_cancelled=True)
    given_up = asyncio.create_task(coalescer.ask(1, APART_SECONDS))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await coalescer.ask(2) == 20
    assert calls.calls == [[2]]
