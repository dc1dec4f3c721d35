"""Kills and stops in turn, under bursts of jobs, by a seed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.chaos.account import Account, account, settled
from tests.chaos.load import Load, client_of
from tests.chaos.machine import WORKERS, Machine, running
from tests.chaos.receiver import Receiver, receiving

IN_HAND = 3
BUSY_SECONDS = 5.0
TURNS = ("worker", "courier", "scheduler", "api", "engine", "redis")


@dataclass(frozen=True, slots=True)
class Storm:
    """`kills`: rounds in which each part is killed. `stops`: parts that are stopped, in turn, for
    `stop_seconds`. `settle_seconds`: the longest that all may take to end after the last fault.
    """

    seed: int
    jobs: int
    kills: int
    stops: tuple[str, ...]
    stop_seconds: float
    settle_seconds: float

    def faults(self, random: Random) -> Iterator[tuple[str, bool]]:
        """Parts in turn, each round in another order; and whether it is stopped, not killed."""
        for _ in range(self.kills):
            for part in random.sample(TURNS, len(TURNS)):
                yield part, False
        for part in self.stops:
            yield part, True

    async def over(self, machine: Machine) -> Account:
        """Have the storm go over a machine that is not up yet."""
        random = Random(self.seed)
        faults = list(self.faults(random))
        async with running(machine):
            tax = await machine.department("tax")
            client = client_of(machine.api_url, tax.api_key)
            async with receiving(tax.callback_secret) as receiver, client:
                load = Load(client, receiver.url())
                sizes = _shares(self.jobs, len(faults))
                for (role, is_stop), size in zip(faults, sizes, strict=True):
                    load.burst(size)
                    part = await busy_part(machine, receiver, role)
                    await asyncio.sleep(random.uniform(0, 0.05))
                    if is_stop:
                        await machine.pause(part, self.stop_seconds)
                    else:
                        await machine.kill_and_restart(part)
                    await machine.ready(part)
                await load.finish()
                await settled(machine, load, self.settle_seconds)
                return await account(machine, load, receiver)


async def busy_part(machine: Machine, receiver: Receiver, role: str) -> str:
    """The part of a role that a fault hits, once it would hit work in hand: not before a burst is
    there, nor after it.
    """

    async def in_hand(part: str) -> int:
        if part == "courier":
            return receiver.taking
        if part in WORKERS:
            return int(await machine.redis.scard(f"chancery:held:{machine.parts[part].life.name}"))
        return int(await machine.redis.zcard("chancery:running"))

    parts = WORKERS if role == "worker" else (role,)
    with suppress(TimeoutError):
        async with asyncio.timeout(BUSY_SECONDS):
            while True:
                for part in parts:
                    if await in_hand(part) >= IN_HAND:
                        return part
                await asyncio.sleep(0.005)
    return parts[0]


def latency_of(seed: int) -> float:
    """Of the engine, in seconds: jobs are in hand when a kill comes."""
    return Random(seed).uniform(0.05, 0.2)


def machine_for(folder: Path, storm: Storm, *, supervised: bool, **env: str) -> Machine:
    latency = latency_of(storm.seed)
    return Machine(folder, supervised=supervised, latency=latency, env=env)


def _shares(jobs: int, parts: int) -> list[int]:
    return [jobs // parts + (number < jobs % parts) for number in range(parts)]
