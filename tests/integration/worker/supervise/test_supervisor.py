"""The supervisor, with small Python programs as children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from worker.supervise.child import backoff
from worker.supervise.logs import LogFile

# Runs a supervisor whose children are given as `NAME=PROGRAM`, where a program is Python source.
SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from worker.supervise.child import ChildSpec, StartFailed
from worker.supervise.supervisor import Supervisor

folder = Path(sys.argv[1])

def ready_file(name):
    async def check():
        is_ready = (folder / f"{name}.ready").exists()
        if is_ready:
            (folder / f"{name}.seen").touch()
        return is_ready
    return check

def spec(argument):
    name, _, program = argument.partition("=")
    return ChildSpec(
        name=name, argv=(sys.executable, "-c", program, str(folder)), env={},
        ready=ready_file(name), blocks_next_stage=name.startswith("first"), grace_seconds=1.0,
    )

async def main():
    async def on_exit(name):
        print("exited", name, flush=True)
    stages = [[spec(argument)] for argument in sys.argv[2:]]
    supervisor = Supervisor(
        stages, folder, report=lambda line: print(line, flush=True), on_exit=on_exit
    )
    await supervisor.run(lambda: print("ready", flush=True))

try:
    asyncio.run(main())
except StartFailed as failure:
    print("failed:", failure, "|", failure.tail, flush=True)
    sys.exit(1)
"""

# Writes its pid to NAME.pid, becomes ready, and sleeps.
CHILD = """
import os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
(folder / "{name}.new").write_text(str(os.getpid()))
(folder / "{name}.new").replace(folder / "{name}.pid")
print("{name} runs as", os.environ["CHANCERY_PROCESS_NAME"], flush=True)
(folder / "{name}.ready").touch()
time.sleep(600)
"""

IGNORES_SIGTERM = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"

# Starts a process that ignores SIGTERM before it is ready.
PARENT = """
import pathlib, subprocess, sys
grandchild = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"])
(pathlib.Path(sys.argv[1]) / "grandchild.pid").write_text(str(grandchild.pid))
"""

Start = Callable[..., subprocess.Popen[str]]
PATIENCE = 60.0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a supervisor of the named children, and kills it after the test."""
    started: list[subprocess.Popen[str]] = []

    def start_supervisor(**children: str) -> subprocess.Popen[str]:
        argv = [f"{name}={program}" for name, program in children.items()]
        process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, str(tmp_path), *argv],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start_supervisor
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def line_with(process: subprocess.Popen[str], text: str) -> str:
    """Read the supervisor's output until a line contains `text`."""
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return line.rstrip()
    raise AssertionError(f"the supervisor ended without printing {text!r}")


def pid_of(folder: Path, name: str) -> int:
    return int((folder / f"{name}.pid").read_text())


def runs(pid: int) -> bool:
    """Whether the process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.02)


def test_sigterm_ends_every_child_and_the_status_is_zero(start: Start, tmp_path: Path) -> None:
    supervisor = start(one=CHILD.format(name="one"), two=CHILD.format(name="two"))
    line_with(supervisor, "ready")
    pids = [pid_of(tmp_path, "one"), pid_of(tmp_path, "two")]
    assert all(runs(pid) for pid in pids)

    supervisor.send_signal(signal.SIGTERM)

    assert supervisor.wait(timeout=PATIENCE) == 0
    assert not any(runs(pid) for pid in pids)


def test_processes_started_by_a_child_end_with_it(start: Start, tmp_path: Path) -> None:
    supervisor = start(one=PARENT + CHILD.format(name="one"))
    line_with(supervisor, "ready")
    grandchild = pid_of(tmp_path, "grandchild")
    assert runs(grandchild)

    supervisor.send_signal(signal.SIGTERM)

    assert supervisor.wait(timeout=PATIENCE) == 0
    until(lambda: not runs(grandchild))


def test_killing_the_supervisor_leaves_nothing_running(start: Start, tmp_path: Path) -> None:
    supervisor = start(one=PARENT + IGNORES_SIGTERM + CHILD.format(name="one"))
    line_with(supervisor, "ready")
    pids = [pid_of(tmp_path, "one"), pid_of(tmp_path, "grandchild")]
    assert all(runs(pid) for pid in pids)

    supervisor.kill()

    until(lambda: not any(runs(pid) for pid in pids))


def test_a_child_dies_with_the_supervisor_even_if_the_reaper_was_killed(
    start: Start, tmp_path: Path
) -> None:
    supervisor = start(one=IGNORES_SIGTERM + CHILD.format(name="one"))
    line_with(supervisor, "ready")
    children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text().split()
    (reaper,) = set(map(int, children)) - {pid_of(tmp_path, "one")}

    os.kill(reaper, signal.SIGKILL)
    supervisor.kill()

    until(lambda: not runs(pid_of(tmp_path, "one")))


def test_a_killed_child_is_started_again_under_another_process_name(
    start: Start, tmp_path: Path
) -> None:
    supervisor = start(one=CHILD.format(name="one"))
    line_with(supervisor, "ready")
    first = pid_of(tmp_path, "one")

    os.kill(first, signal.SIGKILL)

    dead = line_with(supervisor, "exited").split()[1]
    assert "SIGKILL" in line_with(supervisor, "starts again in 0.5 s")
    until(lambda: pid_of(tmp_path, "one") != first)
    log = tmp_path / "one.log"
    until(lambda: len(log.read_text().splitlines()) == 2)
    names = [line.split()[-1] for line in log.read_text().splitlines()]
    assert names[0] == dead
    assert names[1] != dead


def test_the_wait_before_a_start_doubles_up_to_half_a_minute_until_the_process_is_ready() -> None:
    waits = [0.0]
    for _ in range(8):
        waits.append(backoff(waits[-1], ready_for=None))
    assert waits[1:] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert backoff(30.0, ready_for=11.0) == 0.5


def test_kills_of_a_process_that_is_ready_each_time_do_not_make_it_wait_long() -> None:
    wait = 0.0
    for _ in range(20):
        wait = backoff(wait, ready_for=0.5)
    assert wait == 2.0


def test_a_child_that_was_ready_and_is_killed_again_and_again_starts_within_seconds(
    start: Start, tmp_path: Path
) -> None:
    supervisor = start(one=CHILD.format(name="one"))
    line_with(supervisor, "ready")
    waits = []
    for _ in range(4):
        first = pid_of(tmp_path, "one")
        for name in ("one.ready", "one.seen"):
            (tmp_path / name).unlink()
        os.kill(first, signal.SIGKILL)
        waits.append(float(line_with(supervisor, "starts again in").split()[-2]))
        until((tmp_path / "one.seen").exists)
    assert waits == [0.5, 1.0, 2.0, 2.0]


def test_a_child_that_dies_at_every_start_fails_the_system_with_the_tail_of_its_log(
    start: Start, tmp_path: Path
) -> None:
    broken = "import sys; print('no such disk'); sys.exit(3)"
    supervisor = start(one=CHILD.format(name="one"), bad=broken)

    failure = line_with(supervisor, "failed:")

    assert "bad cannot be started: status 3, 3 times" in failure
    assert "no such disk" in failure
    assert supervisor.wait(timeout=PATIENCE) == 1
    assert not runs(pid_of(tmp_path, "one"))


def test_a_child_that_does_not_stop_is_killed_after_its_grace_period(
    start: Start, tmp_path: Path
) -> None:
    supervisor = start(one=IGNORES_SIGTERM + CHILD.format(name="one"))
    line_with(supervisor, "ready")

    supervisor.send_signal(signal.SIGINT)

    line_with(supervisor, "one did not stop in 1 s: killed")
    assert supervisor.wait(timeout=PATIENCE) == 0
    assert not runs(pid_of(tmp_path, "one"))


def test_a_second_signal_kills_at_once(start: Start, tmp_path: Path) -> None:
    ignores_sigint = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + IGNORES_SIGTERM
    )
    supervisor = start(one=ignores_sigint + CHILD.format(name="one"))
    line_with(supervisor, "ready")

    supervisor.send_signal(signal.SIGINT)
    line_with(supervisor, "a second signal kills at once")
    supervisor.send_signal(signal.SIGINT)

    line_with(supervisor, "killing everything at once")
    assert supervisor.wait(timeout=PATIENCE) == 0
    assert not runs(pid_of(tmp_path, "one"))


def test_the_next_stage_starts_when_the_blocking_child_is_ready(
    start: Start, tmp_path: Path
) -> None:
    waits = "import time, pathlib, sys\n" + (
        "while not (pathlib.Path(sys.argv[1]) / 'open').exists(): time.sleep(0.02)\n"
    )
    supervisor = start(first=waits + CHILD.format(name="first"), two=CHILD.format(name="two"))
    until((tmp_path / "first.log").exists)
    assert not (tmp_path / "two.log").exists()

    (tmp_path / "open").touch()

    line_with(supervisor, "ready")
    assert runs(pid_of(tmp_path, "two"))


def test_each_child_has_its_own_process_group(start: Start, tmp_path: Path) -> None:
    supervisor = start(one=CHILD.format(name="one"))
    line_with(supervisor, "ready")
    child = pid_of(tmp_path, "one")
    assert os.getpgid(child) == child != os.getpgid(supervisor.pid)


def test_a_large_log_is_rotated_while_its_writer_continues(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "one.log", max_bytes=100, keep=2)
    writer = log.open()
    try:
        for number in range(4):
            os.write(writer, f"{number}".encode() * 101)
            log.rotate_if_large()
        os.write(writer, b"last")
    finally:
        os.close(writer)
    assert (tmp_path / "one.log").read_text() == "last"
    assert (tmp_path / "one.log.1").read_text() == "3" * 101
    assert (tmp_path / "one.log.2").read_text() == "2" * 101
    assert not (tmp_path / "one.log.3").exists()


def test_the_log_of_an_earlier_run_is_rotated(tmp_path: Path) -> None:
    (tmp_path / "one.log").write_text("yesterday")
    LogFile(tmp_path / "one.log").rotate_previous()
    assert not (tmp_path / "one.log").exists()
    assert (tmp_path / "one.log.1").read_text() == "yesterday"
