"""A process that has everything loaded and forks the processes of a pool, in milliseconds each.

Started by `documents.isolation.process.ForkServer` as
`python -m documents.isolation.server FD PARENT WORK PRELOAD...`. WORK is `MODULE:NAME` of a mapping
from names to `FileWork`, or empty; PRELOAD are modules to load, and functions `MODULE:NAME` to
call. A message on the socket FD is a memory limit in MiB with the descriptor of a connection:
a process is forked to serve it. The server and its processes exit with their parent.

They have no network where the kernel allows that: neither a reader nor a program that it starts can
reach an address that a document names. They give way to other processes, because on a small machine
a document that takes all processors would delay the event loops of api and worker.
"""

from __future__ import annotations

import ctypes
import gc
import os
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
from documents.isolation.protocol import OFFLINE, ONLINE

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
    # Exited children are not kept as zombies.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as control:
        control.send(OFFLINE if offline else ONLINE)
        _fork_forever(control, file_work)


def _fork_forever(control: socket.socket, file_work: Mapping[str, FileWork]) -> None:
    server = os.getpid()
    while True:
        memory_mib, descriptors, *_ = socket.recv_fds(control, 64, 1)
        if not memory_mib:
            return
        with socket.socket(fileno=descriptors[0]) as connection:
            if os.fork() == 0:
                control.close()
                _serve(connection, server, int(memory_mib), file_work)


def _serve(
    connection: socket.socket, server: int, memory_mib: int, file_work: Mapping[str, FileWork]
) -> None:
    status = 1
    try:
        # In the server's session, whose priority the kernel counts (`_give_way`).
        _exit_with_parent(server)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
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
