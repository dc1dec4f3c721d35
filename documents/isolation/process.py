"""The processes of a pool, as their parent sees them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from pydantic_core import from_json

from documents.isolation.protocol import EXIT_STATUS, LENGTH, OFFLINE
from documents.isolation.running_time import running_time
from documents.signals import OWN_SIGNALS

log = structlog.get_logger()

START_SECONDS = 60
# How long after the end of a connection the exit status may come.
_STATUS_SECONDS = 5
_MAX_RESPONSE_BYTES = 256 * 1024 * 1024
_INHERITED_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "TZ", "TMPDIR")
# One thread for each library, and few memory arenas, which count against the memory limit.
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
_ROOT = Path(__file__).resolve().parents[2]


class ForkServer:
    """Starts processes. It is itself a process, started when it is first needed.

    Args:
        file_work: `MODULE:NAME` of a mapping from names to `FileWork`.
        preload: Modules to load, and functions `MODULE:NAME` to call, before processes are forked.
        environment: Variables for the processes. No others of this process are passed on, except
            those that programs need.
    """

    def __init__(
        self, file_work: str | None, preload: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        self._file_work = file_work or ""
        self._preload = preload
        self._environment = environment
        self._starting = asyncio.Lock()
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self.offline: bool | None = None
        """Whether the processes have no network; None before the start."""

    async def start(self) -> None:
        """Start the server if it does not run. Raises `OSError`."""
        async with self._starting:
            if self._closed:
                raise ConnectionError("the fork server was stopped")
            if self._process is not None and self._process.poll() is None:
                return
            self.kill()
            self._spawn()
            try:
                await self._wait_ready()
            except BaseException:
                self.kill()
                raise

    async def fork(self, memory_mib: int) -> Child:
        """Start a process. Raises `OSError`."""
        await self.start()
        if self._control is None or self._process is None:
            raise ConnectionError("the fork server was stopped")
        pairs = [socket.socketpair() for _ in ("connection", "exit status")]
        (ours, theirs), (status, report) = pairs
        try:
            descriptors = [theirs.fileno(), report.fileno()]
            socket.send_fds(self._control, [str(memory_mib).encode()], descriptors)
        except OSError:
            ours.close()
            status.close()
            raise
        finally:
            theirs.close()
            report.close()
        connection = await asyncio.open_connection(sock=ours)
        reported = await asyncio.open_connection(sock=status)
        child = Child(ours.dup(), connection, reported, self._process)
        try:
            async with running_time(START_SECONDS):
                await child.wait_ready()
        except (TimeoutError, asyncio.IncompleteReadError) as error:
            child.kill()
            if isinstance(error, TimeoutError):
                self.kill()  # it hangs: the next process needs another one
            raise ConnectionError("the process did not start") from error
        except BaseException:
            child.kill()
            raise
        return child

    def close(self) -> None:
        """Kill the server, and start no other."""
        self._closed = True
        self.kill()

    def kill(self) -> None:
        """Kill the server; the kernel then kills its processes."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._control is not None:
            # Later, so that a `start` that waits for it notices the end.
            asyncio.get_running_loop().call_soon(self._control.close)
            self._control = None

    def _spawn(self) -> None:
        # In this thread: the kernel kills the server when the thread that started it exits.
        self._control, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        values = (theirs.fileno(), os.getpid(), self._file_work, *self._preload)
        try:
            self._process = subprocess.Popen(  # noqa: S603 (no shell, and every word is ours)
                [sys.executable, "-m", "documents.isolation.server", *map(str, values)],
                stdin=subprocess.DEVNULL,
                # Output of libraries may quote the document.
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=_ROOT,
                # Secrets in the environment are not passed on.
                env=_ENVIRONMENT
                | {name: os.environ[name] for name in _INHERITED_ENVIRONMENT if name in os.environ}
                | dict(self._environment),
                # Ctrl-C goes to the parent only, which stops its processes itself.
                start_new_session=True,
            )
        finally:
            theirs.close()

    async def _wait_ready(self) -> None:
        assert self._control is not None  # noqa: S101 - `_spawn` has set it
        try:
            async with running_time(START_SECONDS):
                ready = await asyncio.get_running_loop().sock_recv(self._control, 64)
        except TimeoutError as error:
            raise ConnectionError("the fork server did not start in time") from error
        if not ready:
            raise ConnectionError("the fork server exited")
        if self.offline is None and ready != OFFLINE:
            log.warning(
                "isolation.network_reachable",
                why="the kernel allows no network namespace without privileges",
            )
        self.offline = ready == OFFLINE


@dataclass(frozen=True, slots=True)
class Request:
    """What a process is asked for: a JSON object, and the bytes that follow it.

    `descriptor` is a file that only this process can open by its path, to be passed on; `inode` is
    the file's device and number.
    """

    head: bytes
    data: bytes | None = None
    descriptor: int | None = None
    inode: tuple[int, int] | None = None

    @classmethod
    def of(cls, data: bytes | None = None, **members: Any) -> Request:
        head = json.dumps({**members, "arguments_follow": data is not None})
        return cls(head.encode(), data)

    @classmethod
    def of_file(cls, path: Path, **members: Any) -> Request:
        """A request that works on a file. A process has another working directory.

        Raises `OSError` if the file is a descriptor of this process that is not open.
        """
        path = path.absolute()
        head = json.dumps({**members, "path": str(path)}).encode()
        memory = re.fullmatch(rf"/proc/{os.getpid()}/fd/(\d+)", str(path))
        if memory is None:
            return cls(head)
        descriptor = int(memory[1])
        return cls(head, descriptor=descriptor, inode=_inode(descriptor))

    def is_gone(self) -> bool:
        """Whether the descriptor was closed since. Its number may be that of another file now."""
        if self.descriptor is None:
            return False
        try:
            return _inode(self.descriptor) != self.inode
        except OSError:
            return True


@dataclass(eq=False, slots=True)
class Child:
    """One process and the connection to it. `requests` counts what it has worked on.

    `status`: from the server, which sends the exit status.
    """

    socket: socket.socket
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    status: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    server: subprocess.Popen[bytes]
    pid: int = 0
    requests: int = 0
    _descriptor: int | None = None

    async def wait_ready(self) -> None:
        self.pid = int(await self._receive())
        # A descriptor of the process: its number may be given to another one when it exits.
        self._descriptor = os.pidfd_open(self.pid)

    async def ask(self, request: Request) -> dict[str, Any]:
        """The response; `data` has the bytes that follow it."""
        writer = self.streams[1]
        length = LENGTH.pack(len(request.head))
        if request.descriptor is None:
            writer.write(length)
        else:
            # The connection is idle: all that was written has been answered.
            socket.send_fds(self.socket, [length], [request.descriptor])
        writer.write(request.head)
        if request.data is not None:
            writer.write(LENGTH.pack(len(request.data)))
            writer.write(request.data)
        await writer.drain()
        response = from_json(await self._receive())
        if not isinstance(response, dict):
            raise ValueError("the response is not a JSON object")  # noqa: TRY004 - as other garbage
        if response.get("data_follows"):
            response["data"] = await self._receive()
        return response

    def is_alive(self) -> bool:
        # The kernel kills the processes of a dead server, at some time after its death.
        if self.server.poll() is not None:
            return False
        return not self._has_exited() and not self.streams[0].at_eof()

    def kill(self) -> None:
        if self._descriptor is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
        self.streams[1].transport.abort()
        self.socket.close()
        self.status[1].transport.abort()

    async def was_killed(self) -> bool:
        """Whether the process, whose connection has ended, did not end by what it did itself.

        So it is with SIGKILL, which the kernel sends when the machine runs out of memory, and with
        the death of the server.
        """
        report = b""
        with suppress(TimeoutError):
            async with running_time(_STATUS_SECONDS):
                report = await self.status[0].read(EXIT_STATUS.size)
        if not report:
            return True
        (status,) = EXIT_STATUS.unpack(report)
        return status < 0 and -status not in OWN_SIGNALS

    def is_stopped(self) -> bool:
        """Whether the process is stopped by a signal, and can do nothing."""
        with suppress(OSError):
            status = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2]
            return status.split()[0] in ("T", "t")
        return False

    async def exited(self) -> None:
        """Wait until a killed process is gone."""
        if self._descriptor is None:
            return
        loop, exit_ = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._descriptor, exit_.set)
        try:
            await exit_.wait()
        finally:
            loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _has_exited(self) -> bool:
        if self._descriptor is None:
            return True
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return bool(poll.poll(0))

    async def _receive(self) -> bytes:
        reader = self.streams[0]
        (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        if length > _MAX_RESPONSE_BYTES:
            raise ValueError("the response is too large")
        return await reader.readexactly(length)


def _inode(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino
