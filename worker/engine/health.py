"""Whether an engine answers, kept up to date."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import structlog

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Health:
    """Whether an engine can work, since when (seconds since the epoch), and why not."""

    ok: bool
    since: float
    reason: str


class HealthBoard:
    """The latest health of one engine, and a way to wait until it is good."""

    def __init__(self) -> None:
        self._health = Health(ok=False, since=time.time(), reason="not asked yet")
        self._good = asyncio.Event()

    @property
    def health(self) -> Health:
        return self._health

    @property
    def bad_seconds(self) -> float:
        """For how long it has been unhealthy; 0 where it is healthy."""
        return 0.0 if self._health.ok else time.time() - self._health.since

    def good(self) -> None:
        if not self._health.ok:
            self._health = Health(ok=True, since=time.time(), reason="")
            self._good.set()
            log.info("engine.healthy")

    def bad(self, reason: str) -> None:
        """Take the engine for unhealthy, for `reason`, from the first time that it is said on."""
        if self._health.ok or self._health.reason == "not asked yet":
            log.warning("engine.unhealthy", reason=reason)
            self._health = Health(ok=False, since=time.time(), reason=reason)
        else:
            self._health = Health(ok=False, since=self._health.since, reason=reason)
        self._good.clear()

    async def wait_good(self, timeout: float) -> bool:  # noqa: ASYNC109 - late is an answer
        """True as soon as the health is good; False after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._good.wait()
        except TimeoutError:
            return False
        return True
