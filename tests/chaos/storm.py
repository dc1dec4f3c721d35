"""Services are killed and stopped during bursts of jobs, in an order given by a seed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from jobs.model.approval import ApprovalPolicy
from tests.chaos.account import Account, account, settled
from tests.chaos.load import Load, client_of
from tests.chaos.machine import WORKERS, Machine, running
from tests.chaos.receiver import Receiver, receiving
from tests.chaos.reviewers import reviewing

IN_PROGRESS = 3
BUSY_SECONDS = 5.0
TURNS = ("worker", "courier", "scheduler", "api", "engine", "redis")


@dataclass(frozen=True, slots=True)
class Storm:
    """`kills`: rounds in which each service is killed. `stops`: services that are stopped by turns
    for `stop_seconds`. `settle_seconds`: the longest time until all jobs end after the last fault.
    """

    seed: int
    jobs: int
    kills: int
    stops: tuple[str, ...]
    stop_seconds: float
    settle_seconds: float

    def faults(self, random: Random) -> Iterator[tuple[str, bool]]:
        """Services by turns, each round in another order, and whether to stop instead of kill."""
        for _ in range(self.kills):
            for service in random.sample(TURNS, len(TURNS)):
                yield service, False
        for service in self.stops:
            yield service, True

    async def run(self, machine: Machine) -> Account:
        """Start the machine, submit jobs during the faults, and return the outcome."""
        random = Random(self.seed)
        faults = list(self.faults(random))
        async with running(machine):
            tax = await machine.department("tax")
            client = client_of(machine.api_url, tax.api_key)
            # The results of the first half of the storm wait for a person.
            await machine.ledger.departments.set_approval(
                "tax", ApprovalPolicy({"summarize": None})
            )
            async with receiving(tax.callback_secret) as receiver, client, reviewing(client):
                load = Load(client, receiver.url())
                sizes = _shares(self.jobs, len(faults))
                for number, ((role, is_stop), size) in enumerate(zip(faults, sizes, strict=True)):
                    if number == len(faults) // 2:
                        await machine.ledger.departments.set_approval("tax", None)
                    load.burst(size)
                    service = await busy_service(machine, receiver, role)
                    await asyncio.sleep(random.uniform(0, 0.05))
                    if is_stop:
                        await machine.pause(service, self.stop_seconds)
                    else:
                        await machine.kill_and_restart(service)
                    await machine.ready(service)
                await load.finish()
                await settled(machine, load, self.settle_seconds)
                return await account(machine, load, receiver)


async def busy_service(machine: Machine, receiver: Receiver, role: str) -> str:
    """Wait until a service of a role has work in progress, `BUSY_SECONDS` at most; returns it."""

    async def in_progress(service: str) -> int:
        if service == "courier":
            return receiver.in_flight
        if service in WORKERS:
            name = machine.services[service].instance.name
            return int(await machine.redis.scard(f"chancery:held:{name}"))
        return int(await machine.redis.zcard("chancery:running"))

    services = WORKERS if role == "worker" else (role,)
    with suppress(TimeoutError):
        async with asyncio.timeout(BUSY_SECONDS):
            while True:
                for service in services:
                    if await in_progress(service) >= IN_PROGRESS:
                        return service
                await asyncio.sleep(0.005)
    return services[0]


def latency_of(seed: int) -> float:
    """The engine's latency in seconds, long enough for jobs to be running at a kill."""
    return Random(seed).uniform(0.05, 0.2)


def machine_for(folder: Path, storm: Storm, *, supervised: bool, **env: str) -> Machine:
    latency = latency_of(storm.seed)
    return Machine(folder, supervised=supervised, latency=latency, env=env)


def _shares(jobs: int, faults: int) -> list[int]:
    return [jobs // faults + (number < jobs % faults) for number in range(faults)]
