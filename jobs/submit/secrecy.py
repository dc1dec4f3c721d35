"""Refuses documents with a secrecy marking that their department may not send."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import structlog

from documents.errors import (
    CorruptDocument,
    DocumentTooLong,
    EncryptedDocument,
    SecrecyUnchecked,
    UnsupportedDocument,
    WorkError,
)
from documents.inventory.entry import Unread
from documents.isolation.compute import compute, computing_in
from documents.isolation.owner import Owner, working_for
from documents.isolation.pool import ReaderPool
from documents.limits import ReadLimits
from jobs.model.department import Department
from jobs.model.problems import ProblemError
from jobs.process.processes import task_processes, warm_up
from jobs.process.settings import LimitSettings, SecrecySettings, TaskSettings
from tasks.secrecy import Marking, Secrecy
from tasks.secrecy.look import Look, look_of
from tasks.secrecy.markings import marking_of

# The limit for the check of a text and for the detection of a file's format.
_COMPUTE_SECONDS = 10.0
# More uploads of a process than this do not wait for the check.
_MAX_WAITING = 256
# Documents that no job could read either.
_UNREADABLE = frozenset(
    one.code for one in (CorruptDocument, EncryptedDocument, UnsupportedDocument, DocumentTooLong)
)
_UNCHECKED = {
    "time": "the check did not end within {seconds} s; split it, or send it again later",
    "busy": "too many uploads are being checked; send it again later",
    "unread": "parts of it cannot be read ({unread}); remove them",
    "length": "it has more text or pages than a job may have; split it",
}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _FileCheck:
    """The processes that open uploaded files, and how long an upload waits for them."""

    processes: ReaderPool
    limits: ReadLimits
    seconds: float
    refuse_unread: bool


class Screening:
    """Checks uploads for secrecy markings before they are stored.

    A file that cannot be checked in full is refused, or accepted as the settings say. The worker
    checks formats that need OCR or another program. `Screening()` checks texts and text files only;
    `with_processes` also opens other formats.
    """

    def __init__(self, file_check: _FileCheck | None = None) -> None:
        self._file_check = file_check
        self._running: set[asyncio.Task[Look | ProblemError]] = set()

    @classmethod
    def with_processes(
        cls, settings: SecrecySettings, limits: LimitSettings, tasks: TaskSettings
    ) -> Screening:
        """A screening with its own processes, which are ready some seconds after it is entered."""
        processes = task_processes(
            tasks,
            processes=settings.look_processes,
            timeout_seconds=settings.look_seconds,
            memory_mib=settings.look_memory_mib,
            compute_seconds=_COMPUTE_SECONDS,
        )
        read_limits = ReadLimits(limits.max_text_chars, limits.max_pages)
        return cls(
            _FileCheck(processes, read_limits, settings.look_seconds, settings.unread == "refuse")
        )

    @property
    def processes(self) -> ReaderPool | None:
        """The processes, for other work on the departments' files; None without them."""
        return self._file_check.processes if self._file_check else None

    async def __aenter__(self) -> Screening:
        if self._file_check is not None:
            self._starting = asyncio.create_task(warm_up(self._file_check.processes))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file_check is not None:
            await self._file_check.processes.close()
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await asyncio.gather(*self._running, return_exceptions=True)

    @contextmanager
    def computing(self, department: str) -> Iterator[None]:
        """Within the block `compute` uses the processes, in the department's turn."""
        with working_for(Owner(department)):
            if self._file_check is None:
                yield
            else:
                with computing_in(self._file_check.processes):
                    yield

    async def media_type(self, department: Department, path: Path, *, identity: str) -> str:
        """The format of an uploaded file. Raises `ProblemError`.

        `identity` names its content, to set it aside after failures: paths are used again.
        """
        check = self._file_check
        with working_for(Owner(department.name)), _as_problem():
            if check is None:
                from documents.detect import detect  # noqa: PLC0415  # as in `check_file`

                return detect(path)
            result = await check.processes.work(path, check.limits, "detect", {}, identity=identity)
        return str(result.values["media_type"])

    async def check_text(self, department: Department, text: str) -> None:
        """Raises `ProblemError`: `secrecy-marked`, or that the check was not possible."""
        if department.allow_secrecy is Secrecy.top_secret:
            return
        with self.computing(department.name), _as_problem():
            marking = await compute(marking_of, text)
        _refuse_marked(department, marking, "text")

    async def check_file(
        self, department: Department, path: Path, media_type: str, *, identity: str
    ) -> bool:
        """Returns whether all of the file was checked, or need not be. `identity`: as above.

        Raises `ProblemError`: `secrecy-marked`, `secrecy-unchecked`, or why it cannot be read.
        """
        # Here because it loads all readers, which take 0.15 s to import at the start of a process.
        from tasks.secrecy.files import (  # noqa: PLC0415
            SCREENED_BY_BYTES,
            SCREENED_IN_PROCESS,
            look_at_bytes,
        )

        if department.allow_secrecy is Secrecy.top_secret:
            return True
        if media_type not in SCREENED_BY_BYTES | SCREENED_IN_PROCESS:
            return False
        if self._file_check is None:
            look = look_at_bytes(path) if media_type in SCREENED_BY_BYTES else Look(None, False)
        else:
            with working_for(Owner(department.name)):
                look = await self._look_in_time(self._file_check, path, media_type, identity)
        _refuse_marked(department, look.marking, "file")
        is_refused = not look.complete and not look.is_ordinary
        if is_refused and self._file_check is not None and self._file_check.refuse_unread:
            reason = _UNCHECKED.get(look.why, f"its check ended with {look.why}").format(
                seconds=f"{self._file_check.seconds:g}", unread=", ".join(look.unread)
            )
            raise ProblemError(
                SecrecyUnchecked.code,
                f"The document could not be checked in full for secrecy markings: {reason}. It was "
                "not stored.",
            )
        return look.complete

    async def _look_in_time(
        self, check: _FileCheck, path: Path, media_type: str, identity: str
    ) -> Look:
        if len(self._running) >= _MAX_WAITING:
            return _unread("busy")
        task = asyncio.create_task(_look(check, path, media_type, identity))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        # After the timeout the task runs on, so that a process that is starting can become ready.
        await asyncio.wait((task,), timeout=check.seconds)
        look = task.result() if task.done() else _unread("time")
        if isinstance(look, ProblemError):
            raise look
        return look


@contextmanager
def _as_problem() -> Iterator[None]:
    """Raise errors of work as `ProblemError`."""
    try:
        yield
    except WorkError as error:
        raise ProblemError(error.code, str(error)) from error


async def _look(
    check: _FileCheck, path: Path, media_type: str, identity: str
) -> Look | ProblemError:
    """Returns an error instead of raising it: nobody may wait for it any more."""
    try:
        arguments = {"media_type": media_type}
        result = await check.processes.work(
            path, check.limits, "secrecy", arguments, identity=identity
        )
    except WorkError as error:
        if check.refuse_unread and error.code in _UNREADABLE:
            return ProblemError(error.code, str(error))
        return _unread(error.code)
    except OSError:
        # The upload ended, and its file was removed, before a process opened it.
        return _unread("gone")
    look = look_of(result)
    if look.complete:
        return look
    why = "length" if Unread.too_long in look.unread else look.why
    log.info("secrecy.not_looked", why=why, unread=look.unread)
    return replace(look, why=why)


def _unread(why: str) -> Look:
    log.info("secrecy.not_looked", why=why)
    return Look(None, complete=False, why=why)


def note_refusal(department: str, marking: Marking, where: str) -> None:
    """Log a refusal, without any text of the document."""
    log.warning("secrecy.refused", department=department, level=marking.level.value, where=where)


def _refuse_marked(department: Department, marking: Marking | None, where: str) -> None:
    """Raises `ProblemError`: `secrecy-marked`. `where` goes to the log."""
    if marking is None or department.may_send(marking):
        return
    note_refusal(department.name, marking, where)
    level, allowed = marking.level.value, department.allow_secrecy
    up_to = f"documents up to {allowed.value}" if allowed else "no marked documents"
    raise ProblemError(
        "secrecy-marked",
        f"The document is marked {level}; the department may send {up_to}. It was not stored. This "
        "system is not for state secrets: ask the operators before sending more.",
        level=level,
    )
