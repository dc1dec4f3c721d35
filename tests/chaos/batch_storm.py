"""One batch under kills of every part, by a seed, and what came of it."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import openai
from openai.types import Batch

from jobs.batches.batch import BATCH_ENDINGS
from tests.chaos.machine import Machine, running
from tests.chaos.receiver import Receiver, receiving
from tests.chaos.storm import TURNS, busy_part

CLIENT_RETRIES = 40
ASK_EVERY_SECONDS = 0.3
CALLED_BACK = 20  # every so many lines ask for a callback of their own
LARGE = 3  # every so many lines have a result that is kept in the store
INLINE_BYTES = 600
AGE_SECONDS = 2 * 24 * 3600
CLEARING_SECONDS = 30.0
_PARTS = ("output_file_id", "error_file_id")


@dataclass(frozen=True, slots=True)
class BatchAccount:
    """Numbers of lines, unless said otherwise.

    `repeated`: beyond one a `custom_id` in the output file. `wrong`: with the answer to another
    line. `counts`: the batch's own: total, completed, failed. `batch_events` and `line_events` are
    deliveries with a new `webhook-id`. `orphans`: blobs that dead processes left, of which
    `unnamed` were not removed; `torn` are files that records name and that are not there. `left`:
    what of the lines is still in the ledger, jobs with a callback apart.
    """

    status: str
    counts: tuple[int, int, int]
    answered: int
    repeated: int
    missing: int
    wrong: int
    refused: int
    batch_events: int
    line_events: int
    duplicates: int
    unverified: int
    orphans: int
    unnamed: int
    torn: int
    left: int
    kills: int
    seconds: float

    def line(self, title: str) -> str:
        return (
            f"{title}: {self.status}, {self.answered} answered once, repeated {self.repeated}, "
            f"missing {self.missing}, wrong {self.wrong}, in the error file {self.refused}, "
            f"{self.kills} kills in {self.seconds:.0f} s, duplicate deliveries {self.duplicates}, "
            f"orphaned blobs {self.orphans}, left {self.unnamed}"
        )

    def check(self, lines: int) -> None:
        """What no fault may change."""
        assert (self.status, self.counts) == ("completed", (lines, lines, 0)), self
        assert (self.answered, self.repeated, self.missing) == (lines, 0, 0), self
        assert (self.wrong, self.refused) == (0, 0), self
        assert (self.batch_events, self.line_events) == (1, -(-lines // CALLED_BACK)), self
        assert (self.unverified, self.unnamed, self.torn, self.left) == (0, 0, 0, 0), self


@dataclass(frozen=True, slots=True)
class BatchStorm:
    """`kills`: rounds in which each part is killed. `settle_seconds`: the longest that all may take
    to end after the last kill.
    """

    seed: int
    lines: int
    kills: int
    settle_seconds: float

    async def over(self, machine: Machine) -> BatchAccount:
        """Have the storm go over a machine that is not up yet."""
        random = Random(self.seed)
        turns = [part for _ in range(self.kills) for part in random.sample(TURNS, len(TURNS))]
        async with running(machine):
            tax = await machine.department("tax")
            client = openai.AsyncOpenAI(
                base_url=f"{machine.api_url}/v1", api_key=tax.api_key, max_retries=CLIENT_RETRIES
            )
            async with receiving(tax.callback_secret) as receiver, client:
                began = time.monotonic()
                batch_id = await self._submit(client, receiver)
                asking = asyncio.create_task(_ended(client, batch_id))
                hits = 0
                for role in turns:
                    part = await busy_part(machine, receiver, role)
                    await asyncio.sleep(random.uniform(0, 0.3))
                    hits += not asking.done()
                    await machine.kill_and_restart(part)
                    await machine.ready(part)
                async with asyncio.timeout(self.settle_seconds):
                    batch = await asking
                    await _all_called_back(machine)
                seconds = time.monotonic() - began
                return await _account(machine, client, receiver, batch, (hits, seconds))

    async def _submit(self, client: openai.AsyncOpenAI, receiver: Receiver) -> str:
        file = await client.files.create(
            file=("cases.jsonl", b"".join(map(_line, range(self.lines), [receiver] * self.lines))),
            purpose="batch",
        )
        endpoint: Any = "/v1/jobs"
        batch = await client.batches.create(
            input_file_id=file.id,
            endpoint=endpoint,
            completion_window="24h",
            metadata={"callback_url": receiver.url("/batch")},
            extra_headers={"Idempotency-Key": "storm"},
        )
        return batch.id


def mark_of(number: int) -> str:
    return f"c{number:06}"


def _line(number: int, receiver: Receiver) -> bytes:
    text = f"Case {mark_of(number)}."
    if number % LARGE == 0:
        text += " The water is off on 5 March. Fill a bath before then."
    body: dict[str, Any] = {"task": "summarize", "input": {"text": text}}
    if number % CALLED_BACK == 0:
        body["callback_url"] = receiver.url("/line")
    line = {"custom_id": mark_of(number), "method": "POST", "url": "/v1/jobs", "body": body}
    return json.dumps(line).encode() + b"\n"


async def _ended(client: openai.AsyncOpenAI, batch_id: str) -> Batch:
    while True:
        batch = await client.batches.retrieve(batch_id)
        if batch.status in BATCH_ENDINGS:
            return batch
        await asyncio.sleep(ASK_EVERY_SECONDS)


async def _all_called_back(machine: Machine) -> None:
    while await machine.redis.zcard("chancery:callbacks:tax:pending"):
        await asyncio.sleep(ASK_EVERY_SECONDS)


async def _account(
    machine: Machine,
    client: openai.AsyncOpenAI,
    receiver: Receiver,
    batch: Batch,
    hits: tuple[int, float],
) -> BatchAccount:
    output, errors = [await _lines(client, getattr(batch, part)) for part in _PARTS]
    seen = Counter(line["custom_id"] for line in output)
    counts = batch.request_counts
    assert counts is not None
    paths = Counter(deliveries[0].path for deliveries in receiver.by_id().values())
    named, jobs_kept = await _named(machine)
    orphans, unnamed = await _cleared(machine, named)
    return BatchAccount(
        status=batch.status,
        counts=(counts.total, counts.completed, counts.failed),
        answered=len(seen),
        repeated=len(output) - len(seen),
        missing=counts.total - len(seen),
        wrong=sum(line["custom_id"] not in _said(line) for line in output),
        refused=len(errors),
        batch_events=paths["/batch"],
        line_events=paths["/line"],
        duplicates=len(receiver.deliveries) - paths.total(),
        unverified=sum(not one.verified for one in receiver.deliveries),
        orphans=orphans,
        unnamed=unnamed,
        torn=len(named - _blobs(machine.folder)),
        left=await _left(machine, batch.id) + abs(jobs_kept - paths["/line"]),
        kills=hits[0],
        seconds=hits[1],
    )


def _said(line: dict[str, Any]) -> str:
    return json.dumps(line["response"]["body"]["result"])


async def _lines(client: openai.AsyncOpenAI, file_id: str | None) -> Sequence[dict[str, Any]]:
    if file_id is None:
        return []
    try:
        content = await client.files.content(file_id)
    except openai.NotFoundError:
        return []
    return [json.loads(line) for line in content.text.splitlines()]


async def _named(machine: Machine) -> tuple[set[str], int]:
    """The blobs that records name, and how many jobs there are."""
    redis, named = machine.redis, set[str]()
    for file_id in await redis.zrange("chancery:files:tax", 0, -1):
        named |= set(await redis.lrange(f"chancery:blobs:{file_id}", 0, -1))
    jobs = await redis.zrange("chancery:jobs:tax", 0, -1)
    for job_id in jobs:
        named.add(await redis.hget(f"chancery:job:{job_id}", "result_blob") or "")
    return named - {""}, len(jobs)


async def _left(machine: Machine, batch_id: str) -> int:
    redis = machine.redis
    beside = (f"chancery:{name}:{batch_id}" for name in ("index", "open", "outcomes"))
    left = int(await redis.exists(*beside))
    for name in ("waiting", "open"):
        left += abs(int(await redis.get(f"chancery:{name}-lines:tax") or 0))
    return left


async def _cleared(machine: Machine, named: set[str]) -> tuple[int, int]:
    """How many blobs are named by nothing, and how many still when a clerk has looked, days on."""
    found = _blobs(machine.folder)
    then = time.time() - AGE_SECONDS
    for blob in found:
        os.utime(_folder(machine.folder) / blob, (then, then))
    await machine.kill_and_restart("clerk")
    await machine.ready("clerk")
    deadline = time.monotonic() + CLEARING_SECONDS
    while _blobs(machine.folder) - named and time.monotonic() < deadline:
        await asyncio.sleep(ASK_EVERY_SECONDS)
    return len(found - named), len(_blobs(machine.folder) - named)


def _folder(data: Path) -> Path:
    return data / "store" / "blobs"


def _blobs(data: Path) -> set[str]:
    folder = _folder(data)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
