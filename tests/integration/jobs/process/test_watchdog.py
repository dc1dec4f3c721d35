"""The watchdog, with small programs whose event loop or thread stands still."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.process.watchdog import ENDED_STATUS, stalls

# BODY runs on the watched loop; the times are shortened.
PROGRAM = """
import asyncio, re, sys, threading, time
from pathlib import Path
from jobs.process import watchdog
watchdog.REPORT_SECONDS, watchdog.END_SECONDS = 1.0, 3.0

def no_lock_for_others():
    local = "a-value-that-must-not-be-logged"
    re.match(r"(a+)+b", "a" * 60)

async def main():
    watched = watchdog.Watchdog("worker", Path(sys.argv[1]), 1.0)
    await watched.start()
    await asyncio.sleep(0.7)
    print("started", flush=True)
    BODY

RUN
"""

IN_MAIN_THREAD = "asyncio.run(main())"
# As in a Celery process.
IN_SECOND_THREAD = "threading.Thread(target=lambda: asyncio.run(main())).start(); time.sleep(60)"

Start = Callable[..., subprocess.Popen[str]]
PATIENCE = 60.0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a program with a body, and kills it after the test."""
    started: list[subprocess.Popen[str]] = []

    def start_program(body: str, run: str = IN_MAIN_THREAD) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                PROGRAM.replace("BODY", body).replace("RUN", run),
                str(tmp_path),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start_program
    for process in started:
        process.kill()
        process.communicate()


def events(process: subprocess.Popen[str]) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit status and the log's events by name, after the process has ended."""
    _, log = process.communicate(timeout=PATIENCE)
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return process.returncode, {line["event"]: line for line in lines}


def monitors_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.02)


def test_a_loop_that_holds_the_interpreter_is_reported_by_stack_and_ended(
    start: Start, tmp_path: Path
) -> None:
    status, log = events(start("no_lock_for_others()"))

    assert status == ENDED_STATUS
    for event in ("loop.stalled", "loop.ended"):
        assert any("no_lock_for_others" in frame for frame in log[event]["stack"])
        assert log[event]["role"] == "worker"
    assert "a-value-that-must-not-be-logged" not in json.dumps(log)
    stalled, ended = stalls(tmp_path)
    assert (stalled.ended, ended.ended) == (False, True)
    assert (tmp_path / "stalls.jsonl").stat().st_mode & 0o777 == 0o600


def test_the_stack_is_that_of_the_loops_thread_not_of_the_main_thread(start: Start) -> None:
    _, log = events(start("time.sleep(60)", IN_SECOND_THREAD))
    assert any(frame.endswith(" main") for frame in log["loop.ended"]["stack"])
    assert not any("<module>" in frame for frame in log["loop.ended"]["stack"])


def test_a_loop_that_turns_again_is_reported_and_goes_on(start: Start) -> None:
    status, log = events(start("time.sleep(2); await asyncio.sleep(2)"))
    assert status == 0
    assert set(log) == {"loop.stalled", "loop.turns_again"}


def test_a_suspended_process_is_not_ended(start: Start) -> None:
    process = start("await asyncio.sleep(1)")
    assert process.stdout is not None
    process.stdout.readline()

    process.send_signal(signal.SIGSTOP)
    time.sleep(4)  # longer than the 3 s after which a loop is ended
    process.send_signal(signal.SIGCONT)

    assert events(process) == (0, {})


def test_a_process_that_does_not_stop_in_time_is_ended(start: Start) -> None:
    # Threads that never end would keep the interpreter from exiting.
    body = "threading.Thread(target=time.sleep, args=(60,)).start(); watched.begin_stop()"
    started = time.monotonic()
    status, log = events(start(body))
    assert status == ENDED_STATUS
    assert set(log) == {"process.stop_overdue"}
    assert time.monotonic() - started < 50  # and not the minute of the thread


def test_a_monitor_that_was_killed_is_replaced(start: Start, tmp_path: Path) -> None:
    is_asked = "(Path(sys.argv[1]) / 'stall').exists()"
    process = start(f"while not {is_asked}: await asyncio.sleep(0.02)\n    no_lock_for_others()")
    assert process.stdout is not None
    process.stdout.readline()
    (monitor,) = monitors_of(process.pid)

    os.kill(monitor, signal.SIGKILL)
    until(lambda: monitors_of(process.pid) not in ([monitor], []))
    (tmp_path / "stall").touch()

    status, log = events(process)
    assert status == ENDED_STATUS
    assert "loop.ended" in log


def test_the_monitor_ends_with_its_process(start: Start) -> None:
    process = start("await asyncio.sleep(60)")
    assert process.stdout is not None
    process.stdout.readline()
    (monitor,) = monitors_of(process.pid)

    process.kill()

    until(lambda: not Path(f"/proc/{monitor}").exists())
