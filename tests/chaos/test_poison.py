"""A document that kills every worker that runs its job."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.account import account, settled
from tests.chaos.load import Load, client_of
from tests.chaos.machine import RESTART_SECONDS, Machine, running
from tests.chaos.receiver import receiving

JOBS = 100
# The simulated document crashes its worker so long after its run has begun.
CRASH_SECONDS = 0.2


@pytest.mark.timeout(400)
@pytest.mark.parametrize("lane", ["interactive", "bulk"])
async def test_one_poison_job_among_a_hundred_is_set_aside_and_no_bystander_is_blamed(
    tmp_path: Path, seed: int, say: Callable[[str], None], lane: str
) -> None:
    async with running(Machine(tmp_path, latency=0.8)) as machine:
        tax = await machine.department("tax")
        client = client_of(machine.api_url, tax.api_key)
        async with receiving(tax.callback_secret) as receiver, client:
            load = Load(client, receiver.url())
            load.burst(JOBS // 4)
            await load.submit(lane)
            poison = load.accepted[-1].id
            killing = asyncio.create_task(_kill_holder(machine, poison))
            load.burst(JOBS - 1 - JOBS // 4)
            await load.finish()
            await settled(machine, load, 150)
            killing.cancel()
            await asyncio.gather(killing, return_exceptions=True)
            done = await account(machine, load, receiver)
        record = await machine.redis.hgetall(f"chancery:job:{poison}")
    say(done.line(f"one poison job, {lane}, {len(machine.deaths)} deaths, seed {seed}"))
    done.check()
    assert record["status"] == "failed"
    assert json.loads(record["error"])["type"] == "/problems/poisoned"
    assert done.succeeded == JOBS - 1
    assert len(machine.deaths) == 3
    # Its last run was alone, so no other job is involved in the third death.
    assert machine.deaths[-1].jobs == {poison}


async def _kill_holder(machine: Machine, job_id: str) -> None:
    while True:
        record = await machine.redis.hgetall(f"chancery:job:{job_id}")
        key = machine.owner(str(record.get("worker"))) if record["status"] == "running" else None
        if key:
            await asyncio.sleep(CRASH_SECONDS)
            await machine.kill(key)
            await asyncio.sleep(RESTART_SECONDS)
            machine.services[key].start()
        await asyncio.sleep(0.01)
