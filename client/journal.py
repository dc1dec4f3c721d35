"""What a submission of a folder has done so far, kept so that it can go on after any break.

One JSON object a line, added when it has come about. A line that was not written to its end does
not count, so that a kill at any moment leaves a journal that can be read.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from client.errors import StateUnusable
from client.models import Document

if sys.platform != "win32":
    import fcntl

# A document that is about to go is sent again, so that the batch still finds it.
LEAST_LIFE = timedelta(hours=1)
BEGIN = b'{"began":"'


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Work(Record):
    """What is to be done, and to which folder. A journal is of one work only."""

    api_url: str
    folder: str
    task: str
    options: dict[str, Any] = Field(default_factory=dict)
    model: str | None = None


class Sent(Record):
    """A file as it was when it was sent, and the document that it became."""

    path: str
    size: int
    mtime_ns: int
    sha256: str
    document_id: str
    expires_at: datetime | None = None

    @property
    def lives(self) -> bool:
        return self.expires_at is None or self.expires_at - LEAST_LIFE > datetime.now(UTC)


class BatchRequest(Record):
    """How the batch was asked for: asked again in the same words, it is the same batch."""

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
    """One line: one of these."""

    began: str | None = None
    work: Work | None = None
    sent: Sent | None = None
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
        self._by_path: dict[str, Sent] = {}
        self._by_content: dict[str, Sent] = {}

    @classmethod
    @contextmanager
    def opened(cls, path: Path, work: Work, *, afresh: bool) -> Iterator[Journal]:
        """The journal in `path`, made where there is none; `afresh` forgets what was in it.

        Raises `StateUnusable` where it cannot be kept, is in use by another process or is of other
        work.
        """
        try:
            file = path.open("a+b")
        except OSError as error:
            raise _not_kept(path, error) from error
        with file:
            _lock(file, path)
            _recognize(file, path)
            if afresh:
                file.truncate(0)
            journal = cls(path, file, work)
            journal._read()
            yield journal

    def sent(self, path: str, size: int, mtime_ns: int) -> Sent | None:
        """The record of this file, where it was sent and is unchanged since."""
        known = self._by_path.get(path)
        if known and known.lives and (known.size, known.mtime_ns) == (size, mtime_ns):
            return known
        return None

    def same_content(self, sha256: str) -> Sent | None:
        """The record of any file with these bytes."""
        known = self._by_content.get(sha256)
        return known if known and known.lives else None

    def add_sent(self, sent: Sent) -> None:
        self._add(Entry(sent=sent))
        self._take(Entry(sent=sent))

    def add_request(self, documents: list[dict[str, Any]], **asked: Any) -> BatchRequest:
        """Kept on the disk before this returns."""
        request = BatchRequest(
            key=uuid.uuid4().hex, asked_at=datetime.now(UTC), documents=documents, **asked
        )
        self._add(Entry(request=request), safe=True)
        self.request = request
        return request

    def add_refusal(self, why: str) -> None:
        """No batch was made of the request."""
        self._add(Entry(refused=why), safe=True)
        self.request = None

    def add_batch(self, batch_id: str) -> None:
        self._add(Entry(batch_id=batch_id), safe=True)
        self.batch_id = batch_id

    def _read(self) -> None:
        self._file.seek(0)
        whole = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            try:
                self._take(Entry.model_validate_json(line))
            except ValidationError as error:
                raise _not_a_journal(self._path) from error
            whole += len(line)
        self._file.truncate(whole)
        if not whole:
            self.id = uuid.uuid4().hex
            self._add(Entry(began=self.id, work=self.work), safe=True)

    def _take(self, entry: Entry) -> None:
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

    def _add(self, entry: Entry, *, safe: bool = False) -> None:
        # Opened for appending: written at the end, wherever was read last.
        try:
            self._file.write(entry.model_dump_json(exclude_none=True).encode() + b"\n")
            self._file.flush()
            if safe:
                os.fsync(self._file.fileno())
        except OSError as error:
            raise _not_kept(self._path, error) from error


def sent_as(document: Document, path: str, size: int, mtime_ns: int) -> Sent:
    return Sent(
        path=path,
        size=size,
        mtime_ns=mtime_ns,
        sha256=document.sha256,
        document_id=document.id,
        expires_at=document.expires_at,
    )


def _recognize(file: BinaryIO, path: Path) -> None:
    """So that nobody's own file is written to, or emptied, because its name was given."""
    file.seek(0)
    begin = file.read(len(BEGIN))
    if begin != BEGIN[: len(begin)]:
        raise _not_a_journal(path)


def _lock(file: BinaryIO, path: Path) -> None:
    """Held until the file is closed, in whatever way its process ends."""
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateUnusable(f"Another command is at work with {path}: let it end.") from error


def _not_a_journal(path: Path) -> StateUnusable:
    return StateUnusable(f"{path} is no state of a folder's batch: name another with --state.")


def _not_kept(path: Path, error: OSError) -> StateUnusable:
    return StateUnusable(f"{path} cannot be kept: {error}. Name another with --state.")


def _differences(before: Work, now: Work) -> str:
    then, this = before.model_dump(), now.model_dump()
    differ: Mapping[str, Any] = {name: then[name] for name in then if then[name] != this[name]}
    told = ", ".join(f"{name} {value!r}" for name, value in differ.items())
    return (
        f"The state is of a batch with {told}. Give the same to go on with it, --new to start "
        "afresh, or --state for a state of its own."
    )
