"""Batches: submit, read their files, begin, flush, cancel and list them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial

from jobs.batches.batch import (
    Batch,
    BatchStatus,
    EndedChat,
    FlushResult,
    Indexing,
    IndexResult,
    KeptLine,
    LineUrl,
    NewBatch,
    PendingLines,
    PendingOutcomes,
    Segment,
)
from jobs.batches.estimate import Estimate
from jobs.batches.input.index import ENTRY_BYTES
from jobs.ledger.batch_records import new_batch_record, to_batch
from jobs.ledger.department_records import over_quota, to_quotas
from jobs.ledger.ended_chats import FIELDS as CHAT_FIELDS
from jobs.ledger.ended_chats import read_ended_chat
from jobs.ledger.page import Order, Page, check_after, read_ids
from jobs.ledger.records import Record, dump, pairs, to_ms
from jobs.ledger.replies import IdempotencyKey, earlier_reply, mismatch, reply_argument
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.ledger.unreadable import read_batch, read_job, readable
from jobs.model.ids import is_batch_id
from jobs.model.job import Job
from jobs.model.problems import Problem, ProblemError
from jobs.model.quotas import QuotaLeft

_LEASE_MS = 30_000
_DELETED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class BatchReceipt:
    """What was stored for a submission. `replayed`: `body` is the reply to an earlier request with
    the same key. `quotas`: what is left of the department's quotas.
    """

    body: bytes
    replayed: bool
    quotas: Sequence[QuotaLeft]


class BatchLedger:
    """Every method raises `ProblemError("unavailable")` while Redis cannot be reached."""

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

    async def delete(self, department: str, batch_id: str) -> AsyncIterator[Sequence[str]]:
        """Remove an ended batch, its jobs and its files, in steps that each yield the blobs that
        the caller deletes. No step: no such batch.

        Raises `ProblemError("not-ended")`.
        """
        state = "more" if is_batch_id(batch_id) else "none"
        while state == "more":
            state, *answer = await self._connection.run(
                "batches/delete", department, batch_id, _DELETED_AT_ONCE
            )
            if state == "open":
                raise ProblemError(
                    "not-ended",
                    f"The batch is {answer[0]}. Cancel it, and delete it after its end.",
                )
            if answer:
                yield list(answer[0])

    async def create(
        self,
        batch: NewBatch,
        body: bytes,
        idempotency: IdempotencyKey | None,
        *,
        output_keep: timedelta | None = None,
    ) -> BatchReceipt:
        """Store a batch, whose input file a scheduler then reads.

        `output_keep`: how long its output and error files are kept, if shorter than other files.
        Raises `ProblemError`: `idempotency-mismatch`, `not-found` (the file), `system-full`, and
        `OverQuotaError`.
        """
        reply = reply_argument(idempotency, body, self._reply_keep_ms)
        keep_ms = round(output_keep.total_seconds() * 1000) if output_keep else self._file_keep_ms
        record = dump(new_batch_record(batch, self._keep_ms, min(keep_ms, self._file_keep_ms)))
        match await self._connection.run("batches/create", record, reply, self._max_waiting_lines):
            case ["stored", quotas]:
                return BatchReceipt(body, replayed=False, quotas=to_quotas(quotas))
            case ["replayed", quotas, earlier]:
                return BatchReceipt(earlier.encode(), replayed=True, quotas=to_quotas(quotas))
            case ["over", *_] as answer:
                raise over_quota(batch.department, answer)
            case ["mismatch"]:
                raise mismatch()
            case ["full"]:
                raise ProblemError(
                    "system-full",
                    "The queue of batch lines is full. Nothing was accepted. Try again later.",
                    retry_after=600,
                )
        raise ProblemError("not-found", "There is no such file. Upload it first.")

    async def earlier(self, department: str, idempotency: IdempotencyKey) -> BatchReceipt | None:
        """What `create` returned for this key before; None for a new key.

        Raises `ProblemError("idempotency-mismatch")`.
        """
        reply = await earlier_reply(self._connection, department, "batches", idempotency)
        return BatchReceipt(reply.body, replayed=True, quotas=reply.quotas) if reply else None

    async def get(self, department: str, batch_id: str) -> Batch | None:
        """A department's batch; None if it has no such batch."""
        if not is_batch_id(batch_id):
            return None
        redis = self._connection.redis
        record = await self._connection.ask(redis.hgetall(f"{PREFIX}batch:{batch_id}"))
        return read_batch(record) if record and record["department"] == department else None

    async def list(self, department: str, *, after: str | None, limit: int) -> Page[Batch]:
        """A page of a department's batches, newest first.

        `after` is the id of the last batch of the page before. Raises
        `ProblemError("invalid-request")` if it is not a batch's id.
        """
        check_after(after, is_batch_id, "batch")
        index = f"{PREFIX}batches:{department}"
        ids = await read_ids(
            self._connection, index, after=after, count=limit + 1, order=Order.desc
        )
        batches = await self._load(ids[:limit])
        return Page(batches, ids[limit - 1] if len(ids) > limit else None)

    async def open(self) -> Sequence[Batch]:
        """All batches that have not ended, of all departments, in no order.

        Without those whose records cannot be read: they expire at their deadlines.
        """
        redis = self._connection.redis
        ids = await self._connection.ask(redis.zrange(f"{PREFIX}batches-open", 0, -1))
        batches = [
            readable("batch", record["id"], partial(to_batch, record))
            for record in await self._records(ids)
        ]
        return [batch for batch in batches if batch is not None]

    async def cancel(self, department: str, batch_id: str) -> Batch | None:
        """Cancel a batch. One that has ended or is ending is not changed. None: no such batch."""
        if not is_batch_id(batch_id):
            return None
        record = pairs(await self._connection.run("batches/cancel", department, batch_id))
        return read_batch(record) if record else None

    async def department_of(self, batch_id: str) -> str | None:
        """The department that a batch belongs to, for operators; None if there is no such batch."""
        if not is_batch_id(batch_id):
            return None
        redis = self._connection.redis
        name = f"{PREFIX}batch:{batch_id}"
        department: str | None = await self._connection.ask(redis.hget(name, "department"))
        return department

    async def claim_indexing(self, beside: Collection[str] = ()) -> Indexing | None:
        """Claim the batch whose file has waited longest to be read, for half a minute.

        `beside`: departments whose files are being read; their other files are left waiting.
        """
        record = pairs(await self._connection.run("batches/claim_indexing", _LEASE_MS, *beside))
        if not record:
            return None
        return Indexing(read_batch(record), int(record["token"]), int(record["readings"]))

    async def renew_indexing(self, indexing: Indexing, read: int) -> bool:
        """Renew the claim for half a minute, and store how many bytes were read.

        False: the batch has ended or another scheduler has claimed it. Stop reading.
        """
        return bool(
            await self._connection.run(
                "batches/renew_indexing", indexing.batch.id, indexing.token, _LEASE_MS, read
            )
        )

    async def requeue_indexing(self, indexing: Indexing, seconds: float) -> None:
        """Have a batch's file read again after `seconds`. This reading does not count."""
        batch_id, token = indexing.batch.id, indexing.token
        await self._connection.run(
            "batches/requeue_indexing", batch_id, token, round(seconds * 1000)
        )

    async def begin(self, indexing: Indexing, begun: IndexResult) -> bool:
        """Begin a batch: its lines can be released. False: another scheduler claimed it."""
        facts = {
            "tasks": begun.tasks,
            "tokens": begun.tokens,
            "indexed": begun.indexed,
            "total": begun.total,
            "refused": begun.refused,
        }
        return bool(
            await self._connection.run(
                "batches/begin",
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
        """End a batch whose file cannot be used. False: another scheduler claimed it."""
        listed = dump([error.to_dict() | {"code": error.code} for error in errors])
        return bool(
            await self._connection.run("batches/fail", indexing.batch.id, indexing.token, listed)
        )

    async def set_estimates(self, estimates: Mapping[str, Estimate]) -> None:
        """Store when batches are expected to end, or why they stand still."""
        args: list[str | int] = []
        for batch_id, estimate in estimates.items():
            end, stall = estimate.expected_at, estimate.stall
            args += (batch_id, to_ms(end) if end else "", dump(stall) if stall else "")
        await self._connection.run("batches/set_estimates", *args)

    async def due_flushes(self, most: int = 100) -> Sequence[str]:
        """Ids of batches with outcomes to write, the longest waiting first."""
        redis = self._connection.redis
        return list(await self._connection.ask(redis.zrange(f"{PREFIX}flush-due", 0, most - 1)))

    async def count_unflushed(self, batch_id: str) -> PendingOutcomes:
        redis = self._connection.redis
        pipeline = redis.pipeline(transaction=False)
        pipeline.llen(f"{PREFIX}outcomes:{batch_id}")
        pipeline.hmget(f"{PREFIX}batch:{batch_id}", "status", "closing")
        outcomes, (status, closing) = await self._connection.ask(pipeline.execute())
        return PendingOutcomes(outcomes, last=bool(closing) or status != BatchStatus.in_progress)

    async def unflushed(self, batch_id: str, most: int) -> PendingLines | None:
        """The next outcomes to write, at most `most`. None: another scheduler has written them."""
        # One script: reading the replies to many commands takes longer than all else here.
        record, *records = await self._connection.run(
            "batches/unflushed", batch_id, most, LineUrl.chat.value, *CHAT_FIELDS
        )
        if not record:
            return None
        batch = read_batch(pairs(record))
        is_chat = batch.endpoint == LineUrl.chat
        jobs = _ended_chats(records) if is_chat else _jobs(records)
        if jobs is None:
            return None
        unrun = min(most - len(jobs), batch.indexed - batch.released) if batch.closing else 0
        entries = await self._entries(batch, unrun) if unrun else b""
        return PendingLines(batch, jobs, entries)

    async def _entries(self, batch: Batch, count: int) -> bytes:
        """The entries in the index of the next lines that no worker has claimed."""
        entries: bytes = await self._connection.ask(
            self._connection.redis.execute_command(  # type: ignore[no-untyped-call]
                "GETRANGE",
                f"{PREFIX}index:{batch.id}",
                batch.released * ENTRY_BYTES,
                (batch.released + count) * ENTRY_BYTES - 1,
                NEVER_DECODE=True,
            )
        )
        return entries

    async def flush(self, flushed: FlushResult) -> bool:
        """Add written segments to the batch's files. The last line ends the batch.

        False: another scheduler wrote these lines first, and the segments are not used.
        """
        return bool(
            await self._connection.run(
                "batches/flush",
                flushed.batch.id,
                flushed.batch.flushed,
                flushed.outcomes,
                flushed.unrun,
                _segment(flushed.output),
                _segment(flushed.error),
                dump({job_id: _kept_line(each) for job_id, each in flushed.kept.items()}),
            )
        )

    async def _load(self, ids: Sequence[str]) -> Sequence[Batch]:
        return [read_batch(record) for record in await self._records(ids)]

    async def _records(self, ids: Sequence[str]) -> Sequence[Record]:
        pipeline = self._connection.redis.pipeline(transaction=False)
        for batch_id in ids:
            pipeline.hgetall(f"{PREFIX}batch:{batch_id}")
        return [record for record in await self._connection.ask(pipeline.execute()) if record]


def _jobs(records: Sequence[Sequence[str]]) -> Sequence[Job] | None:
    """None if one is missing: its outcome was written meanwhile."""
    return [read_job(pairs(record)) for record in records] if all(records) else None


def _ended_chats(records: Sequence[Sequence[str | None]]) -> Sequence[EndedChat] | None:
    """As `_jobs`."""
    chats = [chat for values in records if (chat := read_ended_chat(values)) is not None]
    return chats if len(chats) == len(records) else None


def _kept_line(line: KeptLine) -> Sequence[str]:
    return (line.callback_id or "", line.url or "", line.custom_id, dump(line.metadata))


def _segment(segment: Segment | None) -> str:
    return dump(asdict(segment)) if segment else ""
