"""Shares of the requests in flight, by job."""

from __future__ import annotations

import asyncio
import weakref
from contextlib import AsyncExitStack

import pytest

from worker.engine.limits import shares
from worker.engine.limits.shares import Shares


class _Job:
    """The requests of one job: how many run now, and how many ran at once at most."""

    def __init__(self, shares: Shares, name: str) -> None:
        self.name, self.running, self.most = name, 0, 0
        self._shares = shares
        self._done = asyncio.Event()

    async def request(self) -> None:
        async with self._shares.hold(self.name):
            self.running += 1
            self.most = max(self.most, self.running)
            await self._done.wait()
            self.running -= 1

    def finish(self) -> None:
        self._done.set()


async def _settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_job_alone_is_not_limited() -> None:
    job = _Job(Shares(4), "long")
    async with asyncio.TaskGroup() as group:
        for _ in range(100):
            group.create_task(job.request())
        await _settle()
        assert job.running == 100
        job.finish()


async def test_a_job_beside_another_has_its_share() -> None:
    limit = Shares(4)
    job = _Job(limit, "long")
    async with asyncio.TaskGroup() as group, limit.hold("small"):
        for _ in range(100):
            group.create_task(job.request())
        await _settle()
        assert job.running == 4
        job.finish()
        await _settle()
        assert job.most == 4


async def test_a_job_between_two_requests_is_present(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "RECENT_SECONDS", 60.0)
    limit = Shares(4)
    async with limit.hold("small"):
        pass
    job = _Job(limit, "long")
    async with asyncio.TaskGroup() as group:
        for _ in range(100):
            group.create_task(job.request())
        await _settle()
        assert job.running == 4
        job.finish()


async def test_the_limit_ends_when_the_other_job_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "RECENT_SECONDS", 0.0)
    limit = Shares(1)
    job = _Job(limit, "long")
    async with asyncio.TaskGroup() as group, AsyncExitStack() as stack:
        await stack.enter_async_context(limit.hold("small"))
        first = asyncio.Event()

        async def hold_first() -> None:
            async with limit.hold("long"):
                await first.wait()

        group.create_task(hold_first())
        await _settle()
        for _ in range(10):
            group.create_task(job.request())
        await stack.aclose()
        await _settle()
        first.set()
        await _settle()
        assert job.running == 10
        job.finish()


async def test_a_cancelled_waiter_takes_no_share() -> None:
    limit = Shares(1)
    async with limit.hold("small"):
        async with limit.hold("long"):
            gone = asyncio.create_task(_Job(limit, "long").request())
            stays = _Job(limit, "long")
            waiting = asyncio.create_task(stays.request())
            await _settle()
            gone.cancel()
            await _settle()
        await _settle()
        assert stays.running == 1
        stays.finish()
        await waiting


async def test_a_job_that_has_ended_is_not_kept() -> None:
    limit, jobs = Shares(4), [_Job(Shares(4), name) for name in ("first", "second")]
    async with limit.hold(jobs[0]):
        pass
    async with limit.hold(jobs[1]):
        pass
    first = weakref.ref(jobs.pop(0))
    assert first() is None
