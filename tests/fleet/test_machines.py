"""A machine is cut off, one loses its power, one is upgraded, the primary Redis server dies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import openai
import pytest

from tests.chaos.account import Account, account, settled
from tests.chaos.batch_account import lines_of, result_of
from tests.chaos.batch_storm import BatchStorm, ended
from tests.chaos.load import Load, client_of
from tests.chaos.receiver import Receiver, receiving
from tests.fleet.balancer import balancing
from tests.fleet.fleet import LEASE_SECONDS, PATIENCE, Fleet, running
from tests.fleet.network import HERE

BURST, BURST_EVERY_SECONDS = 3, 0.5
# Longer than a lease, so that another machine takes the work over.
AWAY_SECONDS = 2 * LEASE_SECONDS
HELD = 3
# Those of the batch are smaller.
FIRST_MARK = 100_000


@dataclass
class Work:
    """A department's jobs, and another one's batch, from the first fault to the last."""

    fleet: Fleet
    load: Load
    receiver: Receiver
    batch_receiver: Receiver
    batch: asyncio.Task[openai.types.Batch]
    openai: openai.AsyncOpenAI
    storm: BatchStorm
    submitting: asyncio.Task[None]

    async def held(self, machine: str) -> int:
        """Wait until the machine runs jobs; returns how many."""
        async with asyncio.timeout(PATIENCE):
            while (held := len(await self.fleet.held(machine))) < HELD:
                await asyncio.sleep(0.02)
        return held

    async def accept_more(self, jobs: int) -> float:
        """Wait until so many more jobs are accepted; returns the longest wait for one, in s."""
        last, longest = time.monotonic(), 0.0
        before = len(self.load.accepted)
        accepted = before
        async with asyncio.timeout(PATIENCE):
            while accepted < before + jobs:
                await asyncio.sleep(0.02)
                if len(self.load.accepted) > accepted:
                    accepted = len(self.load.accepted)
                    longest = max(longest, time.monotonic() - last)
                    last = time.monotonic()
        return longest

    async def check_batch(self) -> None:
        batch = await self.batch
        lines = self.storm.lines
        counts = batch.request_counts
        assert (batch.status, counts.total, counts.completed) == ("completed", lines, lines)
        assert not await lines_of(self.openai, batch.error_file_id)
        output = await lines_of(self.openai, batch.output_file_id)
        ids = [line["custom_id"] for line in output]
        assert sorted(ids) == [f"c{number:06}" for number in range(lines)]
        assert [
            line["custom_id"] for line in output if line["custom_id"] not in result_of(line)
        ] == []
        events = [one[0].path for one in self.batch_receiver.by_id().values()]
        assert (events.count("/batch"), events.count("/line")) == (1, self.storm.called_back)
        assert all(one.verified for one in self.batch_receiver.deliveries)


@asynccontextmanager
async def working(fleet: Fleet, lines: int) -> AsyncIterator[Work]:
    """Jobs are submitted all the time, through a load balancer, and a batch of so many lines."""
    tax, land = [await fleet.department(name) for name in ("tax", "land")]
    async with (
        receiving(tax.callback_secret, HERE) as receiver,
        receiving(land.callback_secret, HERE) as batch_receiver,
        balancing(fleet.apis) as balancer,
    ):
        url = f"http://127.0.0.1:{balancer.port}"
        asker = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=land.api_key, max_retries=40)
        async with client_of(url, tax.api_key) as client, asker:
            storm = BatchStorm(0, lines, kills=0, settle_seconds=0)
            batch = asyncio.create_task(ended(asker, await storm.submit(asker, batch_receiver)))
            load = Load(client, receiver.url(), numbers=count(FIRST_MARK))
            submitting = asyncio.create_task(_submit_bursts(load))
            try:
                yield Work(fleet, load, receiver, batch_receiver, batch, asker, storm, submitting)
            finally:
                submitting.cancel()
                batch.cancel()
                load.cancel()
            assert min(balancer.links.values()) > 0, "one api was never asked"


async def _submit_bursts(load: Load) -> None:
    while True:
        load.burst(BURST)
        await asyncio.sleep(BURST_EVERY_SECONDS)


async def _finished(work: Work, seconds: float) -> Account:
    """The outcome when all jobs and the batch have ended."""
    fleet, load = work.fleet, work.load
    await load.finish()
    await settled(fleet, load, seconds)
    async with asyncio.timeout(seconds):
        await asyncio.shield(work.batch)
        while await fleet.redis.zcard("chancery:callbacks:land:pending"):
            await asyncio.sleep(0.2)
    return await account(fleet, load, work.receiver, other_endings=work.storm.lines)


@pytest.mark.timeout(1800)
async def test_nothing_is_lost_when_machines_are_cut_off_lose_power_and_are_upgraded(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    began = time.monotonic()

    def note(line: str) -> None:
        say(f"{time.monotonic() - began:5.1f} s: {line}")

    async with running(tmp_path, latency=0.3) as fleet:
        note("all machines are ready")
        async with working(fleet, 600) as work:
            held = await work.held("machine-1")
            await fleet.cut_off("machine-1")
            note(f"machine-1 cut off with {held} jobs, accepted {len(work.load.accepted)}")
            longest = await work.accept_more(10)
            note(f"longest time without an accepted job: {longest:.1f} s")
            await asyncio.sleep(AWAY_SECONDS)
            fleet.reconnect("machine-1")
            await fleet.ready("machine-1")
            note("machine-1 is back")

            await fleet.upgrade("machine-1")
            note("machine-1 is upgraded")

            primary = await fleet.primary()
            note(f"{primary.name} loses its power")
            await fleet.power_off(primary.name)
            longest = await work.accept_more(10)
            note(
                f"{(await fleet.primary()).name} took over; {longest:.1f} s without an accepted job"
            )
            await fleet.power_on(primary.name)
            note(f"{primary.name} is a replica")

            held = await work.held("machine-2")
            await fleet.power_off("machine-2")
            note(f"machine-2 lost its power with {held} jobs")
            longest = await work.accept_more(10)
            note(f"longest time without an accepted job: {longest:.1f} s")
            await asyncio.sleep(AWAY_SECONDS)
            await fleet.power_on("machine-2")
            note("machine-2 is back")
            work.submitting.cancel()
            done = await _finished(work, 2 * PATIENCE)
            # Not the seconds: they compare clocks that differ.
            note(
                f"accepted {done.accepted}, ended {done.ended}, lost {done.lost}, run twice "
                f"{done.run_twice}, two endings {done.two_endings}, events {done.events}, "
                f"duplicate deliveries {done.duplicates}"
            )
            note(f"ended by their watchdogs: {', '.join(fleet.ended_by_watchdog) or 'none'}")
            await work.check_batch()
    done.check()
    assert fleet.crashed == []
    assert done.succeeded == done.accepted > 100
