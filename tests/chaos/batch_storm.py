"""One batch under kills, by a seed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import openai
from openai.types import Batch

from jobs.batches.batch import BATCH_ENDINGS
from tests.chaos.batch_account import BatchAccount, account, blobs_in
from tests.chaos.machine import Machine, running
from tests.chaos.receiver import Receiver, receiving
from tests.chaos.storm import TURNS, busy_part

CLIENT_RETRIES = 40
ASK_EVERY_SECONDS = 0.3
WATCH_EVERY_SECONDS = 0.001
CALLED_BACK = 20  # every so many lines ask for a callback of their own
LARGE = 3  # every so many lines have a result that is kept in the store
INLINE_BYTES = 600
# Both have something to lose while a segment is written.
WRITERS = ("scheduler", "redis")
WITHOUT_COURIER = tuple(part for part in TURNS if part != "courier")
IsOpen = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class BatchStorm:
    """`kills`: rounds in which each part is killed, and the courier in the end; or, with
    `at_segments`, how often the scheduler or Redis is killed as a segment of the output comes to
    be. `settle_seconds`: the longest that all may take to end after the last kill.
    """

    seed: int
    lines: int
    kills: int
    settle_seconds: float
    at_segments: bool = False

    @property
    def called_back(self) -> int:
        """How many lines ask for a callback."""
        return -(-self.lines // CALLED_BACK)

    async def over(self, machine: Machine) -> BatchAccount:
        """Have the storm go over a machine that is not up yet."""
        async with running(machine):
            tax = await machine.department("tax")
            client = openai.AsyncOpenAI(
                base_url=f"{machine.api_url}/v1", api_key=tax.api_key, max_retries=CLIENT_RETRIES
            )
            async with receiving(tax.callback_secret) as receiver, client:
                began = time.monotonic()
                asking = asyncio.create_task(_ended(client, await self._submit(client, receiver)))
                kill = self._kill_writers if self.at_segments else self._kill_all
                kills = await kill(machine, receiver, lambda: not asking.done())
                async with asyncio.timeout(self.settle_seconds):
                    batch = await asking
                    await _all_called_back(machine)
                seconds = time.monotonic() - began
                return await account(machine, client, receiver, batch, kills=kills, seconds=seconds)

    async def _kill_all(self, machine: Machine, receiver: Receiver, is_open: IsOpen) -> int:
        """Every part in turn, and the courier as soon as it has something in hand; returns how
        often that hit a batch that was not over yet, or its callbacks.
        """
        random, hits = Random(self.seed), 0
        for _ in range(self.kills):
            for role in random.sample(WITHOUT_COURIER, len(WITHOUT_COURIER)):
                part = await busy_part(machine, receiver, role)
                await asyncio.sleep(random.uniform(0, 0.3))
                hits += is_open()
                await machine.kill_and_restart(part)
                await machine.ready(part)
        async with asyncio.timeout(self.settle_seconds):
            while not receiver.taking:
                await asyncio.sleep(WATCH_EVERY_SECONDS)
        await machine.kill_and_restart("courier")
        return hits + 1

    async def _kill_writers(self, machine: Machine, receiver: Receiver, is_open: IsOpen) -> int:
        random = Random(self.seed)
        for number in range(self.kills):
            before = _segments(machine)
            while is_open() and _segments(machine) == before:
                await asyncio.sleep(WATCH_EVERY_SECONDS)
            if not is_open():
                return number
            await asyncio.sleep(random.uniform(0, 0.01))
            part = WRITERS[number % len(WRITERS)]
            await machine.kill_and_restart(part)
            await machine.ready(part)
        return self.kills

    async def _submit(self, client: openai.AsyncOpenAI, receiver: Receiver) -> str:
        lines = b"".join(_line(number, receiver) for number in range(self.lines))
        file = await client.files.create(file=("cases.jsonl", lines), purpose="batch")
        endpoint: Any = "/v1/jobs"
        batch = await client.batches.create(
            input_file_id=file.id,
            endpoint=endpoint,
            completion_window="24h",
            metadata={"callback_url": receiver.url("/batch")},
            extra_headers={"Idempotency-Key": "storm"},
        )
        return batch.id


def _line(number: int, receiver: Receiver) -> bytes:
    mark = f"c{number:06}"
    text = f"Case {mark}."
    if number % LARGE == 0:
        text += " The water is off on 5 March. Fill a bath before then."
    body: dict[str, Any] = {"task": "summarize", "input": {"text": text}}
    if number % CALLED_BACK == 0:
        body["callback_url"] = receiver.url("/line")
    line = {"custom_id": mark, "method": "POST", "url": "/v1/jobs", "body": body}
    return json.dumps(line).encode() + b"\n"


def _segments(machine: Machine) -> int:
    return sum("/file_" in blob for blob in blobs_in(machine.folder))


async def _ended(client: openai.AsyncOpenAI, batch_id: str) -> Batch:
    while True:
        batch = await client.batches.retrieve(batch_id)
        if batch.status in BATCH_ENDINGS:
            return batch
        await asyncio.sleep(ASK_EVERY_SECONDS)


async def _all_called_back(machine: Machine) -> None:
    while await machine.redis.zcard("chancery:callbacks:tax:pending"):
        await asyncio.sleep(ASK_EVERY_SECONDS)
