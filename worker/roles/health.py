"""`python -m worker health ROLE`: exits with 0 if this machine runs a live process of the role."""

from __future__ import annotations

import asyncio
import socket
import sys

from jobs.ledger import Ledger
from jobs.ledger.processes import LIVE_SECONDS
from jobs.model.problems import ProblemError
from jobs.process.environment import read_or_exit
from jobs.process.settings import RedisSettings


async def _alive(role: str) -> bool:
    ledger = Ledger(read_or_exit(RedisSettings))
    try:
        processes = await ledger.processes.list()
    except ProblemError as error:
        sys.exit(error.problem.detail)
    finally:
        await ledger.close()
    host = socket.gethostname()
    return any(
        process.role == role and process.host == host and process.live for process in processes
    )


def main() -> None:
    role = sys.argv[2] if len(sys.argv) > 2 else ""
    if not asyncio.run(_alive(role)):
        sys.exit(
            f"no {role or 'such'} process of this machine sent a heartbeat in {LIVE_SECONDS:g} s"
        )
