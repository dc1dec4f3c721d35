"""Checks again and again whether the identity provider answers, for doctor and the health page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from jobs.ledger.health import HealthLedger
from jobs.model.problems import ProblemError

if TYPE_CHECKING:
    from jobs.accounts.oidc.provider import Provider

EVERY_SECONDS = 10.0
_KEEP = timedelta(seconds=60)
log = structlog.get_logger()


@asynccontextmanager
async def watched(provider: Provider | None, ledger: HealthLedger) -> AsyncIterator[None]:
    """Check `provider` during the block, and close it after. Without one nothing is done."""
    if provider is None:
        yield
        return
    watching = asyncio.create_task(_watch(provider, ledger), name="identity-provider")
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await provider.close()


async def _watch(provider: Provider, ledger: HealthLedger) -> None:
    before: str | None = None
    while True:
        reason = await _reason(provider)
        if reason != before:
            log.warning("provider.away" if reason else "provider.back", reason=reason)
        before = reason
        with suppress(ProblemError):  # Redis is away: doctor names that
            await ledger.note_provider(provider.issuer, reason, _KEEP)
        await asyncio.sleep(EVERY_SECONDS)


async def _reason(provider: Provider) -> str | None:
    """Why the provider cannot be used; None if it can be."""
    try:
        await provider.check()
    except ProblemError as error:
        return str(error.problem.extra["reason"])
    return None
