"""The outcome of a batch with faults: its lines, events and blobs, counted and checked."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
from openai.types import Batch

from tests.chaos.machine import Machine
from tests.chaos.receiver import Receiver

POLL_SECONDS = 0.3
AGE_SECONDS = 2 * 24 * 3600
PRUNING_SECONDS = 30.0
STRAY = "tax/00/file_" + "0" * 26 + "-00"
_FILES = ("output_file_id", "error_file_id")


@dataclass(frozen=True, slots=True)
class BatchAccount:
    """Numbers of lines, except where stated.

    `repeated`: more than one per `custom_id` in the output file. `wrong`: with another line's
    result. `counts`: those of the batch: total, completed, failed. `batch_events`, `line_events`:
    deliveries with a new `webhook-id`. `orphans`: blobs that killed processes left behind, of which
    `unnamed` were not removed; `torn`: blobs in records that do not exist. `left`: records of lines
    that are still in the ledger, except jobs with a callback.
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
            f"orphaned blobs {self.orphans}, not removed {self.unnamed}"
        )

    def check(self, lines: int, called_back: int) -> None:
        """Assert what must hold after any fault; `called_back` lines have a callback."""
        assert (self.status, self.counts) == ("completed", (lines, lines, 0)), self
        assert (self.answered, self.repeated, self.missing) == (lines, 0, 0), self
        assert (self.wrong, self.refused) == (0, 0), self
        assert (self.batch_events, self.line_events) == (1, called_back), self
        assert (self.unverified, self.unnamed, self.torn, self.left) == (0, 0, 0, 0), self


async def account(
    machine: Machine,
    client: openai.AsyncOpenAI,
    receiver: Receiver,
    batch: Batch,
    *,
    kills: int,
    seconds: float,
) -> BatchAccount:
    output, errors = [await lines_of(client, getattr(batch, name)) for name in _FILES]
    seen = Counter(line["custom_id"] for line in output)
    counts = batch.request_counts
    assert counts is not None
    paths = Counter(deliveries[0].path for deliveries in receiver.by_id().values())
    named, jobs_kept = await _named(machine)
    orphans, unnamed = await _pruned(machine, named)
    return BatchAccount(
        status=batch.status,
        counts=(counts.total, counts.completed, counts.failed),
        answered=len(seen),
        repeated=len(output) - len(seen),
        missing=counts.total - len(seen),
        wrong=sum(line["custom_id"] not in result_of(line) for line in output),
        refused=len(errors),
        batch_events=paths["/batch"],
        line_events=paths["/line"],
        duplicates=len(receiver.deliveries) - paths.total(),
        unverified=sum(not one.verified for one in receiver.deliveries),
        orphans=orphans,
        unnamed=unnamed,
        torn=len(named - blobs_in(machine.folder)),
        left=await _left(machine, batch.id) + abs(jobs_kept - paths["/line"]),
        kills=kills,
        seconds=seconds,
    )


def result_of(line: dict[str, Any]) -> str:
    return json.dumps(line["response"]["body"]["result"])


async def lines_of(client: openai.AsyncOpenAI, file_id: str | None) -> Sequence[dict[str, Any]]:
    if file_id is None:
        return []
    try:
        content = await client.files.content(file_id)
    except openai.NotFoundError:
        return []
    return [json.loads(line) for line in content.text.splitlines()]


async def _named(machine: Machine) -> tuple[set[str], int]:
    """The blobs in records, and the number of jobs."""
    redis: Any = machine.redis
    named = set[str]()
    for file_id in await redis.zrange("chancery:files:tax", 0, -1):
        named |= set(await redis.lrange(f"chancery:blobs:{file_id}", 0, -1))
    lists = await redis.keys("chancery:jobs:tax:*")
    jobs = [job_id for each in lists for job_id in await redis.zrange(each, 0, -1)]
    for job_id in jobs:
        named.add(await redis.hget(f"chancery:job:{job_id}", "result_blob") or "")
    return named - {""}, len(jobs)


async def _left(machine: Machine, batch_id: str) -> int:
    redis = machine.redis
    keys = (f"chancery:{name}:{batch_id}" for name in ("index", "open", "outcomes"))
    left = int(await redis.exists(*keys))
    for name in ("waiting", "open"):
        left += abs(int(await redis.get(f"chancery:{name}-lines:tax") or 0))
    return left


async def _pruned(machine: Machine, named: set[str]) -> tuple[int, int]:
    """The number of blobs in no record, before and after a scheduler has pruned old blobs.

    One such blob is added, so that pruning is observed to run.
    """
    stray = _folder(machine.folder) / STRAY
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"left")
    found = blobs_in(machine.folder)
    then = time.time() - AGE_SECONDS
    for blob in found:
        os.utime(_folder(machine.folder) / blob, (then, then))
    await machine.kill_and_restart("scheduler")
    await machine.ready("scheduler")
    deadline = time.monotonic() + PRUNING_SECONDS
    while blobs_in(machine.folder) - named and time.monotonic() < deadline:
        await asyncio.sleep(POLL_SECONDS)
    return len(found - named) - 1, len(blobs_in(machine.folder) - named)


def _folder(data: Path) -> Path:
    return data / "store" / "blobs"


def blobs_in(data: Path) -> set[str]:
    """Names of the blobs in the store of a data folder."""
    folder = _folder(data)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
