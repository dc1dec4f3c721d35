"""A batch while services are killed in an order given by a seed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import openai
from aiohttp import web
from openai.types import Batch

from jobs.batches.batch import BATCH_ENDINGS
from tests.chaos.batch_account import BatchAccount, account, blobs_in
from tests.chaos.engine import HELD
from tests.chaos.machine import Machine, running
from tests.chaos.receiver import Answer, Receiver, receiving
from tests.chaos.storm import TURNS, busy_service

CLIENT_RETRIES = 40
POLL_SECONDS = 0.3
WATCH_EVERY_SECONDS = 0.001
CALLED_BACK = 20  # every 20th line has its own callback
LARGE = 3  # every third line has a result that is kept in the store
INLINE_BYTES = 600
# The services that write a segment.
WRITERS = ("scheduler", "redis")
WITHOUT_COURIER = tuple(service for service in TURNS if service != "courier")
IsOpen = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class BatchStorm:
    """`kills`: rounds in which each service is killed, with the courier at the end; or, with
    `at_segments`, how often the scheduler or Redis is killed while an output segment is written.
    `settle_seconds`: the longest time until the batch ends after the last kill.
    """

    seed: int
    lines: int
    kills: int
    settle_seconds: float
    at_segments: bool = False

    @property
    def called_back(self) -> int:
        """The number of lines with a callback."""
        return -(-self.lines // CALLED_BACK)

    async def run(self, machine: Machine) -> BatchAccount:
        """Start the machine, run the batch with its faults, and return the outcome."""
        async with running(machine):
            tax = await machine.department("tax")
            client = openai.AsyncOpenAI(
                base_url=f"{machine.api_url}/v1", api_key=tax.api_key, max_retries=CLIENT_RETRIES
            )
            async with receiving(tax.callback_secret) as receiver, client:
                if not self.at_segments:
                    machine.engine_hold.touch()
                began = time.monotonic()
                asking = asyncio.create_task(ended(client, await self.submit(client, receiver)))
                kill = self._kill_writers if self.at_segments else self._kill_all
                kills = await kill(machine, receiver, lambda: not asking.done())
                async with asyncio.timeout(self.settle_seconds):
                    batch = await asking
                    await _all_called_back(machine)
                seconds = time.monotonic() - began
                return await account(machine, client, receiver, batch, kills=kills, seconds=seconds)

    async def _kill_all(self, machine: Machine, receiver: Receiver, is_open: IsOpen) -> int:
        """Kill every service in turn, and the courier during a delivery; returns the number of
        kills while the batch or its callbacks were unfinished.

        The last line is held by the engine until the other services have been killed, and the
        batch's callback is answered after the courier's kill: a fast machine would end before them.
        """
        random, hits, courier_killed = Random(self.seed), 0, asyncio.Event()
        receiver.answer = _answering(receiver.seconds, courier_killed)
        for _ in range(self.kills):
            for role in random.sample(WITHOUT_COURIER, len(WITHOUT_COURIER)):
                service = await busy_service(machine, receiver, role)
                await asyncio.sleep(random.uniform(0, 0.3))
                hits += is_open()
                await machine.kill_and_restart(service)
                await machine.ready(service)
        machine.engine_hold.unlink()
        async with asyncio.timeout(self.settle_seconds):
            while not receiver.in_flight:
                await asyncio.sleep(WATCH_EVERY_SECONDS)
        await machine.kill_and_restart("courier")
        courier_killed.set()
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
            service = WRITERS[number % len(WRITERS)]
            await machine.kill_and_restart(service)
            await machine.ready(service)
        return self.kills

    async def submit(self, client: openai.AsyncOpenAI, receiver: Receiver) -> str:
        texts = [f"Case c{number:06}." for number in range(self.lines)]
        texts[-1] += f" {HELD}"
        lines = b"".join(_line(number, text, receiver) for number, text in enumerate(texts))
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


def _line(number: int, text: str, receiver: Receiver) -> bytes:
    if number % LARGE == 0:
        text += " The water is off on 5 March. Fill a bath before then."
    body: dict[str, Any] = {"task": "summarize", "input": {"text": text}}
    if number % CALLED_BACK == 0:
        body["callback_url"] = receiver.url("/line")
    line = {"custom_id": f"c{number:06}", "method": "POST", "url": "/v1/jobs", "body": body}
    return json.dumps(line).encode() + b"\n"


def _answering(seconds: float, courier_killed: asyncio.Event) -> Answer:
    async def answer(request: web.Request) -> web.Response:
        await asyncio.sleep(seconds)
        if request.path == "/batch":
            await courier_killed.wait()
        return web.Response(status=204)

    return answer


def _segments(machine: Machine) -> int:
    return sum("/file_" in blob for blob in blobs_in(machine.folder))


async def ended(client: openai.AsyncOpenAI, batch_id: str) -> Batch:
    while True:
        batch = await client.batches.retrieve(batch_id)
        if batch.status in BATCH_ENDINGS:
            return batch
        await asyncio.sleep(POLL_SECONDS)


async def _all_called_back(machine: Machine) -> None:
    while await _pending_callbacks(machine):
        await asyncio.sleep(POLL_SECONDS)


async def _pending_callbacks(machine: Machine) -> int:
    return int(await machine.redis.zcard("chancery:callbacks:tax:pending"))
