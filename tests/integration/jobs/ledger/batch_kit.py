"""Drives batches through the ledger without files: of segments, only line numbers are stored."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from redis import Redis

from jobs.batches.batch import (
    Batch,
    FlushResult,
    Indexing,
    IndexResult,
    KeptLine,
    NewBatch,
    Segment,
)
from jobs.batches.input.index import Entry, pack, unpack
from jobs.ledger import IdempotencyKey, Ledger
from jobs.ledger.batches import BatchReceipt
from jobs.ledger.runs import Ending, Room, WaitingClaims
from jobs.ledger.upkeep import Windows
from jobs.model.ids import new_batch_id, new_callback_id, new_file_id
from jobs.model.job import Claim, Usage
from jobs.model.lanes import Lane
from jobs.model.states import JobStatus
from tests.integration.files import a_file

LINE_TOKENS, LINE_BYTES = 100, 40
URL = "http://receiver.intranet/hook"
SUCCEEDED = Ending(JobStatus.succeeded, result="{}")


def a_new_batch(**changes: Any) -> NewBatch:
    now = datetime.now(UTC)
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return NewBatch(
        **{
            "id": new_batch_id(),
            "callback_id": new_callback_id() if "callback_url" in changes else None,
            "department": "tax",
            "endpoint": "/v1/jobs",
            "lane": Lane.bulk,
            "input_file_id": new_file_id(),
            "input_bytes": 3,
            "completion_window": "24h",
            "deadline": now + timedelta(hours=24),
            "created_at": now,
            **changes,
        }
    )


@dataclass(frozen=True, slots=True)
class Released:
    """What a claim gave. `in_hand`: how many bulk jobs ran before."""

    released: int
    more: bool
    in_hand: int


@dataclass(slots=True)
class BatchDriver:
    """Does the work of submitters, schedulers and workers. `written`: line numbers by blob.
    `claimed`: claims by job.
    """

    ledger: Ledger
    redis: Redis
    written: dict[str, list[int]] = field(default_factory=dict)
    claimed: dict[str, Claim] = field(default_factory=dict)
    _sent: list[Claim] = field(default_factory=list)
    _blobs: count[int] = field(default_factory=lambda: count(1))

    async def submit(
        self, *, lines: int = 1, key: IdempotencyKey | None = None, **changes: Any
    ) -> NewBatch:
        """A batch whose file is still to be read."""
        batch = a_new_batch(**changes)
        await self.keep_file(batch, lines)
        await self.create(batch, key=key)
        return batch

    async def keep_file(self, batch: NewBatch, lines: int = 1) -> None:
        place = f"{batch.department}/aa/input"
        file = a_file(
            id=batch.input_file_id, department=batch.department, lines=lines, blobs=(place,)
        )
        await self.ledger.files.keep(file)

    async def create(
        self, batch: NewBatch, body: bytes = b"{}", *, key: IdempotencyKey | None = None
    ) -> BatchReceipt:
        return await self.ledger.batches.create(batch, body, key)

    async def indexing(self) -> Indexing:
        found = await self.ledger.batches.claim_indexing()
        assert found is not None
        return found

    async def begin(
        self, lines: int | Sequence[tuple[str, int]] = 3, *, refused: int = 0, **changes: Any
    ) -> Batch:
        """A batch whose lines wait; a line is its task and its tokens, `refused` ones come last."""
        batch = await self.submit(**changes)
        assert await self.ledger.batches.begin(await self.indexing(), self.begun(lines, refused))
        return await self.get(batch)

    def begun(self, lines: int | Sequence[tuple[str, int]], refused: int = 0) -> IndexResult:
        if isinstance(lines, int):
            lines = [("summarize", LINE_TOKENS)] * lines
        tasks = list(dict.fromkeys(task for task, _ in lines)) or ["summarize"]
        tokens = Counter[str]()
        for task, amount in lines:
            tokens[task] += amount
        index = pack(
            Entry(number * LINE_BYTES, LINE_BYTES - 1, amount, number + 1, tasks.index(task))
            for number, (task, amount) in enumerate(lines)
        )
        numbers = [len(lines) + number + 1 for number in range(refused)]
        return IndexResult(
            index=index,
            tasks=tasks,
            tokens=tokens,
            indexed=len(lines),
            total=len(lines) + refused,
            refused=refused,
            output_file_id=new_file_id(),
            error_file_id=new_file_id(),
            refusals=self.segment("tax", numbers) if refused else None,
        )

    async def get(self, batch: NewBatch | Batch) -> Batch:
        found = await self.ledger.batches.get(batch.department, batch.id)
        assert found is not None
        return found

    async def release(
        self,
        depth: int = 1_000,
        *,
        unwritten: int = 5_000,
        idle_depth: int = 0,
        closed: frozenset[str] = frozenset(),
        closed_batches: frozenset[str] = frozenset(),
    ) -> Released:
        """Have a worker claim bulk jobs until `depth` of them run, and as many interactive ones."""
        windows = Windows(closed, closed_batches, idle_depth)
        await self.ledger.upkeep.set_windows(windows)
        bulk = int(self.redis.scard("chancery:running-bulk"))
        interactive = max(depth - int(self.redis.zcard("chancery:running")) + bulk, 0)
        room = Room(interactive, interactive, max(depth - bulk, 0), unwritten)
        claims = await self.ledger.runs.claim_waiting("w", 30, room)
        self.claimed |= {claim.job.id: claim for claim in claims.granted}
        self._sent += claims.granted
        return Released(len(claims.granted), claims.more, bulk)

    async def claim_room(self, bulk: int) -> WaitingClaims:
        """Claim bulk jobs, at most so many, under the windows as they are."""
        return await self.ledger.runs.claim_waiting("w", 30, Room(-1, 0, bulk))

    def sent(self, lane: Lane = Lane.bulk) -> list[str]:
        """The jobs of a lane that were claimed and not taken yet."""
        return [claim.job.id for claim in self._sent if claim.job.lane is lane]

    def line_of(self, job_id: str) -> int:
        number: Any = self.redis.hget(f"chancery:job:{job_id}", "line")
        return int(number or 0)

    def sent_lines(self, lane: Lane = Lane.bulk) -> list[int]:
        return [self.line_of(job_id) for job_id in self.sent(lane)]

    def take_sent(self, lane: Lane = Lane.bulk) -> list[str]:
        ids = self.sent(lane)
        self._sent = [claim for claim in self._sent if claim.job.lane is not lane]
        return ids

    def sent_by_department(self) -> Counter[str]:
        return Counter(claim.job.department for claim in self._sent)

    async def claim(self, job_ids: Sequence[str]) -> list[Claim]:
        """The claims of jobs that `release` claimed."""
        return [self.claimed[job_id] for job_id in job_ids if job_id in self.claimed]

    def end_lease(self, job_id: str) -> None:
        self.redis.zadd("chancery:running", {job_id: 1})

    async def run(self, job_ids: Sequence[str], ending: Ending = SUCCEEDED) -> None:
        claims = await self.claim(job_ids)
        ended = await asyncio.gather(*(self.ledger.runs.finish(one, ending) for one in claims))
        assert all(ended)

    async def run_using(self, job_ids: Sequence[str], tokens: int) -> None:
        """Run jobs that each use so many tokens, whatever was estimated."""
        usage = Usage(prompt_tokens=tokens)
        await self.run(job_ids, Ending(JobStatus.succeeded, result="{}", usage=usage))

    async def unwritten(
        self, batch: NewBatch | Batch, most: int = 1_000, *, callbacks: bool = False
    ) -> FlushResult:
        """What a scheduler writes next: as segments that are in the store, and not yet noted."""
        unflushed = await self.ledger.batches.unflushed(batch.id, most)
        assert unflushed is not None
        good, bad = list[int](), list[int]()
        for job in unflushed.jobs:
            assert job.line is not None
            (good if job.status is JobStatus.succeeded else bad).append(job.line.number)
        unrun = [entry.line for entry in unpack(unflushed.unrun)]
        bad += unrun
        wanted = unflushed.jobs if callbacks else []
        return FlushResult(
            batch=unflushed.batch,
            outcomes=len(unflushed.jobs),
            unrun=len(unrun),
            output=self.segment(batch.department, good),
            error=self.segment(batch.department, bad),
            kept={job.id: KeptLine(new_callback_id(), URL, f"line-{job.id}", {}) for job in wanted},
        )

    def segment(self, department: str, lines: Sequence[int]) -> Segment | None:
        if not lines:
            return None
        blob = f"{department}/aa/segment-{next(self._blobs)}"
        self.written[blob] = list(lines)
        return Segment(blob, 10 * len(lines), len(lines))

    async def write(self, batch: NewBatch | Batch, most: int = 1_000, **terms: Any) -> bool:
        return await self.ledger.batches.flush(await self.unwritten(batch, most, **terms))

    async def written_lines(self, batch: Batch) -> tuple[list[int], list[int]]:
        """Numbers of the lines in the output file and in the error file, as they stand there."""
        found = []
        for file_id in (batch.output_file_id, batch.error_file_id):
            file = await self.ledger.files.get(batch.department, file_id or "")
            numbers = [line for blob in file.blobs for line in self.written[blob]] if file else []
            assert len(numbers) == (file.lines if file else 0)
            found.append(numbers)
        return found[0], found[1]

    async def counts(self, batch: NewBatch | Batch) -> tuple[int, int, int]:
        """Total, completed, failed."""
        now = await self.get(batch)
        return now.total, now.completed, now.failed

    def left(self) -> set[str]:
        """Keys of what was kept for batches and their jobs."""
        kinds = ("batch:", "index:", "open:", "outcomes:", "readings:", "job:", "jobs:", "waiting:")
        names: Any = self.redis.keys("chancery:*")
        return {name for name in names if name.removeprefix("chancery:").startswith(kinds)}
