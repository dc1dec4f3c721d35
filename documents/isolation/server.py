"""A process that has everything loaded and forks the processes of a pool, in milliseconds each.

Started by `documents.isolation.process.ForkServer` as
`python -m documents.isolation.server FD PARENT WORK PRELOAD...`. WORK is `MODULE:NAME` of a mapping
from names to `FileWork`, or empty; PRELOAD are modules to load, and functions `MODULE:NAME` to
call. A message on the socket FD is a memory limit in MiB with two descriptors: a process is forked
to serve the first one, a connection, and when it has exited its status is sent to the second one.
The server and its processes exit with their parent.

They have no network where the kernel allows that: neither a reader nor a program that it starts can
reach an address that a document names. They give way to other processes, because on a small machine
a document that takes all processors would delay the event loops of api and worker.
"""

from __future__ import annotations

import ctypes
import gc
import os
import select
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from documents.isolation import FileWork
from documents.isolation.child import serve
from documents.isolation.protocol import EXIT_STATUS, OFFLINE, ONLINE

NICE = 5
_PR_SET_PDEATHSIG = 1
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000


def main() -> None:
    descriptor, parent = map(int, sys.argv[1:3])
    work, *preload = sys.argv[3:]
    _exit_with_parent(parent)
    _give_way()
    offline = _leave_network()
    # Again: the kernel may clear it when the user namespace changes.
    _exit_with_parent(parent)
    for name in preload:
        _load(name)
    file_work: Mapping[str, FileWork] = _attribute(work) if work else {}
    gc.freeze()  # pages that the processes share are not copied by a collection
    with socket.socket(fileno=descriptor) as control:
        control.send(OFFLINE if offline else ONLINE)
        _fork_forever(control, _Processes(), file_work)


class _Processes:
    """The processes that run, each with the socket to which its exit status is sent.

    No process has such a socket, so that one that a document has taken over cannot forge a status.
    """

    def __init__(self) -> None:
        # By the descriptor of the process: its id, and the socket.
        self._running: dict[int, tuple[int, socket.socket]] = {}

    def fork(self, report: socket.socket) -> bool:
        """Returns True in the new process."""
        pid = os.fork()
        if pid:
            self._running[os.pidfd_open(pid)] = (pid, report)
            return False
        report.close()
        for descriptor, (_, other) in self._running.items():
            os.close(descriptor)
            other.close()
        return True

    def wait(self, control: socket.socket) -> None:
        """Report exits until `control` can be read."""
        poll = select.poll()
        for descriptor in (control.fileno(), *self._running):
            poll.register(descriptor, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == control.fileno():
                    return
                poll.unregister(descriptor)
                self._report(descriptor)

    def _report(self, descriptor: int) -> None:
        pid, report = self._running.pop(descriptor)
        os.close(descriptor)
        _, status = os.waitpid(pid, 0)
        with report, suppress(OSError):  # nobody listens any more
            report.send(EXIT_STATUS.pack(os.waitstatus_to_exitcode(status)))


def _fork_forever(
    control: socket.socket, processes: _Processes, file_work: Mapping[str, FileWork]
) -> None:
    server = os.getpid()
    while True:
        processes.wait(control)
        memory_mib, descriptors, *_ = socket.recv_fds(control, 64, 2)
        if not memory_mib:
            return
        connection, report = (socket.socket(fileno=each) for each in descriptors)
        with connection:
            if processes.fork(report):
                control.close()
                _serve(connection, server, int(memory_mib), file_work)


def _serve(
    connection: socket.socket, server: int, memory_mib: int, file_work: Mapping[str, FileWork]
) -> None:
    status = 1
    try:
        # In the server's session, whose priority the kernel counts (`_give_way`).
        _exit_with_parent(server)
        serve(connection, memory_mib, file_work)
        status = 0
    finally:
        # The server's own stack must not go on in the fork.
        os._exit(status)


def _exit_with_parent(parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        raise SystemExit("the parent process has exited")


def _give_way() -> None:
    """Lower the priority of this process and of those that it forks.

    Where Linux groups processes by session (`sched_autogroup_enabled`), the priority of a process
    counts only within its group, and the group has its own.
    """
    os.nice(NICE)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICE))


def _leave_network() -> bool:
    """Enter a namespace without a network; False if the kernel does not allow it."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK) == 0:
        return True
    if libc.unshare(_NEW_USER | _NEW_NETWORK) != 0:
        return False
    # Without these maps the process runs as `nobody` there, which is sufficient.
    with suppress(OSError):
        for name, words in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            Path("/proc/self", name).write_text(words)
    return True


def _load(name: str) -> None:
    loaded = _attribute(name)
    if ":" in name:
        loaded()


def _attribute(name: str) -> Any:
    """A module, or with `MODULE:NAME` what it has under that name."""
    module, _, attribute = name.partition(":")
    loaded = import_module(module)
    return getattr(loaded, attribute) if attribute else loaded


if __name__ == "__main__":
    main()
