"""A measurement begins when the processes have started."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bench import system
from bench.system import System

# A process of the second generation takes 0.4 s of processor time, and still runs when it prints.
_BUSY = "import time\nwhile time.process_time() < 0.4: pass\nprint(flush=True)\ninput()"
_PARENT = """
import subprocess, sys
code, *others = sys.argv[1:]
one = subprocess.Popen([sys.executable, "-c", code, *others], stdout=subprocess.PIPE)
one.stdout.readline()
print(flush=True)
one.wait()
"""


def test_the_time_of_what_children_have_started_is_counted() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _PARENT, _PARENT, _BUSY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout
        process.stdout.readline()
        own = system.cpu_seconds(process.pid)
        assert system.cpu_seconds_with_children({process.pid}) - own > 0.3
        process.communicate(b"\n")


def test_idle_processes_have_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "WARM_UP_SECONDS", 0.0)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with process:
        asyncio.run(System((), "", Path(), {"idle": process.pid}).wait_started())
        process.communicate(b"\n")
