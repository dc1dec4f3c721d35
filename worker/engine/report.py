"""What a worker's heartbeat tells of its engines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from jobs.model.roles import Role
from jobs.process.settings.engines import OTHER
from tasks.errors import EngineUnavailable
from worker.engine.client import EngineClient
from worker.engine.pool import EnginePool
from worker.engine.statistics.metrics import EngineMetrics, total_of
from worker.engine.statistics.rates import TokenRate

METRICS_SECONDS = 2.0
_PREFIXES: Mapping[str, str] = {Role.full: "engine", Role.fast: "fast_engine"}


class EngineReport:
    """The engines of one role."""

    def __init__(self, role: str, pool: EnginePool) -> None:
        self._role = role
        self._pool = pool
        self._rates: dict[str, TokenRate] = {}
        self._each: Mapping[str, tuple[EngineMetrics, float | None]] = {}
        self.metrics: Mapping[str, Any] = {}
        """The sums over the engines that report metrics; empty if none does."""

    async def watch(self) -> None:
        """Read the metrics every two seconds until cancelled."""
        while True:
            await self._read()
            await asyncio.sleep(METRICS_SECONDS)

    async def _read(self) -> None:
        members = dict(self._pool.members)
        read = await asyncio.gather(*map(_metrics_of, members.values()))
        found = {name: one for name, one in zip(members, read, strict=True) if one}
        now = time.monotonic()
        self._rates = {name: self._rates.get(name, TokenRate()) for name in found}
        self._each = {
            name: (one, self._rates[name].after(one.tokens, now)) for name, one in found.items()
        }
        if not found or not any(engine.is_known for engine in members.values()):
            self.metrics = {}
            return
        rates = [rate for _, rate in self._each.values() if rate is not None]
        self.metrics = {
            "model": self._pool.model,
            **asdict(total_of(found.values())),
            "tokens_per_second": round(sum(rates), 1) if rates else None,
        }

    def totals(self) -> Mapping[str, Any]:
        """The members of the heartbeat on all engines of the role; none for other models.

        Durations instead of times, because the clocks of machines differ.
        """
        prefix = _PREFIXES.get(self._role)
        if prefix is None:
            return {}
        health = self._pool.health
        return {
            prefix: self.metrics,
            f"{prefix}_healthy": health.ok,
            f"{prefix}_reason": health.reason,
            f"{prefix}_fault": health.code,
            f"{prefix}_for_seconds": max(0.0, time.time() - health.since),
            f"{prefix}_answered_seconds": self._pool.answered_seconds,
            f"{prefix}_error_share": self._pool.error_share,
            f"{prefix}_lacks_parser": self._pool.lacks_parser,
        }

    def engines(self) -> Sequence[Mapping[str, Any]]:
        """Each engine, without its address, which may have a password."""
        return [self._one(name, engine) for name, engine in self._pool.members.items()]

    def _one(self, name: str, engine: EngineClient) -> Mapping[str, Any]:
        health = self._pool.fault_of(name)
        metrics, rate = self._each.get(name, (None, None))
        return {
            "name": name,
            "role": self._role if self._role in _PREFIXES else OTHER,
            "model": engine.model if engine.is_known else None,
            "healthy": health.ok,
            "drained": name in self._pool.drained,
            "reason": health.reason,
            "fault": health.code,
            "for_seconds": max(0.0, time.time() - health.since),
            "answered_seconds": engine.answered_seconds,
            "error_share": engine.outcomes.error_share,
            "in_flight": engine.in_flight,
            "running": metrics.running if metrics else None,
            "waiting": metrics.waiting if metrics else None,
            "kv_cache_use": metrics.kv_cache_use if metrics else None,
            "tokens_per_second": rate,
        }


async def _metrics_of(engine: EngineClient) -> EngineMetrics | None:
    try:
        return await engine.metrics()
    except EngineUnavailable:
        return None
