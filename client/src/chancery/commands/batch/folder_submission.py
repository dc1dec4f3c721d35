"""Submits a folder as one batch: its files are sent as documents, then the batch is requested.

Every step is recorded in a journal, so the command can be repeated after an interruption. A file
that was sent is not sent again. If the response was lost, it is sent again with the same
idempotency key, which does not create a second document.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chancery.async_client import AsyncChancery
from chancery.client import Chancery
from chancery.commands.batch.journal import BatchRequest, Journal, SentFile, record_of
from chancery.commands.batch.upload_report import UploadReport
from chancery.commands.submission import CONCURRENT_UPLOADS, cancel_all
from chancery.errors import (
    ApiProblem,
    ChanceryError,
    RateLimited,
    StateUnusable,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from chancery.messages import message
from chancery.models import Batch

# The api remembers an idempotency key for a day: repeated later, a request makes a second batch.
KEY_LIFETIME = timedelta(hours=23)
# Errors that every other file would meet too.
FATAL_ERRORS = (
    Unreachable,
    UnexpectedAnswer,
    Unauthorized,
    RateLimited,
    Unavailable,
    StateUnusable,
)


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file of the folder. `name` is its path in the folder and the line's `custom_id`."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The files of a folder. `not_utf8` are those whose names are not valid UTF-8."""

    files: tuple[FolderFile, ...]
    not_utf8: tuple[Path, ...]

    @property
    def count(self) -> int:
        return len(self.files) + len(self.not_utf8)


def list_files(folder: Path, glob: str, state: Path) -> FolderFiles:
    """The files of `folder` that match `glob`, sorted, without hidden files and `state`."""
    files, not_utf8 = [], []
    for path in sorted(folder.glob(glob)):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)
        if hidden or not path.is_file() or _is_same_file(path, state):
            continue
        name = "/".join(parts)
        if _is_utf8(name):
            files.append(FolderFile(path, name))
        else:
            not_utf8.append(path)
    return FolderFiles(tuple(files), tuple(not_utf8))


class FolderSubmission:
    def __init__(self, chancery: AsyncChancery, journal: Journal, report: UploadReport) -> None:
        self._chancery = chancery
        self._journal = journal
        self._report = report
        self._locks: dict[str, asyncio.Lock] = {}

    async def send(self, files: Sequence[FolderFile]) -> list[dict[str, Any]]:
        """Send the files. Returns the documents of the batch in the order of `files`.

        Files that were refused are left out. Raises the first of `FATAL_ERRORS`.
        """
        document_ids: dict[str, str] = {}
        queue = iter(files)
        tasks = [
            asyncio.create_task(self._send_from(queue, document_ids))
            for _ in range(CONCURRENT_UPLOADS)
        ]
        try:
            await asyncio.gather(*tasks)
        finally:
            await cancel_all(tasks)
        return [
            {"document_id": document_ids[file.name], "custom_id": file.name}
            for file in files
            if file.name in document_ids
        ]

    async def _send_from(self, queue: Iterator[FolderFile], document_ids: dict[str, str]) -> None:
        for file in queue:
            try:
                document_ids[file.name] = (await self._send(file)).document_id
            except FATAL_ERRORS:
                raise
            except (ChanceryError, OSError) as error:
                self._report.not_sent(file.name, error)

    async def _send(self, file: FolderFile) -> SentFile:
        stat = file.path.stat()
        if sent := self._journal.sent_file(file.name, stat.st_size, stat.st_mtime_ns):
            self._report.already_present()
            return sent
        sha256 = await asyncio.to_thread(_sha256, file.path)
        # Files with equal bytes are sent one after the other, so that only the first is uploaded.
        async with self._locks.setdefault(sha256, asyncio.Lock()):
            return await self._upload(file, stat, sha256)

    async def _upload(self, file: FolderFile, stat: os.stat_result, sha256: str) -> SentFile:
        if same := self._journal.sent_content(sha256):
            changes = {"path": file.name, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
            sent = same.model_copy(update=changes)
            self._journal.add_sent(sent)
            self._report.already_present()
            return sent
        document = await self._chancery.upload(file.path, idempotency_key=self._key(file, sha256))
        if document.sha256 != sha256:
            raise OSError(message("The file changed while it was sent. Run the command again."))
        sent = record_of(document, file.name, stat.st_size, stat.st_mtime_ns)
        self._journal.add_sent(sent)
        self._report.sent()
        return sent

    def _key(self, file: FolderFile, sha256: str) -> str:
        """The same after an interruption; different for other bytes and in another submission."""
        return hashlib.sha256(f"{self._journal.id}/{sha256}/{file.name}".encode()).hexdigest()


def request_batch(chancery: Chancery, journal: Journal, request: BatchRequest) -> Batch:
    """Submit `request`. Repeating it does not create a second batch.

    Raises `StateUnusable` if the api may no longer remember the idempotency key.
    """
    if datetime.now(UTC) - request.asked_at > KEY_LIFETIME:
        raise StateUnusable(
            message(
                "A batch was requested at {request.asked_at:%Y-%m-%d %H:%M} UTC without "
                "a response. Check with `chancery batch list` whether it exists; --new "
                "submits another one.",
                request=request,
            )
        )
    work = journal.work
    try:
        batch = chancery.submit_batch(
            task=work.task,
            options=work.options or None,
            model=work.model,
            idempotency_key=request.key,
            **request.model_dump(exclude={"key", "asked_at"}),
        )
    except ApiProblem as error:
        if _is_final(error):
            journal.add_refusal(str(error))
        raise
    journal.add_batch(batch.id)
    return batch


def _is_final(error: ApiProblem) -> bool:
    """Whether the request certainly made no batch and would fail again.

    `idempotency-mismatch` is not final: the first request with the key may have made a batch. A 404
    without a problem type comes from a proxy or another server.
    """
    if error.status == 404:
        return error.type.startswith("/problems/")
    return error.status in (413, 422) and error.code != "idempotency-mismatch"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_same_file(path: Path, other: Path) -> bool:
    return path.name == other.name and other.exists() and path.samefile(other)


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
