"""A pool of processes that read documents and compute, off the event loop."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

import structlog

from documents.document import Document
from documents.errors import NoTextLayer, ReaderUnavailable, WorkError
from documents.isolation import call, responses
from documents.isolation.failures import (
    COMPUTING,
    READING,
    Failures,
    killed,
    stopping,
    unavailable,
)
from documents.isolation.owner import current_owner
from documents.isolation.process import Child, ForkServer, Request
from documents.isolation.protocol import BROKEN, OUT_OF_MEMORY
from documents.isolation.running_time import running_time
from documents.isolation.set_aside import SetAside
from documents.isolation.slots import Slots
from documents.limits import MIB, ReadLimits
from documents.readers.text import read_characters
from documents.source import FileResult

log = structlog.get_logger()

COMPUTE_SECONDS = 60.0
RESULT_BYTES = 32 * MIB
_READERS = "documents.read"
# Four milliseconds of `read_characters`.
INLINE_CHARS = 50_000


class ReaderPool:
    """A pool of processes, each working on one request at a time.

    Processes are forked when they are needed from a server that has everything loaded, and shared
    by departments in turns (`documents.isolation.slots`). A process is replaced after
    `documents_per_process` requests, after one that took too long or too much memory, and when it
    dies. Work that did so twice is set aside (`documents.isolation.set_aside`). All processes die
    with the thread that runs the event loop.

    Args:
        processes: How many requests are worked on at the same time; more in reserved places.
        timeout_seconds: The limit for reading or changing one document.
        memory_mib: The memory limit of one process, beyond what it takes at start.
        compute_seconds: The limit for one call.
        result_max_bytes: The largest result of a call, as JSON.
        documents_per_process: A process is replaced after so many requests.
        file_work: `MODULE:NAME` of a mapping from names to `FileWork`, for `work`.
        preload: What the processes load in advance; see `ForkServer`.
        reads: Whether the processes load the readers of documents in advance.
        environment: Further environment variables of the processes.
        packages: Functions of these may be called.
        ocr: The pool for documents with scanned pages. It has its own limits: a long scan takes
            minutes, and other documents should not wait for it.
    """

    def __init__(
        self,
        *,
        processes: int,
        timeout_seconds: float,
        memory_mib: int,
        compute_seconds: float = COMPUTE_SECONDS,
        result_max_bytes: int = RESULT_BYTES,
        documents_per_process: int = 200,
        file_work: str | None = None,
        preload: Sequence[str] = (),
        reads: bool = True,
        environment: Mapping[str, str] = MappingProxyType({}),
        packages: Collection[str] = call.PACKAGES,
        ocr: ReaderPool | None = None,
    ) -> None:
        self._ocr = ocr
        self._processes = processes
        self._timeout = timeout_seconds
        self._compute_seconds = compute_seconds
        self._result_max_bytes = result_max_bytes
        self._memory_mib = memory_mib
        self._documents_per_process = documents_per_process
        self._packages = packages
        readers = (_READERS,) if reads else ()
        self._server = ForkServer(file_work, (*readers, *preload), environment)
        self._slots = Slots(processes)
        self._set_aside = SetAside()
        self._children: set[Child] = set()
        self._idle: list[Child] = []
        self._exit_tasks: set[asyncio.Task[None]] = set()
        self._closed = asyncio.Event()

    async def __aenter__(self) -> ReaderPool:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def offline(self) -> bool | None:
        """Whether the processes have no network; None before the first start."""
        return self._server.offline

    async def start(self) -> None:
        """Load everything, so that the first request does not wait for it."""
        with suppress(OSError):  # reported by the request that needs it
            await self._server.start()

    async def read(
        self,
        path: Path,
        limits: ReadLimits,
        media_type: str | None = None,
        *,
        identity: str | None = None,
    ) -> Document:
        """Read a document of any format when a process is free; see `documents.read.read`.

        Cancelling kills the process. `identity` names the document, to set it aside after failures;
        default: its path.

        Raises:
            DocumentError: The document cannot be read. `DocumentTooLong` also if the memory limit
                is reached, `ReadTimeout` after the time limit, `ReaderCrashed` if the process died
                of what it did.
            OSError: The file cannot be opened.
            ReaderUnavailable: No process can be started, the process was killed or stopped from
                outside, or the pool is closed.
        """
        if self._ocr is None:
            return await self._read(path, limits, media_type, identity)
        with suppress(NoTextLayer):
            return await self._read(path, replace(limits, ocr_pages=None), media_type, identity)
        return await self._ocr.read(path, limits, media_type, identity=identity)

    async def _read(
        self, path: Path, limits: ReadLimits, media_type: str | None, identity: str | None
    ) -> Document:
        request = Request.of_file(path, limits=asdict(limits), media_type=media_type)
        key = (identity or str(path), limits, media_type)
        response = await self._respond(key, request, self._timeout, READING)
        try:
            return await responses.document(response)
        except responses.Malformed as error:
            raise _broken(READING) from error

    async def read_text(self, text: str, limits: ReadLimits) -> Document:
        """Read a text that came in a request; see `documents.readers.text.read_characters`.

        A short one is read on the event loop. Raises what `read` raises.
        """
        if len(text) <= INLINE_CHARS:
            return read_characters(text, limits)
        data = text.encode()
        request = Request.of(data, limits=asdict(limits))
        key = (hashlib.sha256(data).digest(), limits)
        response = await self._respond(key, request, self._timeout, READING)
        try:
            return await responses.document(response)
        except responses.Malformed as error:
            raise _broken(READING) from error

    async def work(
        self,
        path: Path,
        limits: ReadLimits,
        name: str,
        arguments: Mapping[str, Any],
        *,
        ocr: bool = False,
        identity: str | None = None,
    ) -> FileResult:
        """Run the function that `file_work` registers as `name`.

        A new file is returned in memory. With `ocr`, a file that needs OCR is worked on in the pool
        for such files. Raises what `read` raises.
        """
        if not ocr:
            limits = replace(limits, ocr_pages=0)
        elif self._ocr is not None:
            with suppress(NoTextLayer):
                deferred = replace(limits, ocr_pages=None)
                return await self._work(path, deferred, name, arguments, identity)
            return await self._ocr.work(path, limits, name, arguments, ocr=True, identity=identity)
        return await self._work(path, limits, name, arguments, identity)

    async def _work(
        self,
        path: Path,
        limits: ReadLimits,
        name: str,
        arguments: Mapping[str, Any],
        identity: str | None,
    ) -> FileResult:
        arguments = dict(arguments)
        request = Request.of_file(path, limits=asdict(limits), work=name, arguments=arguments)
        digest = hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).digest()
        key = (identity or str(path), limits, name, digest)
        response = await self._respond(key, request, self._timeout, READING)
        try:
            return responses.file_result(response)
        except responses.Malformed as error:
            raise _broken(READING) from error

    async def call(self, function: Callable[..., Any], arguments: bytes) -> Any:
        """Call a function in a process; see `documents.isolation.compute`.

        Cancelling kills the process.

        Raises:
            WorkError: What the function raises. `ComputeTimeout`, `ComputeTooLarge` (memory or
                result), `ComputeCrashed`; `ComputeError` for a defect, which the log has.
            ReaderUnavailable: As with `read`.
        """
        name = call.name_of(function, self._packages)
        request = Request.of(arguments, call=name, max_bytes=self._result_max_bytes)
        key = (name, hashlib.sha256(arguments).digest())
        response = await self._respond(key, request, self._compute_seconds, COMPUTING)
        try:
            return responses.result(response, function)
        except responses.Malformed as error:
            raise _broken(COMPUTING) from error

    async def close(self) -> None:
        """Kill every process. Work in progress raises `ReaderUnavailable`."""
        self._closed.set()
        for child in list(self._children):
            self._kill(child)
        self._idle.clear()
        while self._exit_tasks:
            await asyncio.gather(*self._exit_tasks)
        self._server.close()
        if self._ocr is not None:
            await self._ocr.close()

    async def _respond(
        self, key: Hashable, request: Request, seconds: float, failures: Failures
    ) -> dict[str, Any]:
        """The response of a process. `key` identifies the work, to set it aside."""
        owner = current_owner()
        key = (owner.department, key)
        async with self._slots.hold(owner):
            # Now, not before waiting: equal work may have failed meanwhile.
            seconds = self._set_aside.seconds(key, seconds)
            child = await self._acquire()
            if request.is_gone():
                self._release(child, keep=True)
                raise FileNotFoundError(errno.ENOENT, "The file was closed while the work waited.")
            keep = False
            try:
                response = await self._ask(child, request, seconds, failures)
                keep = response.get("error") not in {OUT_OF_MEMORY, BROKEN}
            except ReaderUnavailable:
                raise  # not the fault of the work
            except WorkError as error:
                self._set_aside.add(key, error)
                raise
            finally:
                self._release(child, keep=keep)
            self._set_aside.clear(key)
        try:
            responses.raise_error(response, failures)
        except responses.Malformed as error:
            raise _broken(failures) from error
        return response

    async def _acquire(self) -> Child:
        while self._idle and not self._closed.is_set():
            child = self._idle.pop()
            if child.is_alive():
                return child
            log.warning("reader.died_idle", pid=child.pid)
            self._kill(child)
        if self._closed.is_set():
            raise stopping()
        try:
            child = await self._server.fork(self._memory_mib)
        except OSError as error:
            raise (stopping() if self._closed.is_set() else unavailable()) from error
        self._children.add(child)
        if self._closed.is_set():
            self._kill(child)
            raise stopping()
        log.debug("reader.started", pid=child.pid)
        return child

    async def _ask(
        self, child: Child, request: Request, seconds: float, failures: Failures
    ) -> dict[str, Any]:
        try:
            async with running_time(seconds):
                return await child.ask(request)
        except TimeoutError as error:
            stopped = child.is_stopped()
            log.warning("reader.timed_out", pid=child.pid, seconds=seconds, stopped=stopped)
            raise (killed() if stopped else failures.timeout(seconds)) from error
        except (OSError, asyncio.IncompleteReadError) as error:
            was_killed = self._closed.is_set() or await child.was_killed()
            if self._closed.is_set():
                raise stopping() from error
            log.warning("reader.died", pid=child.pid, killed=was_killed)
            raise (killed() if was_killed else _died(failures)) from error
        except ValueError as error:
            log.warning("reader.response_invalid", pid=child.pid)
            raise _died(failures) from error

    def _release(self, child: Child, *, keep: bool) -> None:
        child.requests += 1
        spare = len(self._children) > self._processes
        worn = child.requests >= self._documents_per_process
        if keep and not (self._closed.is_set() or spare or worn):
            self._idle.append(child)
        else:
            self._kill(child)

    def _kill(self, child: Child) -> None:
        """Kill a process, and wait for its exit in the background."""
        if child not in self._children:
            return
        self._children.remove(child)
        child.kill()
        exit_task = asyncio.create_task(child.exited())
        self._exit_tasks.add(exit_task)
        exit_task.add_done_callback(self._exit_tasks.discard)


def _died(failures: Failures) -> WorkError:
    kind, detail = failures.died
    return kind(detail)


def _broken(failures: Failures) -> WorkError:
    log.error("process.response_invalid")
    kind, detail = failures.broken
    return kind(detail)
