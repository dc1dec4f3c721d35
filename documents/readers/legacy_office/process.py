"""A process that runs LibreOffice once, and then removes its processes and files.

Run as `python process.py PROGRAM SUFFIX TARGET SECONDS MOST_BYTES`: it reads the document from
standard input and writes the DOCX or XLSX, as TARGET says, to standard output. It runs between the
reader and LibreOffice because a reader can be killed at any time: the kernel then signals this
process, which kills LibreOffice's process group and removes its folder.

The document is treated as hostile: LibreOffice gets a new profile without macros and external
links, a minimal environment, limits on memory, CPU time and file size, and, if the kernel allows
it, a network namespace without a network.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

TOO_LONG = 124
TOO_LARGE = 125

_MEMORY = 4 * 1024**3
_PR_SET_PDEATHSIG = 1
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
    seconds, most = int(sys.argv[4]), int(sys.argv[5])
    _watch_parent()
    _limit_resources(seconds, most)
    folder = Path(tempfile.mkdtemp(prefix="chancery-office-"))
    try:
        source = folder / f"document.{suffix}"
        with source.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        status = _convert(program, source, target, seconds)
        return status or _send(folder / "out" / f"document.{target}", most)
    except _Stopped:
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _send(result: Path, most: int) -> int:
    if not result.is_file():
        return 1
    if result.stat().st_size > most:
        return TOO_LARGE
    with result.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    return 0


def _watch_parent() -> None:
    def stop(*_: object) -> None:
        # Ignore further signals, so that the cleanup is not interrupted.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise _Stopped

    signal.signal(signal.SIGTERM, stop)
    # Handled only while waiting for LibreOffice.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(1)


def _limit_resources(seconds: int, most: int) -> None:
    """Set the limits of LibreOffice and of this process; the reader's limits are too low."""
    for what, wanted in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_FSIZE, most),
        (resource.RLIMIT_CPU, 2 * seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(what, (limit, limit))


def _convert(program: str, source: Path, target: str, seconds: int) -> int:
    folder = source.parent
    profile = folder / "profile"
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
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return TOO_LONG
    finally:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


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
