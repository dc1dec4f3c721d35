"""Follows what operators change while a worker runs: which engines there are, and are drained."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path

import structlog

from jobs.ledger import Ledger
from jobs.model.problems import ProblemError
from jobs.process.settings import EngineSettings, EnginesSettings, FastEngineSettings, Pool
from worker.engine.pool import EnginePool

LOOK_SECONDS = 0.5
log = structlog.get_logger()


class EngineWatch:
    """Reads the ledger's list of drained engines, and the files of `CHANCERY_ENGINES` if they
    changed.

    A worker has the roles and models that it had at its start.
    """

    def __init__(
        self,
        ledger: Ledger,
        pools: Mapping[str, EnginePool],
        full: EngineSettings,
        fast: FastEngineSettings,
        engines: EnginesSettings,
    ) -> None:
        self._ledger = ledger
        self._pools = pools
        self._full, self._fast = full, fast
        self._files = engines.files
        self._stamps = _stamps(self._files)

    async def watch(self) -> None:
        """Look twice a second until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._read_files()
            await self.look()

    async def look(self) -> None:
        """Read the ledger's list now. It stays as it was while the ledger is away."""
        try:
            drained = (await self._ledger.engines.drained()).keys()
        except ProblemError as error:
            log.warning("engine.drains_unknown", why=error.problem.code)
            return
        for pool in self._pools.values():
            pool.set_drained(drained)

    async def _read_files(self) -> None:
        stamps = await asyncio.to_thread(_stamps, self._files)
        if stamps != self._stamps:
            self._stamps = stamps
            try:
                pools = await asyncio.to_thread(self._read)
            except ValueError as error:
                log.warning("engine.list_invalid", why=str(error))
                return
            for role, pool in self._pools.items():
                await pool.set_engines(pools.get(role, {}))
        for pool in self._pools.values():
            await pool.close_idle()

    def _read(self) -> Mapping[str, Pool]:
        engines = EnginesSettings()
        self._files = engines.files
        return engines.pools(self._full, self._fast)


def _stamps(files: Collection[Path]) -> Mapping[Path, object]:
    """Changes with the files."""
    return {file: _stamp(file) for file in files}


def _stamp(file: Path) -> tuple[int, int, int] | None:
    """None while it is not there."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
