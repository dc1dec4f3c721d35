"""Two reviewers who approve whatever waits, and get in each other's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from chancery import AsyncChancery
from chancery.errors import Conflict

REVIEWERS = ("李雷", "韩梅梅")
_PAUSE_SECONDS = 0.2


@asynccontextmanager
async def reviewing(client: AsyncChancery) -> AsyncIterator[None]:
    """Approve results within the block. An error of a reviewer ends the block."""
    async with asyncio.TaskGroup() as group:
        reviewers = [group.create_task(_review(client, name)) for name in REVIEWERS]
        yield
        for reviewer in reviewers:
            reviewer.cancel()


async def _review(client: AsyncChancery, name: str) -> None:
    while True:
        async for job in client.approvals():
            with suppress(Conflict):  # the other reviewer was first
                await client.approve(job.id, by=name)
        await asyncio.sleep(_PAUSE_SECONDS)
