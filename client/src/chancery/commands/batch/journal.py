"""The journal of a folder's submission, from which an interrupted command continues.

One JSON object a line, appended after each step. An incomplete last line is ignored, so a kill at
any moment leaves a readable journal.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chancery.errors import StateUnusable
from chancery.messages import message
from chancery.models import Document

if sys.platform != "win32":
    import fcntl

# A document that expires sooner is sent again, so that it still exists when the batch runs.
MIN_REMAINING_LIFE = timedelta(hours=1)
FIRST_BYTES = b'{"began":"'


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Work(Record):
    """The task and the folder. A journal belongs to exactly one."""

    api_url: str
    folder: str
    task: str
    options: dict[str, Any] = Field(default_factory=dict)
    model: str | None = None


class SentFile(Record):
    """A file at the time it was sent, and its document."""

    path: str
    size: int
    mtime_ns: int
    sha256: str
    document_id: str
    expires_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        return self.expires_at is None or self.expires_at - MIN_REMAINING_LIFE > datetime.now(UTC)


class BatchRequest(Record):
    """The request for the batch. Repeated with the same key and body, it is the same batch."""

    key: str
    asked_at: datetime
    documents: list[dict[str, Any]]
    completion_window: str
    callback_url: str | None = None
    lane: str | None = None
    window: str | None = None
    deadline: datetime | None = None
    metadata: dict[str, str] | None = None


class Entry(Record):
    """One line of the journal: one of these."""

    began: str | None = None
    work: Work | None = None
    sent: SentFile | None = None
    request: BatchRequest | None = None
    refused: str | None = None
    batch_id: str | None = None


class Journal:
    """Open one with `Journal.opened`."""

    def __init__(self, path: Path, file: BinaryIO, work: Work) -> None:
        self.id = ""
        self.work = work
        self.request: BatchRequest | None = None
        self.batch_id: str | None = None
        self._path = path
        self._file = file
        self._by_path: dict[str, SentFile] = {}
        self._by_content: dict[str, SentFile] = {}

    @classmethod
    @contextmanager
    def opened(cls, path: Path, work: Work, *, clear: bool) -> Iterator[Journal]:
        """The journal in `path`, created if it does not exist. `clear` deletes its content.

        Raises `StateUnusable` if it cannot be written, is used by another process or belongs to
        other work.
        """
        try:
            file = path.open("a+b")
        except OSError as error:
            raise _not_writable(path, error) from error
        with file:
            _lock(file, path)
            _check_is_journal(file, path)
            if clear:
                file.truncate(0)
            journal = cls(path, file, work)
            journal._read()
            yield journal

    def sent_file(self, path: str, size: int, mtime_ns: int) -> SentFile | None:
        """The record of this file, if it was sent and has not changed since."""
        record = self._by_path.get(path)
        if record and record.is_live and (record.size, record.mtime_ns) == (size, mtime_ns):
            return record
        return None

    def sent_content(self, sha256: str) -> SentFile | None:
        """The record of any file with these bytes."""
        record = self._by_content.get(sha256)
        return record if record and record.is_live else None

    def add_sent(self, sent: SentFile) -> None:
        self._append(Entry(sent=sent))
        self._apply(Entry(sent=sent))

    def add_request(self, documents: list[dict[str, Any]], **arguments: Any) -> BatchRequest:
        """Record a request. It is on the disk when this returns."""
        request = BatchRequest(
            key=uuid.uuid4().hex, asked_at=datetime.now(UTC), documents=documents, **arguments
        )
        self._append(Entry(request=request), sync=True)
        self.request = request
        return request

    def add_refusal(self, reason: str) -> None:
        """Record that the request made no batch."""
        self._append(Entry(refused=reason), sync=True)
        self.request = None

    def add_batch(self, batch_id: str) -> None:
        self._append(Entry(batch_id=batch_id), sync=True)
        self.batch_id = batch_id

    def _read(self) -> None:
        self._file.seek(0)
        valid_bytes = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            try:
                self._apply(Entry.model_validate_json(line))
            except ValidationError as error:
                raise _not_a_journal(self._path) from error
            valid_bytes += len(line)
        self._file.truncate(valid_bytes)
        if not valid_bytes:
            self.id = uuid.uuid4().hex
            self._append(Entry(began=self.id, work=self.work), sync=True)

    def _apply(self, entry: Entry) -> None:
        if entry.began:
            self.id = entry.began
        if entry.work and entry.work != self.work:
            raise StateUnusable(_differences(entry.work, self.work))
        if entry.sent:
            self._by_path[entry.sent.path] = entry.sent
            self._by_content[entry.sent.sha256] = entry.sent
        if entry.request or entry.refused:
            self.request = entry.request
        if entry.batch_id:
            self.batch_id = entry.batch_id

    def _append(self, entry: Entry, *, sync: bool = False) -> None:
        # The file is open in append mode: the read position does not matter.
        try:
            self._file.write(entry.model_dump_json(exclude_none=True).encode() + b"\n")
            self._file.flush()
            if sync:
                os.fsync(self._file.fileno())
        except OSError as error:
            raise _not_writable(self._path, error) from error


def record_of(document: Document, path: str, size: int, mtime_ns: int) -> SentFile:
    return SentFile(
        path=path,
        size=size,
        mtime_ns=mtime_ns,
        sha256=document.sha256,
        document_id=document.id,
        expires_at=document.expires_at,
    )


def _check_is_journal(file: BinaryIO, path: Path) -> None:
    """Protects other files: a wrong --state must not overwrite them."""
    file.seek(0)
    begin = file.read(len(FIRST_BYTES))
    if begin != FIRST_BYTES[: len(begin)]:
        raise _not_a_journal(path)


def _lock(file: BinaryIO, path: Path) -> None:
    """The lock is released when the file is closed or the process ends."""
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateUnusable(
                message("Another command is using {path}. Wait until it ends.", path=path)
            ) from error


def _not_a_journal(path: Path) -> StateUnusable:
    return StateUnusable(
        message(
            "{path} is not the state of a folder's batch. Choose another file with --state.",
            path=path,
        )
    )


def _not_writable(path: Path, error: OSError) -> StateUnusable:
    return StateUnusable(
        message(
            "{path} cannot be written: {error}. Choose another file with --state.",
            path=path,
            error=error,
        )
    )


def _differences(before: Work, now: Work) -> str:
    old, new = before.model_dump(), now.model_dump()
    changed = ", ".join(f"{name} {old[name]!r}" for name in old if old[name] != new[name])
    return message(
        "The state belongs to a batch with {changed}. Give the same to continue it, --new to "
        "start again, or --state to use another file.",
        changed=changed,
    )
