"""Batches in the ledger: submitted, read, begun, flushed, cancelled, listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from jobs.batches.batch import (
    Batch,
    BatchStatus,
    Begun,
    Flushed,
    Indexing,
    LineCallback,
    NewBatch,
    Segment,
    Unflushed,
    Unwritten,
)
from jobs.batches.input.index import ENTRY_BYTES
from jobs.ledger.batch_records import new_batch_record, to_batch
from jobs.ledger.connection import PREFIX, Connection
from jobs.ledger.page import Order, Page, check_after, read_ids
from jobs.ledger.quotas import over_quota, to_quotas
from jobs.ledger.records import dump, pairs, to_job, to_ms
from jobs.ledger.replies import IdempotencyKey, earlier_reply, mismatch, reply_argument
from jobs.model.ids import is_batch_id
from jobs.model.problems import Problem, ProblemError
from jobs.model.quotas import QuotaLeft

_LEASE_MS = 30_000


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """`body` is the first answer to the batch's idempotency key; `quotas` is what the department's
    quotas leave now.
    """

    body: bytes
    replayed: bool
    quotas: Sequence[QuotaLeft]


class BatchLedger:
    """Every method raises `ProblemError("unavailable")` while Redis is away."""

    def __init__(
        self,
        connection: Connection,
        *,
        keep_hours: float,
        file_keep_hours: float,
        reply_keep_hours: float,
        max_waiting_lines: int,
    ) -> None:
        self._connection = connection
        self._keep_ms = round(keep_hours * 3_600_000)
        self._file_keep_ms = round(file_keep_hours * 3_600_000)
        self._reply_keep_ms = round(reply_keep_hours * 3_600_000)
        self._max_waiting_lines = max_waiting_lines

    async def create(
        self,
        batch: NewBatch,
        body: bytes,
        idempotency: IdempotencyKey | None,
        *,
        output_keep: timedelta | None = None,
    ) -> KeptBatch:
        """Keep a batch, to be read. With `output_keep` its output and error files are removed
        sooner than files are.

        Raises `ProblemError`: `idempotency-mismatch`, `not-found` (the file), `system-full`, and
        `OverQuotaError`.
        """
        reply = reply_argument(idempotency, body, self._reply_keep_ms)
        keep_ms = round(output_keep.total_seconds() * 1000) if output_keep else self._file_keep_ms
        record = dump(new_batch_record(batch, self._keep_ms, min(keep_ms, self._file_keep_ms)))
        match await self._connection.run("create_batch", record, reply, self._max_waiting_lines):
            case ["kept", quotas]:
                return KeptBatch(body, replayed=False, quotas=to_quotas(quotas))
            case ["replayed", quotas, earlier]:
                return KeptBatch(earlier.encode(), replayed=True, quotas=to_quotas(quotas))
            case ["over", *_] as answer:
                raise over_quota(batch.department, answer)
            case ["mismatch"]:
                raise mismatch()
            case ["full"]:
                raise ProblemError(
                    "system-full",
                    "As many lines wait as may wait. Nothing was accepted. Try again later.",
                    retry_after=600,
                )
        raise ProblemError("not-found", "There is no such file. Upload it first.")

    async def earlier(self, department: str, idempotency: IdempotencyKey) -> KeptBatch | None:
        """What `create` answered to the key before; None where it was not used.

        Raises `ProblemError("idempotency-mismatch")`.
        """
        found = await earlier_reply(self._connection, department, "batches", idempotency)
        return KeptBatch(found.body, replayed=True, quotas=found.quotas) if found else None

    async def get(self, department: str, batch_id: str) -> Batch | None:
        """A department's batch; None where it has no such batch."""
        if not is_batch_id(batch_id):
            return None
        redis = self._connection.redis
        record = await self._connection.ask(redis.hgetall(f"{PREFIX}batch:{batch_id}"))
        return to_batch(record) if record and record["department"] == department else None

    async def list(self, department: str, *, after: str | None, limit: int) -> Page[Batch]:
        """A page of a department's batches, newest first.

        `after` is the id of the last batch of the page before; anything else raises
        `ProblemError("invalid-request")`.
        """
        check_after(after, is_batch_id, "batch")
        index = f"{PREFIX}batches:{department}"
        ids = await read_ids(
            self._connection, index, after=after, count=limit + 1, order=Order.desc
        )
        found = await self._load(ids[:limit])
        return Page(found, ids[limit - 1] if len(ids) > limit else None)

    async def open(self) -> Sequence[Batch]:
        """Every batch that has not ended, of all departments, in no order."""
        redis = self._connection.redis
        return await self._load(
            await self._connection.ask(redis.zrange(f"{PREFIX}batches-open", 0, -1))
        )

    async def cancel(self, department: str, batch_id: str) -> Batch | None:
        """Cancel a batch; one that has ended, or is being ended, stays as it is."""
        if not is_batch_id(batch_id):
            return None
        record = pairs(await self._connection.run("cancel_batch", department, batch_id))
        return to_batch(record) if record else None

    async def claim_indexing(self) -> Indexing | None:
        """The batch that has waited longest for its file to be read, for half a minute."""
        record = pairs(await self._connection.run("claim_indexing", _LEASE_MS))
        if not record:
            return None
        return Indexing(to_batch(record), int(record["token"]), int(record["readings"]))

    async def note_indexing(self, indexing: Indexing, read: int) -> bool:
        """Keep a batch for another half minute; False where it is to be read no further."""
        return bool(
            await self._connection.run(
                "note_indexing", indexing.batch.id, indexing.token, _LEASE_MS, read
            )
        )

    async def give_back_indexing(self, indexing: Indexing, seconds: float) -> None:
        """Have a batch read again after so long, by a scheduler that could not go on."""
        batch_id, token = indexing.batch.id, indexing.token
        await self._connection.run("give_back_indexing", batch_id, token, round(seconds * 1000))

    async def begin(self, indexing: Indexing, begun: Begun) -> bool:
        """Let the lines wait for their release; False where the batch is not this scheduler's."""
        facts = {
            "tasks": begun.tasks,
            "tokens": begun.tokens,
            "indexed": begun.indexed,
            "total": begun.total,
            "refused": begun.refused,
        }
        return bool(
            await self._connection.run(
                "begin_batch",
                indexing.batch.id,
                indexing.token,
                begun.index,
                dump(facts),
                begun.output_file_id,
                begun.error_file_id,
                _segment(begun.refusals),
            )
        )

    async def fail(self, indexing: Indexing, errors: Sequence[Problem]) -> bool:
        """End a batch whose file is of no use; False where the batch is not this scheduler's."""
        listed = dump([error.to_dict() | {"code": error.code} for error in errors])
        return bool(
            await self._connection.run("fail_batch", indexing.batch.id, indexing.token, listed)
        )

    async def note_expected(self, expected: Mapping[str, datetime | None]) -> None:
        """Keep when batches are expected to be done now."""
        args = [part for id_, end in expected.items() for part in (id_, to_ms(end) if end else "")]
        await self._connection.run("note_expected", *args)

    async def due_flushes(self, most: int = 100) -> Sequence[str]:
        """Ids of batches of which something is to be written, the longest waiting first."""
        redis = self._connection.redis
        return list(await self._connection.ask(redis.zrange(f"{PREFIX}flush-due", 0, most - 1)))

    async def count_unflushed(self, batch_id: str) -> Unwritten:
        redis = self._connection.redis
        pipeline = redis.pipeline(transaction=False)
        pipeline.llen(f"{PREFIX}outcomes:{batch_id}")
        pipeline.hmget(f"{PREFIX}batch:{batch_id}", "status", "closing")
        outcomes, (status, closing) = await self._connection.ask(pipeline.execute())
        return Unwritten(outcomes, last=bool(closing) or status != BatchStatus.in_progress)

    async def unflushed(self, batch_id: str, most: int) -> Unflushed | None:
        """What is to be written next; None where another scheduler wrote it meanwhile."""
        redis = self._connection.redis
        pipeline = redis.pipeline(transaction=False)
        pipeline.hgetall(f"{PREFIX}batch:{batch_id}")
        pipeline.lrange(f"{PREFIX}outcomes:{batch_id}", 0, most - 1)
        record, ids = await self._connection.ask(pipeline.execute())
        if not record:
            return None
        batch = to_batch(record)
        for job_id in ids:
            pipeline.hgetall(f"{PREFIX}job:{job_id}")
        unrun = min(most - len(ids), batch.indexed - batch.released) if batch.closing else 0
        pipeline.execute_command(
            "GETRANGE",
            f"{PREFIX}index:{batch_id}",
            batch.released * ENTRY_BYTES,
            (batch.released + unrun) * ENTRY_BYTES - 1,
            NEVER_DECODE=True,
        )
        *jobs, entries = await self._connection.ask(pipeline.execute())
        if not all(jobs):
            return None  # another scheduler wrote them between the two looks
        return Unflushed(batch, [to_job(job) for job in jobs], entries if unrun else b"")

    async def flush(self, flushed: Flushed) -> bool:
        """Note what was written; False where another one was quicker, and the segments are not
        used. The batch ends with its last line.
        """
        return bool(
            await self._connection.run(
                "flush_batch",
                flushed.batch.id,
                flushed.batch.flushed,
                flushed.outcomes,
                flushed.unrun,
                _segment(flushed.output),
                _segment(flushed.error),
                dump({job_id: _callback(one) for job_id, one in flushed.callbacks.items()}),
            )
        )

    async def _load(self, ids: Sequence[str]) -> Sequence[Batch]:
        pipeline = self._connection.redis.pipeline(transaction=False)
        for batch_id in ids:
            pipeline.hgetall(f"{PREFIX}batch:{batch_id}")
        records = await self._connection.ask(pipeline.execute())
        return [to_batch(record) for record in records if record]


def _callback(callback: LineCallback) -> Sequence[str]:
    return (callback.id, callback.url, callback.custom_id, dump(callback.metadata))


def _segment(segment: Segment | None) -> str:
    return dump(asdict(segment)) if segment else ""
