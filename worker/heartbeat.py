"""Sends the heartbeats of a process to the ledger."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog

from jobs.ledger import Ledger
from jobs.ledger.processes import Process
from jobs.model.problems import ProblemError
from jobs.process.watchdog import NAME_VARIABLE
from jobs.sealing.master_keys import MasterKeys
from worker.resources import resources

BEAT_SECONDS = 1.0
log = structlog.get_logger()


def this_process(role: str, master: MasterKeys | None) -> Process:
    """This process, with the name that its supervisor gave it, or a unique one.

    Its heartbeats have the ids of its master keys, for `chancery encryption rotate`.
    """
    now = datetime.now(UTC)
    host = socket.gethostname()
    name = os.environ.get(NAME_VARIABLE) or f"{role}@{host}-{os.getpid()}-{now:%H%M%S%f}"
    detail = {"master_keys": list(master.ids)} if master else {}
    return Process(role, name, host, os.getpid(), now, detail)


async def keep_beating(
    ledger: Ledger, process: Process, detail: Callable[[], Mapping[str, Any]]
) -> None:
    """Send heartbeats until cancelled, also after the ledger was away."""
    while True:
        try:
            reported = {**process.detail, "resources": resources(), **detail()}
            await ledger.processes.beat(replace(process, detail=reported))
        except ProblemError as error:
            log.warning("heartbeat.missed", role=process.role, why=error.problem.code)
        await asyncio.sleep(BEAT_SECONDS)
