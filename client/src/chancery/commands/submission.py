"""Submits many files, one job each, and waits for jobs while other files are still being sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chancery.async_client import AsyncChancery
from chancery.commands.result_files import made_files
from chancery.commands.submission_report import SubmissionReport
from chancery.errors import ChanceryError, Unauthorized, Unreachable
from chancery.models import Job

CONCURRENT_UPLOADS = 6
CONCURRENT_WAITS = 32


@dataclass(frozen=True, slots=True)
class JobOrder:
    """What to submit for each file. With `wait_seconds`, wait that long for each job's end."""

    task: str
    options: Mapping[str, Any] = field(default_factory=dict)
    callback_url: str | None = None
    lane: str | None = None
    model: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    wait_seconds: float | None = None


class Submission:
    def __init__(self, chancery: AsyncChancery, order: JobOrder, report: SubmissionReport) -> None:
        self._chancery = chancery
        self._order = order
        self._report = report
        self._uploads = asyncio.Semaphore(CONCURRENT_UPLOADS)
        self._waits = asyncio.Semaphore(CONCURRENT_WAITS)

    async def run(self, files: Sequence[Path]) -> None:
        """Raises `Unreachable` or `Unauthorized` at the first file: the others would fail too."""
        tasks = [asyncio.create_task(self._process(file)) for file in files]
        try:
            await asyncio.gather(*tasks)
        finally:
            await cancel_all(tasks)

    async def _process(self, file: Path) -> None:
        async with self._uploads:
            job = await self._send(file)
        if job is not None and self._order.wait_seconds is not None:
            async with self._waits:
                await self._wait(file, job, self._order.wait_seconds)

    async def _send(self, file: Path) -> Job | None:
        order = self._order
        try:
            job = await self._chancery.submit(
                order.task,
                file=file,
                options=order.options or None,
                callback_url=order.callback_url,
                lane=order.lane,
                model=order.model,
                metadata=order.metadata or None,
            )
        except (Unreachable, Unauthorized):
            raise
        except (ChanceryError, OSError) as error:
            self._report.not_sent(file, error)
            return None
        self._report.sent(file, job)
        return job

    async def _wait(self, file: Path, job: Job, seconds: float) -> None:
        try:
            ended = await self._chancery.wait(job.id, seconds)
            result = ended.result
            if ended.succeeded and result is None:
                result = await self._chancery.result(job.id)
        except (Unreachable, Unauthorized):
            raise
        except ChanceryError as error:
            self._report.end_unknown(file, job, str(error))
        else:
            self._report.ended(file, ended, result)
            await self._save_made_files(file, ended, result)

    async def _save_made_files(self, file: Path, job: Job, result: Any) -> None:
        """Files that the task made, if results are written to a folder."""
        folder = self._report.folder
        if folder is None:
            return
        for made in made_files(result):
            path = folder.new_path(made.filename)
            try:
                await self._chancery.document_content(made.document_id, path)
            except (Unreachable, Unauthorized):
                raise
            except (ChanceryError, OSError) as error:
                self._report.not_saved(file, job, made.filename, error)
            else:
                self._report.saved(path)


async def cancel_all(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel tasks until all have ended.

    Repeated, because a library may turn a cancellation into a timeout and continue.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=1.0)
    # Retrieve their exceptions: the caller already raises the first one.
    await asyncio.gather(*tasks, return_exceptions=True)
