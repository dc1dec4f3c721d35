"""Redis is killed, or Celery's queues in it are emptied."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.account import account, settled
from tests.chaos.load import Load, client_of
from tests.chaos.machine import Machine, running
from tests.chaos.receiver import receiving

QUEUES = ("interactive", "bulk", "callbacks")


@pytest.mark.timeout(240)
async def test_after_a_kill_redis_has_every_accepted_job(
    tmp_path: Path, seed: int, say: Callable[[str], None]
) -> None:
    async with running(Machine(tmp_path, latency=0.3)) as machine:
        tax = await machine.department("tax")
        client = client_of(machine.api_url, tax.api_key)
        async with receiving(tax.callback_secret) as receiver, client:
            load = Load(client, receiver.url())
            for pause in (0.0, 3.0, 8.0):
                load.burst(40)
                while await machine.redis.zcard("chancery:running") < 5:
                    await asyncio.sleep(0.005)
                await machine.kill("redis")
                await asyncio.sleep(pause)
                machine.services["redis"].start()
                await machine.ready("redis")
            await load.finish()
            await settled(machine, load, 120)
            done = await account(machine, load, receiver)
    say(done.line(f"Redis killed thrice, seed {seed}"))
    done.check()
    assert done.succeeded == 120
    # No worker died, so no job may be counted as abandoned.
    assert done.counters.get("jobs_abandoned", 0) == 0


@pytest.mark.timeout(240)
async def test_work_goes_on_while_every_wake_up_is_lost(
    tmp_path: Path, seed: int, say: Callable[[str], None]
) -> None:
    # Two deliveries at a time, so that callbacks wait too.
    async with running(Machine(tmp_path, env={"CHANCERY_CALLBACK_CONCURRENCY": "2"})) as machine:
        tax = await machine.department("tax")
        client = client_of(machine.api_url, tax.api_key)
        async with receiving(tax.callback_secret) as receiver, client:
            load = Load(client, receiver.url())
            losing = asyncio.create_task(_lose_wake_ups(machine))
            load.burst(100)
            await load.finish()
            await settled(machine, load, 120)
            losing.cancel()
            done = await account(machine, load, receiver)
    say(done.line(f"Celery's queues emptied all the time, seed {seed}"))
    done.check()
    assert done.succeeded == 100
    assert done.run_twice == 0
    assert done.slowest < 45


async def _lose_wake_ups(machine: Machine) -> None:
    """No process reads a message: those in the queues are removed at once."""
    while True:
        await machine.redis.delete(*QUEUES)
        await asyncio.sleep(0.001)
