"""Sends the heartbeats of a process to the ledger."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from jobs.ledger import Ledger
from jobs.ledger.processes import Process
from jobs.model.problems import ProblemError
from jobs.process.build import build
from jobs.process.disk import DiskSpace, disk_space
from jobs.process.resources import resources
from jobs.process.watchdog import NAME_VARIABLE
from jobs.sealing.master_keys import MasterKeys
from jobs.store import Store

BEAT_SECONDS = 1.0
DISK_SECONDS = 2.0
STORE_SECONDS = 10.0
# A heartbeat whose answer took longer says too little about the clocks.
CLOCK_ANSWER_SECONDS = 1.0
CLOCK_SKEW_SECONDS = 5.0
log = structlog.get_logger()


def this_process(role: str, master: MasterKeys | None) -> Process:
    """This process, with the name that its supervisor gave it, or a unique one.

    Its heartbeats have its build, and the ids of its master keys, for `chancery encryption rotate`.
    """
    now = datetime.now(UTC)
    host = socket.gethostname()
    name = os.environ.get(NAME_VARIABLE) or f"{role}@{host}-{os.getpid()}-{now:%H%M%S%f}"
    detail: dict[str, Any] = {"build": build()}
    if master:
        detail["master_keys"] = list(master.ids)
    return Process(role, name, host, os.getpid(), now, detail)


async def keep_beating(
    ledger: Ledger,
    process: Process,
    detail: Callable[[], Mapping[str, Any]],
    data_dir: Path | None = None,
    store: Store | None = None,
) -> None:
    """Send heartbeats until cancelled, also after the ledger was away.

    They report the disk of `data_dir`, whether `store` can be reached, and how far this machine's
    clock is ahead of the ledger's.
    """
    disk, stored, clock = _DiskWatch(data_dir), _StoreWatch(store), _ClockWatch()
    watching = [asyncio.create_task(watch) for watch in (disk.watch(), stored.watch())]
    try:
        while True:
            reported = {
                **process.detail,
                "resources": resources(),
                **disk.detail(),
                **stored.detail(),
                **clock.detail(),
                **detail(),
            }
            try:
                await clock.compare(ledger, replace(process, detail=reported))
            except ProblemError as error:
                log.warning("heartbeat.missed", role=process.role, why=error.problem.code)
            await asyncio.sleep(BEAT_SECONDS)
    finally:
        for task in watching:
            task.cancel()


class _ClockWatch:
    """Compares this machine's clock with the ledger's at each heartbeat."""

    def __init__(self) -> None:
        self._offset: float | None = None
        self._skewed_since: float | None = None

    async def compare(self, ledger: Ledger, process: Process) -> None:
        """Send a heartbeat. Raises `ProblemError`."""
        sent, started = time.time(), time.monotonic()
        server_time = await ledger.processes.beat(process)
        took = time.monotonic() - started
        if took < CLOCK_ANSWER_SECONDS:
            self._offset = sent + took / 2 - server_time.timestamp()
            if abs(self._offset) <= CLOCK_SKEW_SECONDS:
                self._skewed_since = None
            elif self._skewed_since is None:
                self._skewed_since = started

    def detail(self) -> Mapping[str, Any]:
        if self._offset is None:
            return {}
        since = self._skewed_since
        return {
            "clock_offset_seconds": round(self._offset, 3),
            "clock_skewed_seconds": None if since is None else time.monotonic() - since,
        }


class _StoreWatch:
    """Asks the store on S3 whether it answers."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._fault: str | None = None
        self._since = 0.0

    async def watch(self) -> None:
        while self._store is not None:
            fault = await self._store.fault()
            if fault is not None and self._fault is None:
                self._since = time.monotonic()
            self._fault = fault
            await asyncio.sleep(STORE_SECONDS)

    def detail(self) -> Mapping[str, Any]:
        if self._fault is None:
            return {}
        seconds = time.monotonic() - self._since
        return {"store_fault": self._fault, "store_fault_seconds": seconds}


class _DiskWatch:
    """Measures the disk in a thread: a network file system that hangs must not stop heartbeats."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._space: DiskSpace | None = None
        self._low_since: float | None = None

    async def watch(self) -> None:
        while self._folder is not None:
            self._space = await asyncio.to_thread(disk_space, self._folder)
            if self._space is None or not self._space.is_low:
                self._low_since = None
            elif self._low_since is None:
                self._low_since = time.monotonic()
            await asyncio.sleep(DISK_SECONDS)

    def detail(self) -> Mapping[str, Any]:
        if self._space is None:
            return {}
        low = None if self._low_since is None else time.monotonic() - self._low_since
        return {"disk": {**asdict(self._space), "low_for_seconds": low}}
