"""The connection to Redis as the ledger uses it."""

from __future__ import annotations

import asyncio

import pytest

from jobs.ledger import Ledger

# More turns of the event loop than a command takes.
TURNS = 12


@pytest.mark.parametrize("turns", range(TURNS))
async def test_a_command_can_be_cancelled_at_any_moment(ledger: Ledger, turns: int) -> None:
    await ledger.departments.names()  # there is a connection
    asking = asyncio.create_task(ledger.departments.names())
    for _ in range(turns):
        await asyncio.sleep(0)
    is_stopped = asking.cancel()
    await asyncio.wait([asking])
    assert asking.cancelled() is is_stopped
