"""Loads of a real vLLM: a plain loop over the worker's engine client, and a paused batch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

from bench.department import CHATS, Department
from bench.prefixes import WORDS
from bench.vllm import Vllm
from jobs.ledger import Ledger
from jobs.model.lanes import ENGINE_PRIORITY, Lane
from jobs.process.settings import EngineSettings
from worker.engine.client import EngineClient
from worker.engine.requests.request import ChatRequest

LONGEST_SECONDS = 900
POLL_SECONDS = 0.2
FULL = 0.9
# As long as the salt of a department, which the worker adds to each request.
SALT = "0" * 64


@dataclass(frozen=True, slots=True)
class Load:
    """Chats whose prompts differ from the first word on.

    `varied`: the longest answers have a quarter to seven quarters of `answer_tokens`, as lengths
    differ in real work. Answers of one length end in the same step of the engine. A load that sends
    the next requests at once then begins them in one step, too; any other does not, and the engine
    does less in mixed steps.
    """

    words: int = 10
    answer_tokens: int = 64
    varied: bool = True

    def chat(self, number: int, model: str) -> dict[str, Any]:
        random = Random(number)
        text = f"{number} " + " ".join(random.choices(WORDS, k=self.words))
        tokens = self.answer_tokens
        least, most = (tokens // 4, tokens * 7 // 4) if self.varied else (tokens, tokens)
        return {
            "model": model,
            "messages": [{"role": "user", "content": text}],
            "max_tokens": random.randint(least, most),
        }

    def lines(self, count: int, model: str) -> bytes:
        """A batch file of `count` lines."""
        lines = []
        for number in range(count):
            line = {"custom_id": f"line-{number}", "method": "POST", "url": CHATS}
            lines.append(json.dumps({**line, "body": self.chat(number, model)}))
        return "\n".join(lines).encode() + b"\n"


@asynccontextmanager
async def looping(
    vllm: Vllm, in_flight: int, load: Load, numbers: Iterator[int] | None = None
) -> AsyncIterator[None]:
    """Send requests in a plain loop during the block, as the worker sends them; `numbers` are those
    of the chats. At the end the requests in flight are aborted.
    """
    engine = EngineClient(EngineSettings(url=vllm.url), in_flight)
    await engine.start()
    if not await engine.wait_healthy(10):
        raise RuntimeError("the engine is not healthy")
    numbers = count() if numbers is None else numbers

    async def send() -> None:
        for number in numbers:
            chat = {**load.chat(number, engine.model), "cache_salt": SALT}
            await engine.chat(ChatRequest.of(chat), (), ENGINE_PRIORITY[Lane.bulk])

    tasks = [asyncio.create_task(send()) for _ in range(in_flight)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await engine.close()
        if failed := [one for one in ended if not isinstance(one, asyncio.CancelledError)]:
            raise RuntimeError(f"{len(failed)} senders ended early: {failed[0]!r}")


@asynccontextmanager
async def resumed(ledger: Ledger, who: Department, vllm: Vllm) -> AsyncIterator[None]:
    """Let the department's batch run during the block, and wait until none of it runs."""
    await ledger.pauses.resume(who.name)
    try:
        yield
    finally:
        await ledger.pauses.pause(who.name)
        await wait_idle(vllm)


async def wait_idle(vllm: Vllm) -> None:
    """Wait until no request is at the engine. Raises `TimeoutError` after `LONGEST_SECONDS`."""
    await _wait(vllm, lambda requests: requests == 0)


async def wait_full(vllm: Vllm, in_flight: int) -> None:
    """Wait until nearly `in_flight` requests are at the engine. Raises `TimeoutError` after
    `LONGEST_SECONDS`.
    """
    await _wait(vllm, lambda requests: requests >= FULL * in_flight)


async def _wait(vllm: Vllm, enough: Callable[[float], bool]) -> None:
    async with asyncio.timeout(LONGEST_SECONDS):
        while True:
            if enough(await requests_at(vllm)):
                return
            await asyncio.sleep(POLL_SECONDS)


async def requests_at(vllm: Vllm) -> float:
    """Requests that run or wait at the engine. Asked in a thread: the loop sends meanwhile."""
    gauges = await vllm.counters("num_requests_running", "num_requests_waiting")
    return sum(gauges)
