"""Pauses in the ledger."""

from __future__ import annotations

import pytest
from redis import Redis

from jobs.ledger import Ledger
from jobs.ledger.pauses import Pause
from jobs.model.lanes import Lane


async def test_a_pause_is_kept_until_it_is_resumed_and_no_other_with_it(ledger: Ledger) -> None:
    assert await ledger.pauses.list() == []
    assert await ledger.pauses.pause("tax")
    assert await ledger.pauses.pause("tax", Lane.bulk)
    assert await ledger.pauses.pause(lane=Lane.interactive)
    assert not await ledger.pauses.pause("tax")  # it is paused already
    pauses = [Pause(lane=Lane.interactive), Pause("tax"), Pause("tax", Lane.bulk)]
    assert await ledger.pauses.list() == pauses

    assert await ledger.pauses.resume("tax")
    assert not await ledger.pauses.resume("tax")
    assert await ledger.pauses.list() == [pauses[0], pauses[2]]


async def test_scripts_find_pauses_as_members_of_a_set(ledger: Ledger, redis_url: str) -> None:
    await ledger.pauses.pause("tax")
    await ledger.pauses.pause("tax", Lane.bulk)
    await ledger.pauses.pause(lane=Lane.bulk)
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        assert redis.smembers("chancery:paused") == {
            "department:tax",
            "department:tax:bulk",
            "lane:bulk",
        }


async def test_a_pause_without_department_and_lane_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="needs a department, a lane or both"):
        await ledger.pauses.pause()


def test_a_pause_holds_what_it_names() -> None:
    held = [
        (pause, department, lane)
        for pause in (Pause("tax"), Pause(lane=Lane.bulk), Pause("tax", Lane.bulk))
        for department in ("tax", "parks")
        for lane in Lane
        if pause.holds(department, lane)
    ]
    assert held == [
        (Pause("tax"), "tax", Lane.interactive),
        (Pause("tax"), "tax", Lane.bulk),
        (Pause(lane=Lane.bulk), "tax", Lane.bulk),
        (Pause(lane=Lane.bulk), "parks", Lane.bulk),
        (Pause("tax", Lane.bulk), "tax", Lane.bulk),
    ]
