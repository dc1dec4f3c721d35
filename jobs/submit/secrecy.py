"""Refuses documents with a secrecy marking that their department may not send."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import structlog

from documents.detect import detect
from documents.errors import WorkError
from documents.isolation.compute import compute, computing_in
from documents.isolation.owner import Owner, working_for
from documents.isolation.pool import ReaderPool
from documents.limits import ReadLimits
from jobs.model.department import Department
from jobs.model.problems import ProblemError
from jobs.process.processes import task_processes
from jobs.process.settings import LimitSettings, SecrecySettings, TaskSettings
from tasks.secrecy import Marking, Secrecy, marking_of
from tasks.secrecy.files import SCREENED_BY_BYTES, SCREENED_IN_PROCESS, level_of, marking_of_bytes

# The limit for the check of a text and for the detection of a file's format.
_COMPUTE_SECONDS = 10.0
# Further uploads do not wait for a process; the worker checks them.
_MAX_WAITING = 16
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _FileCheck:
    """The processes that open uploaded files, and how long an upload waits for them."""

    processes: ReaderPool
    limits: ReadLimits
    seconds: float


class Screening:
    """Checks uploads for secrecy markings before they are stored.

    A file that cannot be checked in time is accepted: the worker checks the whole file before it
    runs a job on it. `Screening()` checks texts and text files only; `with_processes` also opens
    other formats.
    """

    def __init__(self, file_check: _FileCheck | None = None) -> None:
        self._file_check = file_check
        self._running: set[asyncio.Task[Marking | None]] = set()

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
        return cls(_FileCheck(processes, read_limits, settings.look_seconds))

    async def __aenter__(self) -> Screening:
        if self._file_check is not None:
            self._starting = asyncio.create_task(self._file_check.processes.start())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file_check is not None:
            await self._file_check.processes.close()
            await asyncio.gather(self._starting)
        await asyncio.gather(*self._running, return_exceptions=True)

    @contextmanager
    def computing(self, department: str) -> Iterator[None]:
        """Within the block `compute` uses the processes, in the department's turn."""
        with ExitStack() as stack:
            stack.enter_context(working_for(Owner(department)))
            if self._file_check is not None:
                stack.enter_context(computing_in(self._file_check.processes))
            yield

    async def media_type(self, department: Department, path: Path) -> str:
        """The format of an uploaded file. Raises `ProblemError`."""
        check = self._file_check
        with working_for(Owner(department.name)), _as_problem():
            if check is None:
                return detect(path)
            result = await check.processes.work(path, check.limits, "detect", {})
        return str(result.values["media_type"])

    async def check_text(self, department: Department, text: str) -> None:
        """Raises `ProblemError`: `secrecy-marked`, or that the check was not possible."""
        if department.allow_secrecy is Secrecy.top_secret:
            return
        with self.computing(department.name), _as_problem():
            marking = await compute(marking_of, text)
        _refuse_marked(department, marking, "text")

    async def check_file(self, department: Department, path: Path, media_type: str) -> None:
        """Raises `ProblemError`: `secrecy-marked`."""
        if department.allow_secrecy is Secrecy.top_secret:
            return
        with working_for(Owner(department.name)):
            if media_type in SCREENED_BY_BYTES:
                marking = await self._marking_of_text_file(path, media_type)
            else:
                marking = await self._marking_in_time(path, media_type)
        _refuse_marked(department, marking, "file")

    async def _marking_of_text_file(self, path: Path, media_type: str) -> Marking | None:
        """Only the first bytes are looked at, so that the check always ends in time."""
        check = self._file_check
        if check is None:
            return marking_of_bytes(path)
        with _as_problem():
            arguments = {"media_type": media_type}
            return level_of(await check.processes.work(path, check.limits, "secrecy", arguments))

    async def _marking_in_time(self, path: Path, media_type: str) -> Marking | None:
        check = self._file_check
        if check is None or media_type not in SCREENED_IN_PROCESS:
            return None
        if len(self._running) >= _MAX_WAITING:
            log.info("secrecy.not_looked", why="busy")
            return None
        task = asyncio.create_task(_marking_of_file(check, path, media_type))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        # After the timeout the task runs on, so that a process that is starting can become ready.
        await asyncio.wait((task,), timeout=check.seconds)
        if not task.done():
            log.info("secrecy.not_looked", why="time")
            return None
        return task.result()


@contextmanager
def _as_problem() -> Iterator[None]:
    """Raise errors of work as `ProblemError`."""
    try:
        yield
    except WorkError as error:
        raise ProblemError(error.code, str(error)) from error


async def _marking_of_file(check: _FileCheck, path: Path, media_type: str) -> Marking | None:
    try:
        # Half of the time, so that a marking found by then is returned before the timeout.
        arguments = {"media_type": media_type, "seconds": check.seconds / 2}
        result = await check.processes.work(path, check.limits, "secrecy", arguments)
    except WorkError as error:
        log.info("secrecy.not_looked", why=error.code)
        return None
    except OSError:
        # The upload ended, and its file was removed, before a process opened it.
        return None
    return level_of(result)


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
