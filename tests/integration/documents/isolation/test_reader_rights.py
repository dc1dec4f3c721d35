"""What a reader gets of its parent, and what it may open."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from standin.documents.builders import LIMITS
from tests.integration.documents.isolation.pools import pool
from tests.integration.documents.isolation.reader_processes import (
    of_process,
    reader_pids,
)

ROOT = Path(__file__).parents[4]
PR_CAPBSET_DROP = 24
CAP_SYS_PTRACE, CAP_SYS_ADMIN = 19, 21


async def test_a_process_gets_no_secrets_and_leaves_no_files(
    letter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANCERY_REDIS_URL", "redis://:secret@127.0.0.1/0")
    async with pool() as reading:
        await reading.read(letter, LIMITS)
        (pid,) = reader_pids()
        limits = of_process(pid, "limits").decode().splitlines()
        none = [line for line in limits if line.startswith(("Max core file", "Max file size"))]
        assert [line.split()[-3] for line in none] == ["0", "0"]
        assert b"secret" not in of_process(pid, "environ")


MEMORY_FILE = """
import asyncio, os
from pathlib import Path
from documents.limits import ReadLimits
from documents.isolation.pool import ReaderPool

async def main():
    limits = ReadLimits(max_chars=1000, max_pages=1)
    async with ReaderPool(processes=1, timeout_seconds=60, memory_mib=512) as reading:
        for text in (b"first", b"second"):
            descriptor = os.memfd_create("document")
            os.write(descriptor, text)
            document = await reading.read(Path(f"/proc/{os.getpid()}/fd/{descriptor}"), limits)
            os.close(descriptor)
            print(document.text)
        print(reading.offline)

asyncio.run(main())
"""


def as_ordinary_user() -> None:
    """Drop the capabilities that root has and an ordinary user has not."""
    if os.getuid() == 0:
        for capability in (CAP_SYS_PTRACE, CAP_SYS_ADMIN):
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def test_a_file_in_memory_is_read_by_a_process_in_another_namespace() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEMORY_FILE],
        cwd=ROOT,
        preexec_fn=as_ordinary_user,
        capture_output=True,
        check=False,
    )
    lines = [line for line in done.stdout.decode().splitlines() if not line.startswith("20")]
    if lines[2:] == ["False"]:
        pytest.skip("the kernel allows no network namespace")
    assert lines == ["first", "second", "True"], done.stderr.decode()[-2000:]
