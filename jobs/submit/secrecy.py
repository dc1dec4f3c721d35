"""Documents that bear a secrecy marking are refused, unless their department may send them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType

import structlog

from documents.errors import WorkError
from documents.isolation.pool import ReaderPool
from documents.limits import ReadLimits
from jobs.model.department import Department
from jobs.model.problems import ProblemError
from jobs.process.settings import LimitSettings, SecrecySettings
from tasks.file_work import IN_PROCESSES
from tasks.secrecy import Marking, Secrecy, marking_of
from tasks.secrecy.files import LOOKED_AT, WRITTEN, level_of, marking_of_bytes

# A text longer than this is looked at beside the event loop.
_LONG_TEXT_CHARS = 50_000
# Looks that may wait for a process; more uploads at once are left to the worker.
_MOST_WAITING = 16
log = structlog.get_logger()


class Screening:
    """Looks at what comes in before it is kept.

    A file that cannot be looked at in time is let in: the worker looks at all of its text before it
    works on it. Without processes to read with, only what is written as text is looked at.
    """

    def __init__(self, reading: ReaderPool | None = None, settings: SecrecySettings | None = None):
        self._reading = reading
        self._seconds = (settings or SecrecySettings()).look_seconds
        limits = LimitSettings()
        self._limits = ReadLimits(limits.max_text_chars, limits.max_pages)
        self._looks: set[asyncio.Task[Marking | None]] = set()

    @classmethod
    def with_processes(cls, settings: SecrecySettings) -> Screening:
        """One with processes of its own, which are started when they are first needed."""
        reading = ReaderPool(
            processes=settings.look_processes,
            timeout_seconds=settings.look_seconds,
            memory_mib=settings.look_memory_mib,
            file_work=IN_PROCESSES,
        )
        return cls(reading, settings)

    async def __aenter__(self) -> Screening:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._reading is not None:
            await self._reading.close()
        await asyncio.gather(*self._looks, return_exceptions=True)

    async def check_text(self, department: Department, text: str) -> None:
        """Raises `ProblemError`: `secrecy-marked`."""
        if department.allow_secrecy is Secrecy.top_secret:
            return
        if len(text) > _LONG_TEXT_CHARS:
            marking = await asyncio.to_thread(marking_of, text)
        else:
            marking = marking_of(text)
        refuse_marked(department, marking, "text")

    async def check_file(self, department: Department, path: Path, media_type: str) -> None:
        """Raises `ProblemError`: `secrecy-marked`."""
        if department.allow_secrecy is Secrecy.top_secret:
            return
        if media_type in WRITTEN:
            marking = await asyncio.to_thread(marking_of_bytes, path)
        else:
            marking = await self._looked(path, media_type)
        refuse_marked(department, marking, "file")

    async def _looked(self, path: Path, media_type: str) -> Marking | None:
        if self._reading is None or media_type not in LOOKED_AT:
            return None
        if len(self._looks) >= _MOST_WAITING:
            log.info("secrecy.not_looked", why="busy")
            return None
        look = asyncio.create_task(self._look(self._reading, path, media_type))
        self._looks.add(look)
        look.add_done_callback(self._looks.discard)
        # A look that takes too long is left to its own end, so that a process can start meanwhile.
        await asyncio.wait((look,), timeout=self._seconds)
        if not look.done():
            log.info("secrecy.not_looked", why="time")
            return None
        return look.result()

    async def _look(self, reading: ReaderPool, path: Path, media_type: str) -> Marking | None:
        try:
            # Half of the time, so that what was found by then is told before all of it is over.
            arguments = {"media_type": media_type, "seconds": self._seconds / 2}
            made = await reading.work(path, self._limits, "secrecy", arguments)
        except WorkError as error:
            log.info("secrecy.not_looked", why=error.code)
            return None
        except OSError:
            # The upload ended while its look still waited.
            return None
        return level_of(made)


def refuse_marked(department: Department, marking: Marking | None, where: str) -> None:
    """Raises `ProblemError`: `secrecy-marked`. `where` is for the log."""
    if marking is None or department.may_send(marking):
        return
    note_refusal(department.name, marking, where)
    raise ProblemError(
        "secrecy-marked", not_allowed(marking, department), level=marking.level.value
    )


def note_refusal(department: str, marking: Marking, where: str) -> None:
    """Write to the log that something was refused, and nothing of what it says."""
    log.warning("secrecy.refused", department=department, level=marking.level.value, where=where)


def not_allowed(marking: Marking, department: Department) -> str:
    """Why a document is not taken."""
    allowed = department.allow_secrecy
    up_to = f"documents up to {allowed.value}" if allowed else "no marked documents"
    return (
        f"The document is marked {marking.level.value}, and the department may send {up_to}. It "
        "was not kept. This is no system for state secrets: ask the operators before you send more."
    )
