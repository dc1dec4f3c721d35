"""The asynchronous client."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx

from chancery import calls
from chancery.call import Call, Source
from chancery.calls import BatchFields, JobFields
from chancery.downloads import Download, LineSplitter, parse_batch_line, written_atomically
from chancery.exchange import Attempts, BatchWait, JobWait, http_settings, parse
from chancery.models import (
    Batch,
    BatchLine,
    Callback,
    CasePage,
    Deleted,
    Document,
    File,
    Item,
    Job,
    Library,
    Page,
    PendingApproval,
    Redelivered,
    TaskInfo,
    UsageReport,
)

Answer = TypeVar("Answer")


class AsyncChancery:
    """`Chancery` for asyncio, with the same methods, retries and errors. Use it in one event loop.

    Close it after use: `await chancery.aclose()`, or `async with`.
    """

    def __init__(
        self, api_url: str, api_key: str, *, timeout: float = 60.0, language: str | None = None
    ) -> None:
        self._http = httpx.AsyncClient(**http_settings(api_url, api_key, language))
        self._timeout = timeout

    async def aclose(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def upload(
        self, source: Source, filename: str | None = None, *, idempotency_key: str | None = None
    ) -> Document:
        """See `Chancery.upload`."""
        return await self._send(calls.upload(source, filename, idempotency_key))

    async def submit(self, task: str, **fields: Unpack[JobFields]) -> Job:
        """See `Chancery.submit`."""
        return await self._send(calls.submit(task, **fields))

    async def job(self, job_id: str, wait: float | None = None) -> Job:
        """The job now, or when it ends, at most `wait` seconds later."""
        return await self._send(calls.job(job_id, wait))

    async def wait(self, job_id: str, timeout: float) -> Job:  # noqa: ASYNC109 - it bounds the polling, not the coroutine
        """Wait until the job has ended, in any state. Raises `WaitTimeout` after `timeout` s."""
        waiting = JobWait(timeout)
        while True:
            job = await self.job(job_id, wait=waiting.poll_seconds())
            if job.ended:
                return job
            await asyncio.sleep(waiting.pause(job))

    async def result(self, job_id: str) -> Any:
        """The result of a job that succeeded, including one too large to be part of the job."""
        return await self._send(calls.result(job_id))

    async def cancel(self, job_id: str) -> Job:
        """Cancel a job. One that has ended stays as it is."""
        return await self._send(calls.cancel(job_id))

    async def delete_job(self, job_id: str) -> Deleted:
        """See `Chancery.delete_job`."""
        return await self._send(calls.delete_job(job_id))

    async def document(self, document_id: str) -> Document:
        return await self._send(calls.document(document_id))

    async def document_content(self, document_id: str, path: str | os.PathLike[str]) -> Path:
        """See `Chancery.document_content`."""
        return await self._download(calls.document_content(document_id), path)

    async def delete_document(self, document_id: str) -> Deleted:
        """See `Chancery.delete_document`."""
        return await self._send(calls.delete_document(document_id))

    def jobs(
        self, *, status: str | None = None, task: str | None = None, batch_id: str | None = None
    ) -> AsyncIterator[Job]:
        """The department's jobs, newest first. Pages are fetched during iteration."""
        return self._items(lambda cursor: calls.jobs(status, task, batch_id, cursor))

    def callbacks(
        self, *, status: str | None = None, job_id: str | None = None
    ) -> AsyncIterator[Callback]:
        """The department's callbacks; `status` is `pending`, `delivered` or `dead`."""
        return self._items(lambda cursor: calls.callbacks(status, job_id, cursor))

    async def redeliver(self, callback_id: str) -> Callback:
        """Deliver a callback again, with the same `webhook-id`."""
        return await self._send(calls.redeliver(callback_id))

    async def redeliver_dead(self, since: datetime, until: datetime | None = None) -> Redelivered:
        """See `Chancery.redeliver_dead`."""
        return await self._send(calls.redeliver_dead(since, until))

    async def usage(self, first: date | None = None, last: date | None = None) -> UsageReport:
        """The department's usage from the day `first` to `last` (UTC); default: this month."""
        return await self._send(calls.usage(first, last))

    async def usage_csv(self, first: date | None = None, last: date | None = None) -> str:
        """The months of `usage` as CSV."""
        return await self._send(calls.usage_csv(first, last))

    def approvals(self, *, task: str | None = None) -> AsyncIterator[Job]:
        """The jobs whose results wait for approval, oldest first."""
        return self._items(lambda cursor: calls.approvals(task, cursor))

    async def approval(self, job_id: str) -> PendingApproval:
        """A result that waits for approval, with its source."""
        return await self._send(calls.approval(job_id))

    async def approve(
        self, job_id: str, *, by: str, result: Any = None, reason: str | None = None
    ) -> Job:
        """See `Chancery.approve`."""
        return await self._send(calls.decide(job_id, "approve", by, reason, result))

    async def reject(self, job_id: str, *, by: str, reason: str) -> Job:
        """See `Chancery.reject`."""
        return await self._send(calls.decide(job_id, "reject", by, reason, None))

    async def approval_cases(self, task: str) -> AsyncIterator[CasePage]:
        """See `Chancery.approval_cases`."""
        cursor = None
        while True:
            page = await self._send(calls.approval_cases(task, cursor))
            yield page
            cursor = page.next_cursor
            if cursor is None:
                return

    async def tasks(self) -> tuple[TaskInfo, ...]:
        return await self._send(calls.tasks())

    async def task(self, name: str) -> TaskInfo:
        return await self._send(calls.task(name))

    async def upload_file(
        self, source: Source, filename: str | None = None, *, idempotency_key: str | None = None
    ) -> File:
        """Send the input file of a batch: a path, bytes, or a binary file, which is streamed."""
        return await self._send(calls.upload_file(source, filename, idempotency_key))

    async def file(self, file_id: str) -> File:
        return await self._send(calls.file(file_id))

    async def file_content(self, file_id: str, path: str | os.PathLike[str]) -> Path:
        """See `Chancery.file_content`."""
        return await self._download(calls.file_content(file_id), path)

    async def file_lines(self, file_id: str) -> AsyncIterator[str]:
        """The lines of a file, without line feeds, fetched during iteration."""
        splitter = LineSplitter()
        async for chunk in self._chunks(calls.file_content(file_id)):
            for line in splitter.feed(chunk):
                yield line
        for line in splitter.finish():
            yield line

    async def delete_file(self, file_id: str) -> Deleted:
        return await self._send(calls.delete_file(file_id))

    async def submit_batch(
        self, input_file_id: str | None = None, **fields: Unpack[BatchFields]
    ) -> Batch:
        """See `Chancery.submit_batch`."""
        return await self._send(calls.submit_batch(input_file_id, **fields))

    async def batch(self, batch_id: str) -> Batch:
        return await self._send(calls.batch(batch_id))

    async def wait_batch(self, batch_id: str, timeout: float) -> Batch:  # noqa: ASYNC109 - it bounds the polling, not the coroutine
        """Wait until the batch has ended, in any state. Raises `WaitTimeout` after `timeout` s."""
        waiting = BatchWait(timeout)
        while True:
            batch = await self.batch(batch_id)
            if batch.ended:
                return batch
            await asyncio.sleep(waiting.pause(batch))

    async def batch_results(self, batch_id: str) -> AsyncIterator[BatchLine]:
        """See `Chancery.batch_results`."""
        batch = await self.batch(batch_id)
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id is not None:
                async for line in self.file_lines(file_id):
                    yield parse_batch_line(line, file_id)

    def batches(self) -> AsyncIterator[Batch]:
        """The department's batches, newest first. Pages are fetched during iteration."""
        return self._items(calls.batches)

    async def cancel_batch(self, batch_id: str) -> Batch:
        """Cancel the lines of a batch that have not ended. Finished results are kept."""
        return await self._send(calls.cancel_batch(batch_id))

    async def delete_batch(self, batch_id: str) -> Deleted:
        """See `Chancery.delete_batch`."""
        return await self._send(calls.delete_batch(batch_id))

    async def put_in_library(self, name: str, document_id: str) -> None:
        """Add an uploaded document to a library. The first one creates the library."""
        await self._send(calls.add_to_library(name, document_id))

    async def take_out_of_library(self, name: str, document_id: str) -> None:
        """Remove a document from a library. Raises `NotFound` if it is not in the library."""
        await self._send(calls.remove_from_library(name, document_id))

    async def libraries(self) -> tuple[Library, ...]:
        return await self._send(calls.libraries())

    async def library(self, name: str) -> tuple[Document, ...]:
        """The documents of a library."""
        return await self._send(calls.library(name))

    async def _items(
        self, call_for: Callable[[str | None], Call[Page[Item]]]
    ) -> AsyncIterator[Item]:
        """The items of all pages; `call_for` takes the cursor of a page."""
        cursor: str | None = None
        while True:
            page = await self._send(call_for(cursor))
            for item in page.data:
                yield item
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _send(self, call: Call[Answer]) -> Answer:
        attempts = Attempts(self._timeout)
        while True:
            with attempts.request(self._http, call) as request:
                outcome = await self._try(request)
            pause = attempts.pause(call, outcome)
            if pause is not None:
                await asyncio.sleep(pause)
            elif isinstance(outcome, httpx.Response):
                return parse(call, outcome)
            else:
                raise attempts.unreachable(request.url, outcome) from outcome

    async def _try(self, request: httpx.Request) -> httpx.Response | httpx.TransportError:
        try:
            return await self._http.send(request)
        except httpx.TransportError as error:
            return error

    async def _download(self, call: Call[None], path: str | os.PathLike[str]) -> Path:
        target = Path(path)
        with written_atomically(target) as file:
            async for chunk in self._chunks(call):
                file.write(chunk)
        return target

    async def _chunks(self, call: Call[None]) -> AsyncIterator[bytes]:
        """The content of a download. Every byte comes once, even if connections break."""
        download = Download(call, self._timeout)
        outcome: httpx.Response | httpx.TransportError
        while True:
            with download.request(self._http) as request:
                try:
                    outcome = await self._http.send(request, stream=True)
                    async with aclosing(outcome):
                        if not outcome.is_error:
                            download.start(outcome)
                            async for chunk in outcome.aiter_bytes():
                                yield download.new_bytes(chunk)
                            return
                        await outcome.aread()
                except httpx.TransportError as error:
                    outcome = error
            await asyncio.sleep(download.pause(request.url, outcome))
