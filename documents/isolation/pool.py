"""A pool of processes that read documents, off the event loop."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

from documents.document import Block, BlockKind, Document
from documents.errors import (
    DocumentError,
    DocumentTooLong,
    NoTextLayer,
    ReaderCrashed,
    ReaderUnavailable,
    ReadTimeout,
)
from documents.isolation.child import BROKEN, LENGTH, NO_FILE, OUT_OF_MEMORY
from documents.limits import ReadLimits
from documents.source import FileResult

log = structlog.get_logger()

_START_SECONDS = 60
_MAX_RESPONSE_BYTES = 256 * 1024 * 1024
_LARGE_RESPONSE_BYTES = 256 * 1024
_INHERITED_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "TZ", "TMPDIR")
# One thread for each library, and few memory arenas, which count against the memory limit.
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
_ROOT = Path(__file__).resolve().parents[2]


class ReaderPool:
    """A pool of processes, each reading one document at a time.

    A process is started on demand, and replaced after `documents_per_process` documents, after a
    document that took too long or too much memory, and when it dies. All processes die with the
    thread that runs the event loop.

    Args:
        processes: How many documents are read at the same time.
        timeout_seconds: The limit for one document.
        memory_mib: The memory limit of one process, beyond what it takes at start.
        documents_per_process: A process is replaced after so many documents.
        file_work: `MODULE:NAME` of a mapping from names to `FileWork`, for `work`.
        ocr: The pool for documents with scanned pages. It has its own limits: a long scan takes
            minutes, and other documents should not wait for it.
    """

    def __init__(
        self,
        *,
        processes: int,
        timeout_seconds: float,
        memory_mib: int,
        documents_per_process: int = 200,
        file_work: str | None = None,
        ocr: ReaderPool | None = None,
    ) -> None:
        self._ocr = ocr
        self._timeout = timeout_seconds
        self._memory_mib = memory_mib
        self._file_work = file_work
        self._documents_per_process = documents_per_process
        self._slots = asyncio.Semaphore(processes)
        self._children: set[_Child] = set()
        self._idle: list[_Child] = []
        self._exit_tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> ReaderPool:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def read(self, path: Path, limits: ReadLimits, media_type: str | None = None) -> Document:
        """Read a document of any format when a process is free; see `documents.read.read`.

        Cancelling kills the process.

        Raises:
            DocumentError: The document cannot be read. `DocumentTooLong` also if the memory limit
                is reached, `ReadTimeout` after the time limit, `ReaderCrashed` if the process died.
            OSError: The file cannot be opened.
            ReaderUnavailable: No process can be started, or the pool is closed.
        """
        if self._ocr is None:
            return await self._read(path, limits, media_type)
        with suppress(NoTextLayer):
            return await self._read(path, replace(limits, ocr_pages=None), media_type)
        return await self._ocr.read(path, limits, media_type)

    async def _read(self, path: Path, limits: ReadLimits, media_type: str | None) -> Document:
        return await _parse(await self._answer(_request(path, limits, media_type=media_type)))

    async def work(
        self, path: Path, limits: ReadLimits, name: str, arguments: Mapping[str, Any]
    ) -> FileResult:
        """Run the function that `file_work` registers as `name`, without OCR.

        A new file is returned in memory. Raises what `read` raises.
        """
        request = _request(path, replace(limits, ocr_pages=0), work=name, arguments=arguments)
        answer = await self._answer(request)
        _check(answer)
        return FileResult(answer["values"], answer.get("file"))

    async def _answer(self, request: bytes) -> dict[str, Any]:
        async with self._slots:
            child = await self._acquire()
            keep = False
            try:
                answer = await self._ask(child, request)
                keep = answer.get("error") not in {OUT_OF_MEMORY, BROKEN}
            finally:
                self._release(child, keep=keep)
        return answer

    async def close(self) -> None:
        """Kill every process. Reads in progress raise `ReaderUnavailable`."""
        self._closed = True
        for child in list(self._children):
            self._kill(child)
        self._idle.clear()
        while self._exit_tasks:
            await asyncio.gather(*self._exit_tasks)
        if self._ocr is not None:
            await self._ocr.close()

    async def _acquire(self) -> _Child:
        while self._idle and not self._closed:
            child = self._idle.pop()
            if child.is_alive():
                return child
            log.warning("reader.died_idle", pid=child.process.pid)
            self._kill(child)
        if self._closed:
            raise ReaderUnavailable("The worker is stopping. The job will be run again.")
        return await self._start()

    async def _start(self) -> _Child:
        # In this thread: the kernel kills a child when the thread that started it exits.
        try:
            child = _Child.spawn(self._memory_mib, self._file_work)
        except OSError as error:
            raise _unavailable() from error
        self._children.add(child)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await child.connect()
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            self._kill(child)
            raise _unavailable() from error
        except BaseException:
            self._kill(child)
            raise
        log.info("reader.started", pid=child.process.pid)
        return child

    async def _ask(self, child: _Child, request: bytes) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._timeout):
                return await child.ask(request)
        except TimeoutError as error:
            log.warning("reader.timed_out", pid=child.process.pid, seconds=self._timeout)
            raise ReadTimeout(
                f"Reading took more than {self._timeout:g} seconds. Split or simplify the document."
            ) from error
        except (OSError, asyncio.IncompleteReadError) as error:
            if self._closed:
                raise ReaderUnavailable(
                    "The worker is stopping. The job will be run again."
                ) from error
            log.warning("reader.died", pid=child.process.pid)
            raise ReaderCrashed(
                "The process that read the document died. Save the document again, or send it in "
                "another format."
            ) from error

    def _release(self, child: _Child, *, keep: bool) -> None:
        child.documents += 1
        if keep and not self._closed and child.documents < self._documents_per_process:
            self._idle.append(child)
        else:
            self._kill(child)

    def _kill(self, child: _Child) -> None:
        """Kill a process, and wait for its exit in the background."""
        if child not in self._children:
            return
        self._children.remove(child)
        child.kill()
        exit_task = asyncio.create_task(child.exited())
        self._exit_tasks.add(exit_task)
        exit_task.add_done_callback(self._exit_tasks.discard)


@dataclass(eq=False, slots=True)
class _Child:
    """One process and the connection to it."""

    process: subprocess.Popen[bytes]
    socket: socket.socket
    documents: int = 0
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None)

    @classmethod
    def spawn(cls, memory_mib: int, file_work: str | None) -> _Child:
        ours, theirs = socket.socketpair()
        command = (sys.executable, "-m", "documents.isolation.child")
        values = (theirs.fileno(), os.getpid(), memory_mib, *([file_work] if file_work else ()))
        try:
            process = subprocess.Popen(  # noqa: S603 (no shell, and every word is ours)
                [*command, *map(str, values)],
                stdin=subprocess.DEVNULL,
                # Output of libraries may quote the document.
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=_ROOT,
                # Secrets in the worker's environment are not passed on.
                env=_ENVIRONMENT
                | {name: os.environ[name] for name in _INHERITED_ENVIRONMENT if name in os.environ},
                # Ctrl-C goes to the worker only, which stops its readers itself.
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        return cls(process, ours)

    async def connect(self) -> None:
        """Wait until the process has loaded its readers."""
        self.socket.setblocking(False)
        self._streams = await asyncio.open_connection(sock=self.socket)
        await self._receive()

    async def ask(self, request: bytes) -> dict[str, Any]:
        _, writer = self._connected()
        writer.write(LENGTH.pack(len(request)) + request)
        await writer.drain()
        answer = await self._receive()
        load = (
            asyncio.to_thread(json.loads, answer) if len(answer) > _LARGE_RESPONSE_BYTES else None
        )
        loaded: dict[str, Any] = await load if load else json.loads(answer)
        if loaded.get("file_follows"):
            loaded["file"] = await self._receive()
        return loaded

    async def _receive(self) -> bytes:
        reader, _ = self._connected()
        (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        if length > _MAX_RESPONSE_BYTES:
            raise OSError("the reader's response is too large")
        return await reader.readexactly(length)

    def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            raise OSError("the reader is not connected")
        return self._streams

    def is_alive(self) -> bool:
        return self.process.poll() is None and not self._connected()[0].at_eof()

    def kill(self) -> None:
        self.process.kill()
        if self._streams is None:
            self.socket.close()
        else:
            self._streams[1].transport.abort()

    async def exited(self) -> None:
        await asyncio.to_thread(self.process.wait)


def _request(path: Path, limits: ReadLimits, **asked: Any) -> bytes:
    return json.dumps({"path": str(path.absolute()), "limits": asdict(limits), **asked}).encode()


def _unavailable() -> ReaderUnavailable:
    return ReaderUnavailable(
        "No process could be started to read the document. The job will be run again. If this "
        "persists, ask the operator to free memory."
    )


async def _parse(answer: dict[str, Any]) -> Document:
    _check(answer)
    if len(answer["blocks"]) > 10_000:
        return await asyncio.to_thread(_document, answer)
    return _document(answer)


def _check(answer: dict[str, Any]) -> None:
    """Raise the error that a response reports."""
    code = answer.get("error")
    if code is None:
        return
    if code == OUT_OF_MEMORY:
        raise DocumentTooLong(
            "Reading the document exceeds the memory limit. Split it, or remove its pictures."
        )
    if code == NO_FILE:
        raise OSError(answer["errno"], os.strerror(answer["errno"]))
    if code == BROKEN:
        log.error("reader.broken", what=answer["what"], where=answer["where"])
        raise ReaderCrashed(
            "The reader broke down on the document. Save it again, or send it in another format."
        )
    raise _errors(DocumentError)[code](answer["detail"])


def _errors(base: type[DocumentError]) -> dict[str, type[DocumentError]]:
    found = {base.code: base}
    for error in base.__subclasses__():
        found |= _errors(error)
    return found


def _document(answer: dict[str, Any]) -> Document:
    blocks = (
        Block(start, end, BlockKind(kind), page, tuple(box) if box else None, level, confidence)
        for start, end, kind, page, box, level, confidence in answer["blocks"]
    )
    return Document(
        answer["text"],
        tuple(blocks),
        answer["media_type"],
        answer["pages"],
        tuple(answer["unread_pages"]),
    )
