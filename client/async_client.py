"""The asynchronous client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from client import calls, library_calls
from client.async_batches import AsyncBatches
from client.exchange import Waiting
from client.models import Callback, Document, Job, Library, Redelivered, TaskInfo
from client.uploads import Source


class AsyncChancery(AsyncBatches):
    """The api, as one department sees it, for asyncio. For one event loop; close it at the end.

    Each call is tried again after broken connections and after 408, 429, 502, 503 and 504, with
    growing pauses or as long as `Retry-After` says. No new try begins once `timeout` seconds are
    over; a try ends when the api has been silent for 30 s. Every POST carries an `Idempotency-Key`,
    so a repetition is not a second job. Raises `ValueError` for an address or key that cannot be
    right, and the errors of `client.errors`.
    """

    async def upload(
        self, source: Source, filename: str | None = None, *, idempotency_key: str | None = None
    ) -> Document:
        """Send a document: a path, bytes, or a binary file, which is streamed.

        A file that cannot be rewound, such as a pipe, is sent once and not tried again.
        """
        return await self._send(calls.upload(source, filename, idempotency_key))

    async def submit(
        self,
        task: str,
        *,
        text: str | None = None,
        document_id: str | None = None,
        file: Source | None = None,
        filename: str | None = None,
        options: Mapping[str, Any] | None = None,
        callback_url: str | None = None,
        lane: str | None = None,
        model: str | None = None,
        not_before: datetime | None = None,
        deadline: datetime | None = None,
        metadata: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Ask for `task` on exactly one of `text`, `document_id` and `file`.

        `lane` is `interactive` or `bulk`; `model` is `full`, `fast` or `auto`, and the operators'
        choice where none is given. `idempotency_key` is made for this call where none is given:
        give one of your own to make a restart of your program harmless too.
        """
        return await self._send(
            calls.submit(
                task,
                text=text,
                document_id=document_id,
                file=file,
                filename=filename,
                options=options,
                callback_url=callback_url,
                lane=lane,
                model=model,
                not_before=not_before,
                deadline=deadline,
                metadata=metadata,
                idempotency_key=idempotency_key,
            )
        )

    async def job(self, job_id: str, wait: float | None = None) -> Job:
        """The job, at once, or when it ends but after `wait` seconds at the latest."""
        return await self._send(calls.job(job_id, wait))

    async def wait(self, job_id: str, timeout: float) -> Job:  # noqa: ASYNC109 - the job's wait, not the task's
        """The job once it has ended, in whatever way. Raises `WaitTimeout` after `timeout` s."""
        waiting = Waiting(timeout)
        while True:
            job = await self.job(job_id, wait=waiting.step())
            if job.ended:
                return job
            await asyncio.sleep(waiting.pause(job))

    async def result(self, job_id: str) -> Any:
        """The result of a job that succeeded, also where it is too large to be in the job."""
        return await self._send(calls.result(job_id))

    async def cancel(self, job_id: str) -> Job:
        return await self._send(calls.cancel(job_id))

    async def jobs(
        self, *, status: str | None = None, task: str | None = None, batch_id: str | None = None
    ) -> AsyncIterator[Job]:
        """The department's jobs, fetched a page at a time while you iterate."""
        cursor: str | None = None
        while True:
            page = await self._send(calls.jobs(status, task, batch_id, cursor))
            for item in page.data:
                yield item
            cursor = page.next_cursor
            if cursor is None:
                return

    async def callbacks(
        self, *, status: str | None = None, job_id: str | None = None
    ) -> AsyncIterator[Callback]:
        """The department's callbacks; `status` is `pending`, `delivered` or `dead`."""
        cursor: str | None = None
        while True:
            page = await self._send(calls.callbacks(status, job_id, cursor))
            for item in page.data:
                yield item
            cursor = page.next_cursor
            if cursor is None:
                return

    async def redeliver(self, callback_id: str) -> Callback:
        """Have a callback delivered again, with the `webhook-id` that it had."""
        return await self._send(calls.redeliver(callback_id))

    async def redeliver_dead(self, since: datetime, until: datetime | None = None) -> Redelivered:
        """Have dead callbacks delivered again that were made from `since` to before `until` (now).

        So many at a time: ask again while there are any `remaining`.
        """
        return await self._send(calls.redeliver_dead(since, until))

    async def put_in_library(self, name: str, document_id: str) -> None:
        """Put an uploaded document into a library, which is made with the first one."""
        await self._send(library_calls.put_in(name, document_id))

    async def take_out_of_library(self, name: str, document_id: str) -> None:
        """Raises `NotFound` where it is not in there."""
        await self._send(library_calls.take_out(name, document_id))

    async def libraries(self) -> tuple[Library, ...]:
        return await self._send(library_calls.libraries())

    async def library(self, name: str) -> tuple[Document, ...]:
        """The documents of a library."""
        return await self._send(library_calls.library(name))

    async def tasks(self) -> tuple[TaskInfo, ...]:
        return await self._send(calls.tasks())

    async def task(self, name: str) -> TaskInfo:
        return await self._send(calls.task(name))
