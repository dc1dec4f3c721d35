"""Appends to the audit record. Processes of a machine take turns with a lock on a file."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from jobs.audit.chain import GENESIS, HEAD_BYTES, ChainKey, Head, Line, line_hash, parse_line
from jobs.audit.files import AuditFiles
from jobs.audit.record import AuditRecord

BROKEN = "audit.broken"
LOCK_SECONDS = 5.0
_PRIVATE = 0o600
log = structlog.get_logger()


class Busy(OSError):
    """Another thread or process held the lock of the audit record all the time."""

    def __str__(self) -> str:
        return "another process holds the lock of the audit record"


class ChainWriter:
    """Blocking; safe to use from several threads and processes.

    Lines are in the operating system's hands when `append` returns, so that no process that is
    killed takes them with it. `flush` brings them to the disk.
    """

    def __init__(
        self, files: AuditFiles, key: ChainKey, now: Callable[[], datetime] | None = None
    ) -> None:
        self._files = files
        self._key = key
        self._now = now or (lambda: datetime.now(UTC))
        self._sealed = b""
        self._head = Head()
        self._thread_lock = threading.Lock()

    def append(self, records: Sequence[AuditRecord], *, wait: bool = True) -> None:
        """Add `records` in order. Raises `OSError`; then none of them was added.

        `wait` False: raise `Busy` if another thread or process is writing.
        """
        with self._locked(wait=wait) as head_file:
            head = self._start_of_day(self._current(head_file))
            added = []
            for record in records:
                line, head = self._key.line(record.fields(), head)
                added.append(line)
            self._write(head.day, added, head.offset)
            self._store(head_file, head)

    def flush(self) -> None:
        """Write the lines of the last day to the disk. Raises `OSError`."""
        for day in self._files.days()[-1:]:
            descriptor = os.open(self._files.day(day), os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)

    def remove_before(self, keep: timedelta) -> Sequence[str]:
        """Remove the files of days that ended more than `keep` ago; returns their days.

        The head names the first line that is kept, so that a file removed by others is found.
        """
        last = (self._now() - keep).date().isoformat()
        with self._locked() as head_file:
            head = self._current(head_file)
            kept = [day for day in self._files.days() if day >= last or day == head.day]
            removed = [day for day in self._files.days() if day not in kept]
            if not removed:
                return []
            first = self._first_line(kept[0]) if kept else None
            if first is None:
                return []
            self._store(head_file, replace(head, first_seq=first, first_day=kept[0]))
            for day in removed:
                self._files.day(day).unlink()
        return removed

    @contextmanager
    def _locked(self, *, wait: bool = True) -> Iterator[int]:
        """Hold the lock of all threads and processes; yields the head's file descriptor."""
        if not self._thread_lock.acquire(blocking=wait):
            raise Busy
        try:
            lock = self._open(self._files.lock)
            try:
                _take(lock, LOCK_SECONDS if wait else 0)
                head_file = self._open(self._files.head)
                try:
                    yield head_file
                finally:
                    os.close(head_file)
            finally:
                os.close(lock)
        finally:
            self._thread_lock.release()

    def _open(self, path: Path) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        try:
            return os.open(path, flags, _PRIVATE)
        except FileNotFoundError:
            self._files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(path, flags, _PRIVATE)

    def _current(self, head_file: int) -> Head:
        """The head, after what a killed process left is put right."""
        sealed = os.pread(head_file, HEAD_BYTES, 0)
        if sealed != self._sealed or not sealed:
            self._head = self._read(sealed)
            self._sealed = sealed
        head = self._head
        size = _size(self._files.day(head.day)) if head.day else 0
        if size > head.offset:
            return self._take_over(head)
        if size < head.offset:
            return self._report(head, f"{head.day}.jsonl is {head.offset - size} bytes shorter")
        return head

    def _read(self, sealed: bytes) -> Head:
        head = self._key.open(sealed)
        if head is not None:
            return head
        if not self._files.days() and not self._head.seq:
            return Head()
        why = "is damaged, or was made with another key" if sealed.strip() else "is missing"
        known = Head() if self._files.days() else self._head
        return self._report(known, f"head.json {why}")

    def _take_over(self, head: Head) -> Head:
        """Accept lines that a process wrote before it was killed, with the head not yet written."""
        path = self._files.day(head.day)
        with path.open("rb") as file:
            file.seek(head.offset)
            rest = file.read()
        for line in rest.splitlines(keepends=True):
            if not line.endswith(b"\n"):
                os.truncate(path, head.offset)  # half a line: it was never acknowledged
                return head
            parsed = parse_line(line[:-1])
            if parsed is None or not self._follows(parsed, line[:-1], head):
                return self._report(head, f"{head.day}.jsonl has a line that was not written here")
            head = replace(head, seq=parsed.seq, hash=parsed.hash, offset=head.offset + len(line))
        return head

    def _follows(self, parsed: Line, line: bytes, head: Head) -> bool:
        chained = parsed.seq == head.seq + 1 and parsed.fields["prev"] == head.hash
        return chained and self._key.signs(line)

    def _report(self, head: Head, what: str) -> Head:
        """Go on after the last line that is there, with a record of what is wrong."""
        days = self._files.days() or [head.day or self._today()]
        last = self._end_line(self._files.day(days[-1]))
        parsed = parse_line(last)
        start = Head(
            seq=max(head.seq, parsed.seq if parsed else 0),
            hash=line_hash(last) if last else GENESIS,
            day=days[-1],
            offset=_size(self._files.day(days[-1])),
            first_seq=head.first_seq,
            first_day=head.first_day,
        )
        if not head.first_day:
            first = self._first_line(days[0])
            start = replace(start, first_seq=first or start.seq + 1, first_day=days[0])
        record = AuditRecord(self._now(), BROKEN, 0, "audit", detail={"what": what})
        line, after = self._key.line(record.fields(), start)
        self._write(after.day, [line], after.offset)
        log.error("audit.broken", what=what)
        return after

    def _start_of_day(self, head: Head) -> Head:
        """The head in today's file. A clock that was set back does not reopen an earlier day."""
        day = max(head.day, self._today())
        if day == head.day:
            return head
        head = replace(head, day=day, offset=0, first_day=head.first_day or day)
        return self._take_over(head) if _size(self._files.day(day)) else head

    def _write(self, day: str, lines: Sequence[bytes], end: int) -> None:
        """Append `lines` to the file of `day`, which then has `end` bytes."""
        data = b"".join(line + b"\n" for line in lines)
        path, start = self._files.day(day), end - len(data)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _PRIVATE)
        try:
            written = os.write(descriptor, data)
            while written < len(data):
                written += os.write(descriptor, data[written:])
        except OSError:
            os.ftruncate(descriptor, start)
            raise
        finally:
            os.close(descriptor)

    def _store(self, head_file: int, head: Head) -> None:
        sealed = self._key.seal(head)
        os.pwrite(head_file, sealed, 0)
        self._head, self._sealed = head, sealed

    def _first_line(self, day: str) -> int | None:
        """The number of the first line of a day; None if there is none."""
        try:
            with self._files.day(day).open("rb") as file:
                line = parse_line(file.readline().rstrip(b"\n"))
        except FileNotFoundError:
            return None
        return line.seq if line else None

    def _end_line(self, path: Path) -> bytes:
        """The last line of a file, which is given a line feed if it lacks one."""
        if not _size(path):
            return b""
        with path.open("r+b") as file:
            lines = file.read().splitlines(keepends=True)
            if not lines[-1].endswith(b"\n"):
                file.write(b"\n")
        return lines[-1].rstrip(b"\n")

    def _today(self) -> str:
        return self._now().date().isoformat()


@contextmanager
def held(files: AuditFiles) -> Iterator[None]:
    """Keep all threads and processes from writing during the block. Raises `Busy`."""
    lock = os.open(files.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
    try:
        _take(lock, LOCK_SECONDS)
        yield
    finally:
        os.close(lock)


def _take(lock: int, seconds: float) -> None:
    """Wait for the lock. Raises `Busy`, for example because its holder was stopped."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Busy from None
            time.sleep(0.0005)
        else:
            return


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - for every line: twice as fast
    except FileNotFoundError:
        return 0
