"""A folder as one batch: its files are sent as documents, some at a time, then asked for at once.

All that was done is in a journal, so that it can be run again after any break. A file that was
sent is not sent again; one whose answer was lost is, with the same key, and is no second document.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from client.async_client import AsyncChancery
from client.client import Chancery
from client.errors import (
    ApiProblem,
    ChanceryError,
    RateLimited,
    StateUnusable,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from client.journal import BatchRequest, Journal, Sent, sent_as
from client.models import Batch
from client.submission import SENT_AT_A_TIME, stop

# The api remembers a key for a day: after that, asking again could make a second batch.
KEY_LIVES = timedelta(hours=23)
# What meets one file with these would meet all others.
STOPPING = (
    Unreachable,
    UnexpectedAnswer,
    Unauthorized,
    RateLimited,
    Unavailable,
    StateUnusable,
)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of the folder; `name` is its path in it, and becomes the line's `custom_id`."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """What is in a folder; `unnamable` are files whose names are not text."""

    files: tuple[FoundFile, ...]
    unnamable: tuple[Path, ...]


class Watcher(Protocol):
    """Is told what becomes of each file."""

    def known(self, file: FoundFile) -> None:
        """It need not be sent: it was before, or another with the same bytes was."""
        ...

    def sent(self, file: FoundFile) -> None: ...

    def not_sent(self, file: FoundFile, error: ChanceryError | OSError) -> None: ...


def find(folder: Path, glob: str, state: Path) -> Found:
    """The files of `folder` that `glob` names, in order, without hidden ones and `state`."""
    files, unnamable = [], []
    for path in sorted(folder.glob(glob)):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)
        if hidden or not path.is_file() or _is_same(path, state):
            continue
        name = "/".join(parts)
        if _is_text(name):
            files.append(FoundFile(path, name))
        else:
            unnamable.append(path)
    return Found(tuple(files), tuple(unnamable))


class FolderSubmission:
    def __init__(self, chancery: AsyncChancery, journal: Journal, watcher: Watcher) -> None:
        self._chancery = chancery
        self._journal = journal
        self._watcher = watcher
        self._sending: dict[str, asyncio.Lock] = {}

    async def send(self, files: Sequence[FoundFile]) -> list[dict[str, Any]]:
        """The documents for a batch, in the order of `files`, without those that were refused.

        Raises one of `STOPPING` as soon as one file meets it.
        """
        documents: dict[str, str] = {}
        left = iter(files)
        pieces = [asyncio.create_task(self._some(left, documents)) for _ in range(SENT_AT_A_TIME)]
        try:
            await asyncio.gather(*pieces)
        finally:
            await stop(pieces)
        return [
            {"document_id": documents[file.name], "custom_id": file.name}
            for file in files
            if file.name in documents
        ]

    async def _some(self, left: Iterator[FoundFile], documents: dict[str, str]) -> None:
        for file in left:
            try:
                documents[file.name] = (await self._one(file)).document_id
            except STOPPING:
                raise
            except (ChanceryError, OSError) as error:
                self._watcher.not_sent(file, error)

    async def _one(self, file: FoundFile) -> Sent:
        seen = file.path.stat()
        if known := self._journal.sent(file.name, seen.st_size, seen.st_mtime_ns):
            self._watcher.known(file)
            return known
        sha256 = await asyncio.to_thread(_sha256, file.path)
        # Equal bytes wait for those that are on their way, and are then known.
        async with self._sending.setdefault(sha256, asyncio.Lock()):
            return await self._send(file, seen, sha256)

    async def _send(self, file: FoundFile, seen: os.stat_result, sha256: str) -> Sent:
        if same := self._journal.same_content(sha256):
            changes = {"path": file.name, "size": seen.st_size, "mtime_ns": seen.st_mtime_ns}
            sent = same.model_copy(update=changes)
            self._journal.add_sent(sent)
            self._watcher.known(file)
            return sent
        document = await self._chancery.upload(file.path, idempotency_key=self._key(file, sha256))
        if document.sha256 != sha256:
            raise OSError("It changed while it was sent. Run the command again.")
        sent = sent_as(document, file.name, seen.st_size, seen.st_mtime_ns)
        self._journal.add_sent(sent)
        self._watcher.sent(file)
        return sent

    def _key(self, file: FoundFile, sha256: str) -> str:
        """The same after a break, and another for other bytes or in another submission."""
        return hashlib.sha256(f"{self._journal.id}/{sha256}/{file.name}".encode()).hexdigest()


def ask(chancery: Chancery, journal: Journal, request: BatchRequest) -> Batch:
    """The batch that `request` is for, however often it is asked for.

    Raises `StateUnusable` once the api may have forgotten that it was asked before.
    """
    if datetime.now(UTC) - request.asked_at > KEY_LIVES:
        raise StateUnusable(
            f"A batch was asked for at {request.asked_at:%Y-%m-%d %H:%M} UTC, and no answer came. "
            "See `chancery batch list` whether it was made; --new makes another."
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
        if _refuses(error):
            journal.add_refusal(str(error))
        raise
    journal.add_batch(batch.id)
    return batch


def _refuses(error: ApiProblem) -> bool:
    """Whether it is certain that there is no batch, and that the same words would make none.

    A key that came before with another body may have made one. A 404 that does not say its type is
    a proxy's, or another server's.
    """
    if error.status == 404:
        return error.type.startswith("/problems/")
    return error.status in (413, 422) and error.code != "idempotency-mismatch"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_same(path: Path, state: Path) -> bool:
    return path.name == state.name and state.exists() and path.samefile(state)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
