"""The blocking client."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
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


class Chancery:
    """The api for one department. Can be shared between threads. Close it after use.

    A call is retried after connection errors and after 408, 429, 502, 503 and 504, with exponential
    backoff or after `Retry-After`. `timeout` is in seconds: no retry starts later than that. One
    attempt fails if the api sends nothing for 30 s. Every POST carries an `Idempotency-Key`, so a
    retry does not create a second job. Raises `ValueError` for an invalid address or API key, and
    the errors of `chancery.errors`, whose texts are in `language` (`en` or `zh`).
    """

    def __init__(
        self, api_url: str, api_key: str, *, timeout: float = 60.0, language: str | None = None
    ) -> None:
        self._http = httpx.Client(**http_settings(api_url, api_key, language))
        self._timeout = timeout

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def upload(
        self, source: Source, filename: str | None = None, *, idempotency_key: str | None = None
    ) -> Document:
        """Send a document: a path, bytes, or a binary file, which is streamed.

        A file that cannot be rewound, such as a pipe, is sent once and not retried.
        """
        return self._send(calls.upload(source, filename, idempotency_key))

    def document(self, document_id: str) -> Document:
        return self._send(calls.document(document_id))

    def document_content(self, document_id: str, path: str | os.PathLike[str]) -> Path:
        """Download a document, such as a file that a task made, to `path`, which appears only when
        it is complete.

        A broken connection is resumed. Raises `OSError` if `path` cannot be written.
        """
        return self._download(calls.document_content(document_id), path)

    def submit(self, task: str, **fields: Unpack[JobFields]) -> Job:
        """Submit a job: `task` on exactly one of `text`, `document_id` and `file`.

        `filename` names the file. `options` are the task's options. `lane` is `interactive` or
        `bulk`. `model` is `full`, `fast` or `auto`; the default is set by the operators.
        `not_before` and `deadline` need a time zone. `metadata` is returned with the job. At its
        end the job is posted to `callback_url`. `idempotency_key` defaults to a random one; set it
        to make a restart of your program safe too. Raises `ValueError` unless there is exactly one
        input.
        """
        return self._send(calls.submit(task, **fields))

    def job(self, job_id: str, wait: float | None = None) -> Job:
        """The job now, or when it ends, at most `wait` seconds later."""
        return self._send(calls.job(job_id, wait))

    def wait(self, job_id: str, timeout: float) -> Job:
        """Wait until the job has ended, in any state. Raises `WaitTimeout` after `timeout` s."""
        waiting = JobWait(timeout)
        while True:
            job = self.job(job_id, wait=waiting.poll_seconds())
            if job.ended:
                return job
            time.sleep(waiting.pause(job))

    def result(self, job_id: str) -> Any:
        """The result of a job that succeeded, including one too large to be part of the job."""
        return self._send(calls.result(job_id))

    def cancel(self, job_id: str) -> Job:
        """Cancel a job. One that has ended stays as it is."""
        return self._send(calls.cancel(job_id))

    def delete_job(self, job_id: str) -> Deleted:
        """Delete an ended job with its result, its callback and the text that came with it."""
        return self._send(calls.delete_job(job_id))

    def delete_document(self, document_id: str) -> Deleted:
        """Delete a document that no open job and no library uses."""
        return self._send(calls.delete_document(document_id))

    def jobs(
        self, *, status: str | None = None, task: str | None = None, batch_id: str | None = None
    ) -> Iterator[Job]:
        """The department's jobs, newest first. Pages are fetched during iteration."""
        return self._items(lambda cursor: calls.jobs(status, task, batch_id, cursor))

    def callbacks(
        self, *, status: str | None = None, job_id: str | None = None
    ) -> Iterator[Callback]:
        """The department's callbacks; `status` is `pending`, `delivered` or `dead`."""
        return self._items(lambda cursor: calls.callbacks(status, job_id, cursor))

    def redeliver(self, callback_id: str) -> Callback:
        """Deliver a callback again, with the same `webhook-id`."""
        return self._send(calls.redeliver(callback_id))

    def redeliver_dead(self, since: datetime, until: datetime | None = None) -> Redelivered:
        """Deliver again the dead callbacks created at or after `since` and before `until`.

        `until` defaults to now. One call handles a limited number: repeat it while `remaining` is
        not 0.
        """
        return self._send(calls.redeliver_dead(since, until))

    def usage(self, first: date | None = None, last: date | None = None) -> UsageReport:
        """The department's usage from the day `first` to `last` (UTC); default: this month."""
        return self._send(calls.usage(first, last))

    def usage_csv(self, first: date | None = None, last: date | None = None) -> str:
        """The months of `usage` as CSV."""
        return self._send(calls.usage_csv(first, last))

    def approvals(self, *, task: str | None = None) -> Iterator[Job]:
        """The jobs whose results wait for approval, oldest first."""
        return self._items(lambda cursor: calls.approvals(task, cursor))

    def approval(self, job_id: str) -> PendingApproval:
        """A result that waits for approval, with its source."""
        return self._send(calls.approval(job_id))

    def approve(
        self, job_id: str, *, by: str, result: Any = None, reason: str | None = None
    ) -> Job:
        """Approve a result that waits, or the corrected `result` in its place. `by`: who decides.

        The same decision can be sent again.
        """
        return self._send(calls.decide(job_id, "approve", by, reason, result))

    def reject(self, job_id: str, *, by: str, reason: str) -> Job:
        """Reject a result that waits: the job fails with the reason."""
        return self._send(calls.decide(job_id, "reject", by, reason, None))

    def approval_cases(self, task: str) -> Iterator[CasePage]:
        """The corrected results of a task as test cases, in pages, newest first."""
        cursor = None
        while True:
            page = self._send(calls.approval_cases(task, cursor))
            yield page
            cursor = page.next_cursor
            if cursor is None:
                return

    def tasks(self) -> tuple[TaskInfo, ...]:
        return self._send(calls.tasks())

    def task(self, name: str) -> TaskInfo:
        return self._send(calls.task(name))

    def upload_file(
        self, source: Source, filename: str | None = None, *, idempotency_key: str | None = None
    ) -> File:
        """Send the input file of a batch: a path, bytes, or a binary file, which is streamed."""
        return self._send(calls.upload_file(source, filename, idempotency_key))

    def file(self, file_id: str) -> File:
        return self._send(calls.file(file_id))

    def file_content(self, file_id: str, path: str | os.PathLike[str]) -> Path:
        """Download a file to `path`, which appears only when it is complete.

        A broken connection is resumed. Raises `OSError` if `path` cannot be written.
        """
        return self._download(calls.file_content(file_id), path)

    def file_lines(self, file_id: str) -> Iterator[str]:
        """The lines of a file, without line feeds, fetched during iteration."""
        splitter = LineSplitter()
        for chunk in self._chunks(calls.file_content(file_id)):
            yield from splitter.feed(chunk)
        yield from splitter.finish()

    def delete_file(self, file_id: str) -> Deleted:
        return self._send(calls.delete_file(file_id))

    def submit_batch(
        self, input_file_id: str | None = None, **fields: Unpack[BatchFields]
    ) -> Batch:
        """Submit many jobs: the lines of an input file, or one `task` on many `documents`.

        A document is an id, or a mapping with `document_id`, `custom_id` and `metadata`; `options`
        and `model` apply to all of them. `endpoint` is the call that each line of the file is for:
        `/v1/jobs` (default) or `/v1/chat/completions`. Lines that have not ended after
        `completion_window` (`24h` by default, or such as `90m`) expire. `lane` is `bulk` (default)
        or `interactive`. `window` limits the time of day, such as `20:00-06:00 Asia/Shanghai`.
        Raises `ValueError` for arguments that contradict each other.
        """
        return self._send(calls.submit_batch(input_file_id, **fields))

    def batch(self, batch_id: str) -> Batch:
        return self._send(calls.batch(batch_id))

    def wait_batch(self, batch_id: str, timeout: float) -> Batch:
        """Wait until the batch has ended, in any state. Raises `WaitTimeout` after `timeout` s."""
        waiting = BatchWait(timeout)
        while True:
            batch = self.batch(batch_id)
            if batch.ended:
                return batch
            time.sleep(waiting.pause(batch))

    def batch_results(self, batch_id: str) -> Iterator[BatchLine]:
        """The lines of the output file, then those of the error file, fetched during iteration.

        A batch that has not ended may have none yet.
        """
        batch = self.batch(batch_id)
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id is not None:
                for line in self.file_lines(file_id):
                    yield parse_batch_line(line, file_id)

    def batches(self) -> Iterator[Batch]:
        """The department's batches, newest first. Pages are fetched during iteration."""
        return self._items(calls.batches)

    def cancel_batch(self, batch_id: str) -> Batch:
        """Cancel the lines of a batch that have not ended. Finished results are kept."""
        return self._send(calls.cancel_batch(batch_id))

    def delete_batch(self, batch_id: str) -> Deleted:
        """Delete an ended batch with its jobs and files."""
        return self._send(calls.delete_batch(batch_id))

    def put_in_library(self, name: str, document_id: str) -> None:
        """Add an uploaded document to a library. The first one creates the library."""
        self._send(calls.add_to_library(name, document_id))

    def take_out_of_library(self, name: str, document_id: str) -> None:
        """Remove a document from a library. Raises `NotFound` if it is not in the library."""
        self._send(calls.remove_from_library(name, document_id))

    def libraries(self) -> tuple[Library, ...]:
        return self._send(calls.libraries())

    def library(self, name: str) -> tuple[Document, ...]:
        """The documents of a library."""
        return self._send(calls.library(name))

    def _items(self, call_for: Callable[[str | None], Call[Page[Item]]]) -> Iterator[Item]:
        """The items of all pages; `call_for` takes the cursor of a page."""
        cursor: str | None = None
        while True:
            page = self._send(call_for(cursor))
            yield from page.data
            cursor = page.next_cursor
            if cursor is None:
                return

    def _send(self, call: Call[Answer]) -> Answer:
        attempts = Attempts(self._timeout)
        while True:
            with attempts.request(self._http, call) as request:
                outcome = self._try(request)
            pause = attempts.pause(call, outcome)
            if pause is not None:
                time.sleep(pause)
            elif isinstance(outcome, httpx.Response):
                return parse(call, outcome)
            else:
                raise attempts.unreachable(request.url, outcome) from outcome

    def _try(self, request: httpx.Request) -> httpx.Response | httpx.TransportError:
        try:
            return self._http.send(request)
        except httpx.TransportError as error:
            return error

    def _download(self, call: Call[None], path: str | os.PathLike[str]) -> Path:
        target = Path(path)
        with written_atomically(target) as file:
            for chunk in self._chunks(call):
                file.write(chunk)
        return target

    def _chunks(self, call: Call[None]) -> Iterator[bytes]:
        """The content of a download. Every byte comes once, even if connections break."""
        download = Download(call, self._timeout)
        outcome: httpx.Response | httpx.TransportError
        while True:
            with download.request(self._http) as request:
                try:
                    outcome = self._http.send(request, stream=True)
                    with closing(outcome):
                        if not outcome.is_error:
                            download.start(outcome)
                            for chunk in outcome.iter_bytes():
                                yield download.new_bytes(chunk)
                            return
                        outcome.read()
                except httpx.TransportError as error:
                    outcome = error
            time.sleep(download.pause(request.url, outcome))
