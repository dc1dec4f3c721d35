"""Every process is restarted by turns, as for an update, while jobs are submitted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.account import account, settled
from tests.chaos.load import Load, client_of
from tests.chaos.machine import ROLES, Machine, running
from tests.chaos.receiver import receiving

BURST_EVERY_SECONDS = 0.5


@pytest.mark.timeout(400)
async def test_a_rolling_restart_under_load_delays_jobs_and_loses_none(
    tmp_path: Path, seed: int, say: Callable[[str], None]
) -> None:
    async with running(Machine(tmp_path, latency=0.5)) as machine:
        tax = await machine.department("tax")
        client = client_of(machine.api_url, tax.api_key)
        async with receiving(tax.callback_secret) as receiver, client:
            load = Load(client, receiver.url())
            submitting = asyncio.create_task(_submit_bursts(load))
            for key in ("api", *ROLES, "engine", "redis"):
                await machine.restart_gracefully(key)
                await machine.ready(key)
            submitting.cancel()
            await load.finish()
            await settled(machine, load, 120)
            done = await account(machine, load, receiver)
    say(done.line(f"rolling restart, seed {seed}"))
    done.check()
    assert done.succeeded == done.accepted > 50
    assert done.counters.get("jobs_abandoned", 0) == 0


async def _submit_bursts(load: Load) -> None:
    while True:
        load.burst(4)
        await asyncio.sleep(BURST_EVERY_SECONDS)
