"""Reads the input files of batches: checks and indexes their lines, a slice at a time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from documents.errors import Retry, WorkError
from documents.isolation.compute import Processes, computing_in
from documents.isolation.owner import Owner, working_for
from jobs.batches.batch import Batch, Indexing, IndexResult, Segment
from jobs.batches.input.indexing import Indexer, IndexLimits, Slice
from jobs.batches.input.lines import LineProblem
from jobs.batches.output_lines import refused_line
from jobs.ledger import Ledger
from jobs.model.department import Department
from jobs.model.ids import new_file_id
from jobs.model.problems import Problem, ProblemError
from jobs.store import Incoming, Store
from jobs.submit.targets import check_callback

# For a run that starts just before the deadline.
DOCUMENT_MARGIN = timedelta(hours=1)
MAX_READINGS = 3
UNAVAILABLE_SECONDS = 5.0
log = structlog.get_logger()


class BatchReader:
    """Reads one file of a department at a time, and those of several departments beside each other,
    a slice of each in turn. If the process dies, another scheduler reads the files again, and
    claims no other one meanwhile.
    """

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        limits: IndexLimits,
        processes: Processes | None = None,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._limits = limits
        self._processes = processes
        self._unread: list[tuple[Indexing, float]] = []
        self._departments: set[str] = set()
        self._claiming = asyncio.Lock()

    @property
    def is_reading(self) -> bool:
        """Whether a file is being read."""
        return bool(self._departments)

    async def read_next(self) -> bool:
        """Read the file of the batch that has waited longest, of a department whose files are not
        being read by another call; False if none waits.

        Raises `ProblemError` with `retry_after` for a fault of the operator; the file is then read
        again after this time.
        """
        await self._requeue()
        async with self._claiming:
            indexing = await self._ledger.batches.claim_indexing(self._departments)
            if indexing is None:
                return False
            if indexing.readings > 1:
                # A scheduler died of a file, perhaps of this one. No other is to be blamed for it.
                await self._read_claimed(indexing)
                return True
            self._departments.add(indexing.batch.department)
        try:
            await self._read_claimed(indexing)
        finally:
            self._departments.discard(indexing.batch.department)
        return True

    async def _read_claimed(self, indexing: Indexing) -> None:
        with structlog.contextvars.bound_contextvars(batch_id=indexing.batch.id):
            try:
                await self._read_or_fail(indexing)
            except ProblemError as error:
                self._unread.append((indexing, error.retry_after or 0.0))
                await self._requeue()
                raise

    async def _read_or_fail(self, indexing: Indexing) -> None:
        if indexing.readings > MAX_READINGS:
            detail = "The file cannot be read: the process that read it died each time."
            await self._fail(indexing, Problem("poisoned", detail))
            return
        try:
            await self._read(indexing)
        except FileNotFoundError:
            detail = "The input file is not in the store. Upload it again."
            await self._fail(indexing, Problem("file-missing", detail))
        except WorkError as error:
            if error.retry is not Retry.never:
                detail, seconds = str(error), UNAVAILABLE_SECONDS
                raise ProblemError("unavailable", detail, retry_after=seconds) from error
            await self._fail(indexing, Problem(error.code, str(error)))
        except ProblemError as error:
            if error.retry_after is not None:
                raise  # not a fault of the file
            await self._fail(indexing, error.problem)

    async def _requeue(self) -> None:
        """Requeue batches whose reading failed. If the ledger is away, the next call retries."""
        while self._unread:
            unread = self._unread[0]
            await self._ledger.batches.requeue_indexing(*unread)
            if unread in self._unread:
                self._unread.remove(unread)

    async def _read(self, indexing: Indexing) -> None:
        batch = indexing.batch
        department = await self._ledger.departments.get(batch.department)
        if department is None:
            return
        limits = replace(
            self._limits, allow_secrecy=department.allow_secrecy, department=department.name
        )
        # On disk: errors of many lines can be larger than the input file.
        async with (
            self._store.readable(batch.input_blob) as path,
            self._store.incoming(sys.maxsize) as refused,
        ):
            indexer = Indexer(path, batch.endpoint, limits)
            if await self._check(indexing, department, indexer, refused):
                await self._begin(indexing, indexer, refused)
            else:
                log.info("batch.reading_superseded")

    async def _check(
        self, indexing: Indexing, department: Department, indexer: Indexer, refused: Incoming
    ) -> bool:
        """Read the file and write refused lines; False if another scheduler reads the file."""
        slice_: Slice | None = None
        while slice_ is None or not slice_.done:
            with working_for(Owner(department.name, urgent=False)), computing_in(self._processes):
                slice_ = await indexer.read_slice()
            looked_up = await self._look_up(indexing.batch, department, indexer, slice_)
            problems = [*slice_.problems, *looked_up]
            await asyncio.to_thread(refused.write, b"".join(map(refused_line, problems)))
            if not await self._ledger.batches.renew_indexing(indexing, slice_.bytes_read):
                return False
        return True

    async def _look_up(
        self, batch: Batch, department: Department, indexer: Indexer, slice_: Slice
    ) -> Sequence[LineProblem]:
        """Refuse lines whose documents, libraries or callback URLs the department cannot use."""
        until = batch.deadline + DOCUMENT_MARGIN
        ids = sorted(slice_.document_ids)
        sizes = await self._ledger.documents.extend(batch.department, ids, until)
        no_libraries = await self._ledger.libraries.missing(batch.department, slice_.libraries)
        refused = await _refused_callbacks(department, slice_.callback_urls)
        return [
            *indexer.apply_document_sizes(sizes),
            *indexer.refuse_missing_libraries(no_libraries),
            *indexer.refuse_callbacks(refused),
        ]

    async def _begin(self, indexing: Indexing, indexer: Indexer, refused: Incoming) -> None:
        batch, index = indexing.batch, await asyncio.to_thread(indexer.index)
        error_file_id, refusals = new_file_id(), None
        if refused.bytes:
            blob = await self._store.keep(refused, batch.department, error_file_id)
            refusals = Segment(blob, refused.bytes, index.problems)
        begun = IndexResult(
            index=index.packed,
            tasks=index.tasks,
            tokens=dict(zip(index.tasks, index.tokens_by_task, strict=True)),
            indexed=sum(index.lines_by_task),
            total=index.lines,
            refused=index.problems,
            output_file_id=new_file_id(),
            error_file_id=error_file_id,
            refusals=refusals,
        )
        accepted = await self._ledger.batches.begin(indexing, begun)
        if not accepted and refusals:
            await self._store.delete(refusals.blob)
        log.info("batch.begun", lines=index.lines, refused=index.problems, accepted=accepted)

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
