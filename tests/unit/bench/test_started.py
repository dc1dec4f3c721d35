"""A measurement begins when the processes have started."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bench import system
from bench.system import System

# Takes 0.4 s of processor time in a child that still runs when it prints.
_PARENT = """
import subprocess, sys
child = "import time\\nwhile time.process_time() < 0.4: pass\\nprint(flush=True)\\ninput()"
one = subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE)
one.stdout.readline()
print(flush=True)
one.wait()
"""


def test_the_time_of_children_that_run_is_counted() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
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
