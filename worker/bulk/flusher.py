"""Appends the results of batches to their output and error files, in segments."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import structlog

from jobs.batches.batch import (
    Batch,
    BatchStatus,
    EndedChat,
    FlushResult,
    KeptLine,
    PendingLines,
    Segment,
)
from jobs.batches.input.index import unpack
from jobs.batches.input.input_line import LineHeader, read_headers
from jobs.batches.output_lines import Unrun, failed_line, output_line, unrun_line
from jobs.ledger import Ledger
from jobs.model.ids import new_callback_id
from jobs.model.job import InputLine, Job
from jobs.model.problems import Problem
from jobs.model.states import JobStatus
from jobs.store import Store
from jobs.views import job_view
from worker.bulk.segments import Draft, Lines, remaining

# Recording a segment blocks Redis for about 0.1 ms per line.
SEGMENT_LINES = 200
# A compromise between few segments and early results for a slow batch.
MAX_WAIT_SECONDS = 20.0
_UNRUN: Mapping[JobStatus, Unrun] = {
    JobStatus.cancelled: "batch_cancelled",
    JobStatus.expired: "batch_expired",
}
_LOST = Problem(
    "file-missing",
    "The result, or the line itself, is not in the scheduler's store. Send the line again; with "
    "several machines, all must share one store.",
)
log = structlog.get_logger()


class Flusher:
    """Several schedulers may run: the ledger refuses segments whose lines are already written."""

    def __init__(self, ledger: Ledger, store: Store) -> None:
        self._ledger = ledger
        self._store = store
        self._waiting_since: dict[str, float] = {}

    async def flush_due(self) -> int:
        """Write the segments that are due; returns the number of lines. Batches take turns, so
        that a small one does not wait until all of a large one is written.
        """
        written, counts = 0, [SEGMENT_LINES]
        while SEGMENT_LINES in counts:
            due = await self._ledger.batches.due_flushes()
            self._waiting_since = {
                batch_id: self._waiting_since.get(batch_id, time.monotonic()) for batch_id in due
            }
            counts = [await self._flush(batch_id) for batch_id in due]
            written += sum(counts)
        return written

    async def _flush(self, batch_id: str) -> int:
        count = await self._ledger.batches.count_unflushed(batch_id)
        waited = time.monotonic() - self._waiting_since[batch_id]
        if not count.last and count.outcomes < SEGMENT_LINES and waited < MAX_WAIT_SECONDS:
            return 0
        unflushed = await self._ledger.batches.unflushed(batch_id, SEGMENT_LINES)
        if unflushed is None:
            return 0
        self._waiting_since.pop(batch_id)
        return await self._write(unflushed)

    async def _write(self, unflushed: PendingLines) -> int:
        """Write one segment, or several if lines are long; returns the number of lines."""
        written, done = 0, False
        while not done:
            draft = await self._draft(unflushed)
            if not await self._store_segments(unflushed, draft):
                break
            written += draft.jobs + draft.unrun
            unflushed = remaining(unflushed, draft)
            done = not unflushed.jobs and not unflushed.unrun
        return written

    async def _draft(self, unflushed: PendingLines) -> Draft:
        draft = Draft()
        jobs = iter(unflushed.jobs)
        async for line in read_headers(self._store, [job.line for job in unflushed.jobs]):
            if draft.full:
                return draft
            job = next(jobs)
            await self._add(job, line, draft.output, draft.errors)
            draft.jobs += 1
            if line is not None and (line.callback_url is not None or job.case_blob is not None):
                callback_id = new_callback_id() if line.callback_url is not None else None
                draft.kept[job.id] = KeptLine(
                    callback_id, line.callback_url, line.custom_id, line.metadata
                )
        await self._add_unrun(unflushed, draft)
        return draft

    async def _store_segments(self, unflushed: PendingLines, draft: Draft) -> bool:
        """False if another scheduler wrote the lines first."""
        batch = unflushed.batch
        flushed = FlushResult(
            batch=batch,
            outcomes=draft.jobs,
            unrun=draft.unrun,
            output=await self._segment(batch, batch.output_file_id, draft.output),
            error=await self._segment(batch, batch.error_file_id, draft.errors),
            kept=draft.kept,
        )
        if await self._ledger.batches.flush(flushed):
            await self._delete_results(unflushed.jobs[: draft.jobs], draft.kept)
            return True
        await self._discard(flushed)
        return False

    async def _add(
        self, job: Job | EndedChat, line: LineHeader | None, output: Lines, errors: Lines
    ) -> None:
        custom_id = line.custom_id if line else None
        body = await self._body(job, line) if line else None
        if job.status in _UNRUN:
            number = job.line.number if job.line else 0
            errors.add(unrun_line(custom_id, number, _UNRUN[job.status]))
        elif body is not None and line is not None:
            origin = job.provenance if line.is_chat else None
            output.add(output_line(line.custom_id, job.id, body, origin))
        else:
            errors.add(failed_line(custom_id, job.id, job.error or _LOST.to_dict()))

    async def _body(self, job: Job | EndedChat, line: LineHeader) -> bytes | None:
        """The body of the output line; None for a job that did not succeed."""
        if job.status is not JobStatus.succeeded:
            return None
        try:
            if isinstance(job, Job):
                return (await job_view(job, self._store, line=line)).model_dump_json().encode()
            if job.result_blob is not None:
                return await self._store.read(job.result_blob)
        except FileNotFoundError:
            # Another scheduler may have written the line; then this segment will be refused.
            log.warning("batch.result_missing", batch_id=job.batch_id, job_id=job.id)
            return None
        return (job.result_json or "null").encode()

    async def _add_unrun(self, unflushed: PendingLines, draft: Draft) -> None:
        batch = unflushed.batch
        expired = batch.closing is BatchStatus.expired
        code: Unrun = "batch_expired" if expired else "batch_cancelled"
        lines = [
            InputLine(batch.input_blob, entry.line, entry.offset, entry.length)
            for entry in unpack(unflushed.unrun)
        ]
        numbers = (line.number for line in lines)
        async for line in read_headers(self._store, lines):
            if draft.full:
                break
            draft.errors.add(unrun_line(line.custom_id if line else None, next(numbers), code))
            draft.unrun += 1

    async def _segment(self, batch: Batch, file_id: str | None, lines: Lines) -> Segment | None:
        if not lines.count:
            return None
        blob = await self._store.put(lines.data, batch.department, file_id or batch.id)
        return Segment(blob, len(lines.data), lines.count)

    async def _delete_results(
        self, jobs: Sequence[Job | EndedChat], kept: Mapping[str, KeptLine]
    ) -> None:
        """Delete results in the store, now in the output file. A job that is kept needs its own."""
        for job in jobs:
            if job.id not in kept:
                for blob in filter(None, (job.result_blob, job.held_blob)):
                    await self._store.delete(blob)

    async def _discard(self, flushed: FlushResult) -> None:
        for segment in (flushed.output, flushed.error):
            if segment is not None:
                await self._store.delete(segment.blob)
