from __future__ import annotations

import asyncio
import time

import pytest

from documents.isolation.running_time import running_time


async def test_a_limit_ends_the_work() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with running_time(0.6):
            await asyncio.sleep(30)
    assert 0.6 <= time.monotonic() - began < 20


async def test_a_pause_of_the_process_does_not_end_the_work() -> None:
    async with running_time(0.7):
        await asyncio.sleep(0)
        time.sleep(1)  # noqa: ASYNC251 - the whole process stands still
        await asyncio.sleep(0)


async def test_work_within_its_limit_returns_and_leaves_no_limit_behind() -> None:
    async with running_time(0.01):
        pass
    await asyncio.sleep(0.05)


async def test_a_cancellation_is_no_timeout() -> None:
    async def work() -> None:
        async with running_time(30):
            await asyncio.sleep(30)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
