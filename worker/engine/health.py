"""The health of an engine, and a way to wait for it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import structlog

NOT_CHECKED = "not checked yet"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Health:
    """`since` is in seconds since the epoch; `reason` is empty while the engine is healthy.

    `code` is the reason in a word, without addresses: `connection`, `timeout`, or a status.
    """

    ok: bool
    since: float
    reason: str
    code: str = ""


class HealthState:
    """The latest health of one engine."""

    def __init__(self) -> None:
        self._health = Health(ok=False, since=time.time(), reason=NOT_CHECKED)
        self._healthy = asyncio.Event()
        self._answered: float | None = None

    @property
    def answered_seconds(self) -> float | None:
        """How long ago the engine last answered a check; None if it never did."""
        return None if self._answered is None else time.monotonic() - self._answered

    @property
    def health(self) -> Health:
        return self._health

    @property
    def unhealthy_seconds(self) -> float:
        """How long the engine has been unhealthy; 0 while it is healthy."""
        return 0.0 if self._health.ok else time.time() - self._health.since

    def set_healthy(self) -> None:
        self._answered = time.monotonic()
        if not self._health.ok:
            self._health = Health(ok=True, since=time.time(), reason="")
            self._healthy.set()
            log.info("engine.healthy")

    def set_unhealthy(self, reason: str, code: str) -> None:
        """Record the reason; `since` stays the time of the first failure."""
        if self._health.ok or self._health.reason == NOT_CHECKED:
            log.warning("engine.unhealthy", reason=reason)
            self._health = Health(ok=False, since=time.time(), reason=reason, code=code)
        else:
            if reason != self._health.reason:
                log.warning("engine.unhealthy", reason=reason)
            self._health = Health(ok=False, since=self._health.since, reason=reason, code=code)
        self._healthy.clear()

    async def wait_healthy(self, timeout: float) -> bool:  # noqa: ASYNC109 - a timeout is a result
        """True as soon as the engine is healthy; False after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._healthy.wait()
        except TimeoutError:
            return False
        return True
