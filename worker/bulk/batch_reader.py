"""The scheduler's reading of batches' input files: checked and indexed a slice at a time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from jobs.batches.batch import Batch, Begun, Indexing, Segment
from jobs.batches.input.indexing import Indexer, IndexLimits, Slice
from jobs.batches.input.lines import LineProblem
from jobs.batches.outcomes import refused_line
from jobs.ledger import Ledger
from jobs.model.department import Department
from jobs.model.ids import new_file_id
from jobs.model.problems import Problem, ProblemError
from jobs.store import Incoming, Store
from jobs.submit.submission import check_callback

# A document that a line names is kept for a run that began at the deadline, too.
DOCUMENT_MARGIN = timedelta(hours=1)
MOST_READINGS = 3
log = structlog.get_logger()


class BatchReader:
    """Reads one file at a time; another scheduler takes over where this one dies."""

    def __init__(self, ledger: Ledger, store: Store, limits: IndexLimits) -> None:
        self._ledger = ledger
        self._store = store
        self._limits = limits
        self._unread: tuple[Indexing, float] | None = None

    async def read_next(self) -> bool:
        """Read the file of the batch that has waited longest; False where none waits.

        Raises `ProblemError` with a `retry_after` where the trouble is none of the file's; then it
        is read again after that.
        """
        await self._give_back()
        indexing = await self._ledger.batches.claim_indexing()
        if indexing is None:
            return False
        with structlog.contextvars.bound_contextvars(batch_id=indexing.batch.id):
            try:
                await self._read_or_fail(indexing)
            except ProblemError as error:
                self._unread = indexing, error.retry_after or 0.0
                await self._give_back()
                raise
        return True

    async def _read_or_fail(self, indexing: Indexing) -> None:
        if indexing.readings > MOST_READINGS:
            detail = "The file could not be read: the process that read it died each time."
            await self._fail(indexing, Problem("poisoned", detail))
            return
        try:
            await self._read(indexing)
        except FileNotFoundError:
            detail = "The input file is not in the store. Upload it again."
            await self._fail(indexing, Problem("file-missing", detail))
        except ProblemError as error:
            if error.retry_after is not None:
                raise  # none of the file's doing
            await self._fail(indexing, error.problem)

    async def _give_back(self) -> None:
        """Where the ledger is away, that is done once it is back."""
        if self._unread is not None:
            await self._ledger.batches.requeue_indexing(*self._unread)
            self._unread = None

    async def _read(self, indexing: Indexing) -> None:
        batch = indexing.batch
        department = await self._ledger.departments.get(batch.department)
        if department is None:
            return
        limits = replace(
            self._limits, allow_secrecy=department.allow_secrecy, department=department.name
        )
        indexer = Indexer(self._store.path(batch.input_blob), batch.endpoint, limits)
        # In a file, as they may be more than what was sent.
        async with self._store.incoming(sys.maxsize) as refused:
            if await self._check(indexing, department, indexer, refused):
                await self._begin(indexing, indexer, refused)
            else:
                log.info("batch.reading_left")

    async def _check(
        self, indexing: Indexing, department: Department, indexer: Indexer, refused: Incoming
    ) -> bool:
        """Read the file, and write lines that are refused; False where another one reads it."""
        piece: Slice | None = None
        while piece is None or not piece.done:
            piece = await asyncio.to_thread(indexer.read_slice)
            looked_up = await self._look_up(indexing.batch, department, indexer, piece)
            problems = [*piece.problems, *looked_up]
            await asyncio.to_thread(refused.write, b"".join(map(refused_line, problems)))
            if not await self._ledger.batches.renew_indexing(indexing, piece.bytes_read):
                return False
        return True

    async def _look_up(
        self, batch: Batch, department: Department, indexer: Indexer, piece: Slice
    ) -> Sequence[LineProblem]:
        """Refuse lines of the slice that name what the department does not have, or may not."""
        until = batch.deadline + DOCUMENT_MARGIN
        ids = sorted(piece.document_ids)
        sizes = await self._ledger.documents.extend(batch.department, ids, until)
        no_libraries = await self._ledger.libraries.missing(batch.department, piece.libraries)
        refused = await _refused_callbacks(department, piece.callback_urls)
        return [
            *indexer.apply_document_sizes(sizes),
            *indexer.refuse_missing_libraries(no_libraries),
            *indexer.refuse_callbacks(refused),
        ]

    async def _begin(self, indexing: Indexing, indexer: Indexer, refused: Incoming) -> None:
        batch, found = indexing.batch, await asyncio.to_thread(indexer.index)
        error_file_id, refusals = new_file_id(), None
        if refused.bytes:
            blob = await self._store.keep(refused, batch.department, error_file_id)
            refusals = Segment(blob, refused.bytes, found.problems)
        begun = Begun(
            index=found.packed,
            tasks=found.tasks,
            tokens=dict(zip(found.tasks, found.tokens_by_task, strict=True)),
            indexed=sum(found.lines_by_task),
            total=found.lines,
            refused=found.problems,
            output_file_id=new_file_id(),
            error_file_id=error_file_id,
            refusals=refusals,
        )
        stands = await self._ledger.batches.begin(indexing, begun)
        if not stands and refusals:
            await self._store.delete(refusals.blob)
        log.info("batch.begun", lines=found.lines, refused=found.problems, stands=stands)

    async def _fail(self, indexing: Indexing, problem: Problem) -> None:
        await self._ledger.batches.fail(indexing, [problem])
        log.info("batch.failed", code=problem.code)


async def _refused_callbacks(department: Department, urls: frozenset[str]) -> Mapping[str, Problem]:
    refused = {}
    for url in urls:
        try:
            await check_callback(department, url)
        except ProblemError as error:
            refused[url] = error.problem
    return refused
