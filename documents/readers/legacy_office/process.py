"""A process that runs LibreOffice once, and then removes its processes and files.

Run as `python process.py PROGRAM SUFFIX TARGET SECONDS MOST_BYTES MEMORY`: it reads the document
from standard input and writes the DOCX or XLSX, as TARGET says, to standard output. Its exit status
is 0, one of the constants below, 128 and the number of the signal that ended
LibreOffice, or 1 for any other failure. It runs between the reader and LibreOffice because a reader
can be killed at any time: the kernel then signals this process, which kills LibreOffice's process
group and removes its files. If this process is killed itself, as when memory is short, its guard
does so.

The document is treated as hostile: LibreOffice gets a new profile without macros and external
links, a minimal environment, limits on memory, CPU time and file size, and, if the kernel allows
it, a network namespace without a network.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

NOT_STARTED = 122
TOO_MUCH_MEMORY = 123
TOO_LONG = 124
TOO_LARGE = 125
SIGNALLED = 128

# With which LibreOffice ends when it gets SIGTERM, SIGINT or SIGHUP (sal/osl/unx/signal.cxx).
_TERMINATED = 255
# Where LibreOffice makes its socket, whatever TMPDIR says (sal/osl/unx/pipe.cxx).
_SOCKET_FOLDERS = ("/tmp", "/var/tmp")  # noqa: S108 (nothing is written there by this process)
_RELEASED = b"released"
_REMOVAL_SECONDS, _REMOVAL_PAUSE = 10.0, 0.05
# Processor time by elapsed time: LibreOffice has several threads.
_CPU_SHARE = 2
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_OPTIONS = (
    "--headless", "--invisible", "--norestore", "--nologo", "--nodefault", "--nolockcheck",
    "--nofirststartwizard",
)  # fmt: skip
_FILTERS = {"docx": "docx:MS Word 2007 XML", "xlsx": "xlsx:Calc MS Excel 2007 XML"}
_SCRIPTING = "/org.openoffice.Office.Common/Security/Scripting"
_SETTINGS = (
    (_SCRIPTING, "DisableMacrosExecution", "true"),
    (_SCRIPTING, "DisableActiveContent", "true"),
    (_SCRIPTING, "BlockUntrustedRefererLinks", "true"),
    (_SCRIPTING, "MacroSecurityLevel", "3"),
    ("/org.openoffice.Inet/Settings", "ooInetProxyType", "2"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)


class _Stopped(Exception):
    """The reader has exited."""


def main() -> int:
    program, suffix, target = sys.argv[1:4]
    seconds, most, memory = map(int, sys.argv[4:7])
    _watch_parent()
    _limit_resources(seconds, most, memory)
    try:
        folder = Path(tempfile.mkdtemp(prefix="chancery-office-"))
    except OSError:
        return NOT_STARTED
    guard: _Guard | None = None
    try:
        guard = _Guard(folder)
        source = folder / f"document.{suffix}"
        with source.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        status = _convert(program, source, target, seconds, guard)
        result = folder / "out" / f"document.{target}"
        if status or not result.is_file():
            return _failure(status, folder, seconds, most, memory)
        with result.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except _Stopped:
        return SIGNALLED + signal.SIGTERM
    except OSError as error:
        return TOO_LARGE if error.errno == errno.EFBIG else NOT_STARTED
    else:
        return 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        # Else the guard tries again when this process has ended.
        if guard is not None and not folder.exists():
            guard.release()


class _Guard:
    """A process that waits for the end of this one, and ends LibreOffice if this one cannot.

    Raises `OSError` if it cannot be started.
    """

    def __init__(self, folder: Path) -> None:
        reader, self._writer = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            try:
                os.close(self._writer)
                _guard(reader, folder)
            finally:
                os._exit(0)
        os.close(reader)

    def watch(self, group: int) -> None:
        """Name the process group of LibreOffice."""
        os.write(self._writer, f"{group}\n".encode())

    def release(self) -> None:
        """End it: nothing is left to be removed."""
        os.write(self._writer, _RELEASED + b"\n")
        os.close(self._writer)
        os.waitpid(self._pid, 0)


def _guard(reader: int, folder: Path) -> None:
    """Wait for the end of the other process. What ends that one and its group does not end this."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    with os.fdopen(reader, "rb") as pipe:
        words = pipe.read().split()
    if words[-1:] == [_RELEASED]:
        return
    for group in words:
        with suppress(ProcessLookupError):
            os.killpg(int(group), signal.SIGKILL)
    _remove_socket(_profile(folder))
    # Processes that were killed may still write.
    end = time.monotonic() + _REMOVAL_SECONDS
    while folder.exists() and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(_REMOVAL_PAUSE)


def _profile(folder: Path) -> Path:
    return folder / "profile"


def _failure(status: int, folder: Path, seconds: int, most: int, memory: int) -> int:
    """The status to exit with, from that of LibreOffice.

    Its own status does not tell which limit it reached: it catches a failed allocation, aborts, or
    is killed. Its launcher reports signals as a shell does.
    """
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    if status == TOO_LONG or usage.ru_utime + usage.ru_stime >= _CPU_SHARE * seconds:
        return TOO_LONG
    if any(file.stat().st_size >= most for file in folder.rglob("*") if file.is_file()):
        return TOO_LARGE
    # Half, because a part of the address space is never in memory. What can be converted takes far
    # less.
    if usage.ru_maxrss * 1024 >= memory // 2:
        return TOO_MUCH_MEMORY
    if status < 0:
        return SIGNALLED - status
    if status == _TERMINATED:
        return SIGNALLED + signal.SIGTERM
    return status if status > SIGNALLED else 1


def _watch_parent() -> None:
    def stop(*_: object) -> None:
        # Ignore further signals, so that the cleanup is not interrupted.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise _Stopped

    signal.signal(signal.SIGTERM, stop)
    # Handled only while waiting for LibreOffice.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    parent = os.getppid()
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    # The processes of LibreOffice become children of this one when their parent ends.
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(1)


def _limit_resources(seconds: int, most: int, memory: int) -> None:
    """Set the limits of LibreOffice and of this process; the reader's limits are too low."""
    for what, wanted in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, most),
        (resource.RLIMIT_CPU, _CPU_SHARE * seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(what, (limit, limit))


def _convert(program: str, source: Path, target: str, seconds: int, guard: _Guard) -> int:
    folder = source.parent
    profile = _profile(folder)
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_registry(), encoding="utf-8")
    _isolate_network()
    process = subprocess.Popen(  # noqa: S603 (no shell; the reader looked the program up)
        [
            program,
            f"-env:UserInstallation={profile.as_uri()}",
            *_OPTIONS,
            "--convert-to",
            _FILTERS[target],
            "--outdir",
            str(folder / "out"),
            str(source),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "LANG": "C.UTF-8",
        },
        process_group=0,
    )
    try:
        guard.watch(process.pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return TOO_LONG
    finally:
        _kill(process)
        _remove_socket(profile)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the process group and wait until none of it is left that could still write a file."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-process.pid, 0)


def _remove_socket(profile: Path) -> None:
    """Remove the socket by which LibreOffice finds a running one with the same profile.

    It removes the socket itself unless it is killed. The name ends with the MD5 of the profile's
    URL in UTF-16, each byte in hexadecimal without a leading zero
    (desktop/source/app/officeipcthread.cxx).
    """
    url = profile.as_uri().encode("utf-16-le")
    digest = hashlib.md5(url, usedforsecurity=False).digest()
    name = f"OSL_PIPE_{os.getuid()}_SingleOfficeIPC_{''.join(f'{byte:x}' for byte in digest)}"
    for folder in _SOCKET_FOLDERS:
        with suppress(OSError):
            Path(folder, name).unlink(missing_ok=True)


def _isolate_network() -> None:
    """Enter a network namespace without a network, if the kernel allows it without privileges."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_USER | _NEW_NETWORK) != 0:
        return
    # Without these maps the process runs as `nobody` there, which is sufficient.
    with suppress(OSError):
        for name, words in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            Path("/proc/self", name).write_text(words)


def _registry(settings: Sequence[tuple[str, str, str]] = _SETTINGS) -> str:
    items = "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value>'
        "</prop></item>"
        for path, name, value in settings
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><oor:items '
        'xmlns:oor="http://openoffice.org/2001/registry">' + items + "</oor:items>"
    )


if __name__ == "__main__":
    sys.exit(main())
