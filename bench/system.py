"""Runs the whole system on this machine as `chancery up` does, and measures processes.

Valkey writes to disk before it answers (`appendfsync always`). All processes stop at the end.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.model.lanes import Lane
from jobs.process.processes import WARM_UP_SECONDS
from jobs.process.settings import RedisSettings
from standin.valkey import start_valkey
from worker.supervise.checks import free_port

STOP_SECONDS = 60.0
STARTED_SECONDS = 60.0
# Idle processes together take less than half of this in a second, imports more.
IDLE_CPU_SECONDS = 0.25
TICKS = os.sysconf("SC_CLK_TCK")
FLUSHES, FLUSHED_BYTES = 200, 4096


@dataclass(frozen=True, slots=True)
class System:
    """URLs of the api processes and of Redis, the folder for data and logs, and pids by name."""

    apis: Sequence[str]
    redis_url: str
    folder: Path
    pids: Mapping[str, int]

    @property
    def api(self) -> str:
        return self.apis[0]

    def cpu_seconds(self) -> Mapping[str, float]:
        """CPU time of each process since its start."""
        return {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    async def wait_started(self) -> None:
        """Wait until the worker and the api have imported all tasks, and started the processes
        that read documents, which they do some seconds after they are ready: until then they take
        a core from what is measured. Raises `TimeoutError` after `STARTED_SECONDS`.
        """
        await asyncio.sleep(WARM_UP_SECONDS)
        async with asyncio.timeout(STARTED_SECONDS):
            while True:
                before = cpu_seconds_with_children(self.pids.values())
                await asyncio.sleep(1)
                if cpu_seconds_with_children(self.pids.values()) - before < IDLE_CPU_SECONDS:
                    return

    def ledger(self) -> Ledger:
        return Ledger(RedisSettings(url=SecretStr(self.redis_url)))

    async def department(self, name: str, callback_url: str | None = None) -> str:
        """Create a department; returns its API key. `callback_url`: one that it may name."""
        ledger = self.ledger()
        try:
            allow = [urlsplit(callback_url).netloc] if callback_url else []
            made = await ledger.departments.create(name, callback_allow=allow)
        finally:
            await ledger.close()
        return made.api_key


@contextmanager
def running_system(
    engine_url: str,
    *,
    workers: int = 1,
    couriers: int = 1,
    api_processes: int = 1,
    worker_per_lane: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Iterator[System]:
    """Run Valkey, a scheduler, and the numbers of the other processes, with extra `settings`.

    With `worker_per_lane`, one worker for each lane. Logs are written to the folder, which is
    removed at the end. SIGTERM stops everything.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chancery-bench-")))
        valkey, redis_url = start_valkey(folder)
        stack.callback(stop, [valkey])
        ports = [free_port() for _ in range(api_processes)]
        env = {
            **os.environ,
            "CHANCERY_REDIS_URL": redis_url,
            "CHANCERY_DATA_DIR": str(folder),
            "CHANCERY_ENGINE_URL": engine_url,
            **(settings or {}),
        }
        counts = {"worker": 0 if worker_per_lane else workers, "courier": couriers, "scheduler": 1}
        argvs = {
            f"{role}{number or ''}": ["worker", role]
            for role, count in counts.items()
            for number in range(count)
        }
        started = dict(stack.enter_context(processes(folder, env, argvs)))
        for number, port in enumerate(ports):
            own = {**env, "CHANCERY_API_PORT": str(port)}
            argvs = {f"api{number or ''}": ["api"]}
            started |= stack.enter_context(processes(folder, own, argvs))
        for lane in Lane if worker_per_lane else ():
            own = {**env, "CHANCERY_LANE": lane.value}
            argvs = {f"{lane} worker": ["worker", "worker"]}
            started |= stack.enter_context(processes(folder, own, argvs))
        pids = {"valkey": valkey.pid, **started}
        yield System([f"http://127.0.0.1:{port}" for port in ports], redis_url, folder, pids)


@contextmanager
def processes(
    folder: Path, env: Mapping[str, str], argvs: Mapping[str, Sequence[str]]
) -> Iterator[Mapping[str, int]]:
    """Run Python modules as processes by name, with their output in `folder`; yields their pids."""
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, argv in argvs.items():
            with (folder / f"{name}.log").open("wb") as log:
                started[name] = subprocess.Popen(
                    [sys.executable, "-m", *argv],
                    env={**os.environ, **env},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                )
        yield {name: process.pid for name, process in started.items()}
    finally:
        stop(list(started.values()))


@contextmanager
def running_engine(*, latency: float = 0.0, slots: int = 0) -> Iterator[tuple[str, int]]:
    """Run the instant engine; yields its URL and its pid."""
    argv = ["--latency", str(latency), "--slots", str(slots)]
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.instant_engine", *argv],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    try:
        assert process.stdout
        word, _, url = process.stdout.readline().decode().strip().partition(" ")
        if word != "ready":
            raise RuntimeError("the instant engine did not start")
        yield url, process.pid
    finally:
        stop([process])
        if process.stdout:
            process.stdout.close()


def stop(processes: Sequence[subprocess.Popen[Any]]) -> None:
    """Send SIGTERM, and SIGKILL to those that have not ended in time."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cpu_seconds(pid: int) -> float:
    """CPU time of a process since its start, with that of its ended children (proc(5))."""
    return _cpu_seconds(_stat(pid))


def cpu_seconds_with_children(pids: Collection[int]) -> float:
    """CPU time of processes, and of those that they and their children have started, whether these
    run or have ended.
    """
    spent, children = dict[int, float](), defaultdict[int, list[int]](list)
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = _stat(int(path.name))
        except OSError:  # it has ended
            continue
        spent[int(path.name)] = _cpu_seconds(fields)
        children[int(fields[1])].append(int(path.name))
    counted, found = set[int](), list(pids)
    while found:
        pid = found.pop()
        if pid in spent and pid not in counted:
            counted.add(pid)
            found += children[pid]
    return sum(spent[pid] for pid in counted)


def _stat(pid: int) -> Sequence[str]:
    """The fields of proc(5) after the name, from the state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _cpu_seconds(stat: Sequence[str]) -> float:
    return sum(map(int, stat[11:15])) / TICKS


def flush_seconds(folder: Path) -> float:
    """Seconds for which a process waits for the disk when it flushes a short write: the median."""
    waits = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(FLUSHES):
            os.write(file.fileno(), bytes(FLUSHED_BYTES))
            began, used = time.perf_counter(), time.thread_time()
            os.fdatasync(file.fileno())
            waits.append(time.perf_counter() - began - (time.thread_time() - used))
    return statistics.median(waits)


@dataclass(frozen=True, slots=True)
class CpuTime:
    """CPU time of the machine and of our processes at a moment, in seconds."""

    at: float
    machine: float
    ours: float

    @classmethod
    def now(cls, pids: Iterable[int]) -> CpuTime:
        """`pids` are our processes besides this one."""
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        user, nice, system, _, _, irq, softirq, steal, *_ = map(int, fields)
        ours = sum(cpu_seconds(pid) for pid in (os.getpid(), *pids))
        busy = (user + nice + system + irq + softirq + steal) / TICKS
        return cls(time.monotonic(), busy, ours)

    def others_since(self, earlier: CpuTime) -> float:
        """The share of the machine that other processes took since `earlier`, from 0 to 1."""
        others = (self.machine - earlier.machine) - (self.ours - earlier.ours)
        return max(0.0, others) / ((self.at - earlier.at) * (os.cpu_count() or 1))


def memory_mib(pid: int) -> tuple[float, float]:
    """Resident memory of a process now and at its peak, in MiB (proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text()
    held, most = (re.search(rf"{name}:\s*(\d+) kB", status) for name in ("VmRSS", "VmHWM"))
    assert held
    assert most
    return int(held[1]) / 1024, int(most[1]) / 1024


def machine() -> str:
    """Processor, Python version and load average."""
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    load = " ".join(f"{one:.2f}" for one in os.getloadavg())
    name = cpu[1] if cpu else "unknown processor"
    return f"{os.cpu_count()} cores ({name}), Python {sys.version.split()[0]}, load {load}"
