"""When a process claims work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from jobs.model.lanes import FEW
from jobs.model.problems import ProblemError
from worker import claim_loop
from worker.claim_loop import Claimed, ClaimLoop

PATIENCE = 60.0


@dataclass
class Work:
    """Work that waits, and what was claimed of it. `slots` at most run at once."""

    waiting: int = 0
    slots: int = 2
    able: bool = True
    away: bool = False
    defect: bool = False
    claims: list[tuple[int, bool]] = field(default_factory=list)
    done: int = 0
    running: int = 0
    end: asyncio.Event = field(default_factory=asyncio.Event)
    answer: asyncio.Event = field(default_factory=asyncio.Event)

    ahead: bool = False

    def __post_init__(self) -> None:
        self.answer.set()
        self.loop = ClaimLoop(self.claim, self.may_claim, lambda: self.ahead)

    def may_claim(self) -> bool:
        return self.able and self.running < self.slots

    async def claim(self, woken: bool, again_seconds: float) -> Claimed:  # noqa: FBT001 - as ClaimLoop calls it
        await self.answer.wait()
        if self.away:
            self.claims.append((0, woken))
            raise ProblemError("unavailable", "The ledger is away.")
        count = min(self.waiting, self.slots - self.running)
        self.waiting -= count
        self.running += count
        self.claims.append((count, woken))
        return Claimed([self.run() for _ in range(count)], self.waiting > 0)

    async def run(self) -> None:
        try:
            await self.end.wait()
            if self.defect:
                raise ValueError("a defect")
        finally:
            self.running -= 1
            self.done += 1

    async def until_done(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.done < count:
                await asyncio.sleep(0.001)

    async def until_claims(self, count: int) -> Sequence[tuple[int, bool]]:
        async with asyncio.timeout(PATIENCE):
            while len(self.claims) < count:
                await asyncio.sleep(0.001)
        return self.claims


@asynccontextmanager
async def looping(work: Work) -> AsyncIterator[None]:
    task = asyncio.create_task(work.loop.run_forever())
    try:
        yield
    finally:
        task.cancel()
        work.loop.cancel_all()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def never_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a wake-up or an ending nothing is claimed in this test."""
    monkeypatch.setattr(claim_loop, "IDLE_SECONDS", 3_600)
    monkeypatch.setattr(claim_loop, "CLAIM_AGAIN_SECONDS", 3_600)


@pytest.fixture
def never_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where work is ahead, few endings lead to no claim in this test."""
    monkeypatch.setattr(claim_loop, "FEW_APART_SECONDS", 3_600)


@pytest.mark.usefixtures("never_idle")
async def test_a_wake_up_leads_to_a_claim() -> None:
    work = Work(waiting=1)
    async with looping(work):
        work.loop.wake()
        assert await work.until_claims(1) == [(1, True)]
        work.end.set()
        await work.until_done(1)


@pytest.mark.usefixtures("never_idle")
async def test_a_slot_that_becomes_free_is_filled_while_more_work_waits() -> None:
    work = Work(waiting=5)
    work.end.set()
    async with looping(work):
        work.loop.wake()
        await work.until_done(5)
    assert sum(count for count, _ in work.claims) == 5
    assert [woken for _, woken in work.claims].count(True) == 1


@pytest.mark.usefixtures("never_idle")
async def test_nothing_is_claimed_at_an_ending_when_no_work_waits() -> None:
    work = Work(waiting=2)
    work.end.set()
    async with looping(work):
        work.loop.wake()
        await work.until_done(2)
        work.loop.wake()
        await work.until_claims(2)
    assert work.claims == [(2, True), (0, True)]


async def test_it_asks_again_a_moment_after_a_claim_that_led_to_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The ledger sends no wake-up for work that is queued until then."""
    monkeypatch.setattr(claim_loop, "IDLE_SECONDS", 3_600)
    monkeypatch.setattr(claim_loop, "CLAIM_AGAIN_SECONDS", 0.01)

    class GrowingWork(Work):
        async def claim(self, woken: bool, again_seconds: float) -> Claimed:  # noqa: FBT001 - as ClaimLoop calls it
            claimed = await super().claim(woken, again_seconds)
            assert again_seconds == (0.01 if len(self.claims) > 1 else 0)
            self.waiting = 1 if len(self.claims) == 2 else 0
            return claimed

    work = GrowingWork(waiting=1, slots=10)
    async with looping(work):
        work.loop.wake()
        await work.until_claims(1)
        await asyncio.sleep(0.05)
        assert work.claims == [(1, True)]  # a single job is not followed by a claim
        work.waiting = 1
        work.loop.wake()
        await work.until_claims(4)
        await asyncio.sleep(0.05)
        assert work.claims == [(1, True), (1, True), (1, False), (0, False)]
        work.end.set()
        await work.until_done(3)


async def test_it_asks_again_for_a_while_after_several_pieces_of_work_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claim_loop, "IDLE_SECONDS", 3_600)
    monkeypatch.setattr(claim_loop, "CLAIM_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(claim_loop, "BUSY_SECONDS", 3_600)
    announced: list[float] = []

    class ShortWork(Work):
        async def claim(self, woken: bool, again_seconds: float) -> Claimed:  # noqa: FBT001 - as ClaimLoop calls it
            announced.append(again_seconds)
            return await super().claim(woken, again_seconds)

    work = ShortWork(waiting=1, slots=10)
    work.end.set()
    async with looping(work):
        for waiting, done in ((1, 1), (2, 3), (1, 4)):
            work.waiting = waiting
            work.loop.wake()
            await work.until_done(done)
        await work.until_claims(4)
    assert work.claims == [(1, True), (2, True), (1, True), (0, False)]
    assert announced == [0, 0, 0.01, 0.01]


async def test_without_a_wake_up_it_asks_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claim_loop, "IDLE_SECONDS", 0.01)
    work = Work()
    async with looping(work):
        await work.until_claims(1)
        work.waiting = 1
        work.end.set()
        await work.until_done(1)
    assert (1, False) in work.claims


async def test_it_claims_nothing_while_the_process_cannot_run_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claim_loop, "IDLE_SECONDS", 0.001)
    work = Work(waiting=1, able=False)
    async with looping(work):
        for _ in range(5):
            work.loop.wake()
            await asyncio.sleep(0.002)
        assert work.claims == []
        work.able = True
        assert (await work.until_claims(1))[0][0] == 1
        work.end.set()
        await work.until_done(1)


@pytest.mark.usefixtures("never_idle")
async def test_work_that_is_being_claimed_is_in_hand() -> None:
    work = Work(waiting=1)
    work.answer.clear()
    async with looping(work):
        work.loop.wake()
        async with asyncio.timeout(PATIENCE):
            while not work.loop.in_hand:
                await asyncio.sleep(0)
        assert (work.loop.in_hand, work.loop.running) == (1, 0)
        work.answer.set()
        await work.until_claims(1)
        assert (work.loop.in_hand, work.loop.running) == (1, 1)
        work.end.set()
        await work.until_done(1)
        await asyncio.sleep(0)
        assert work.loop.in_hand == 0


async def test_it_asks_again_when_the_ledger_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim_loop, "IDLE_SECONDS", 0.001)
    work = Work(waiting=1, away=True)
    async with looping(work):
        await work.until_claims(2)
        work.away = False
        async with asyncio.timeout(PATIENCE):
            while not work.running:
                await asyncio.sleep(0.001)
        work.end.set()
        await work.until_done(1)


@pytest.mark.usefixtures("never_idle")
async def test_a_defect_in_one_run_does_not_stop_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    work = Work(waiting=4, defect=True)
    work.end.set()
    async with looping(work):
        work.loop.wake()
        await work.until_done(4)
    assert "run.defect" in capsys.readouterr().out


@pytest.mark.usefixtures("never_idle")
async def test_all_work_is_cancelled_on_demand() -> None:
    work = Work(waiting=2)
    async with looping(work):
        work.loop.wake()
        await work.until_claims(1)
        async with asyncio.timeout(PATIENCE):
            while work.loop.running < 2:
                await asyncio.sleep(0)
        await asyncio.sleep(0)
        work.loop.cancel_all()
        await work.until_done(2)


@pytest.mark.usefixtures("never_idle")
async def test_work_that_ends_together_shares_a_claim() -> None:
    work = Work(waiting=300, slots=100)
    work.end.set()
    async with looping(work):
        work.loop.wake()
        await work.until_done(300)
    assert len(work.claims) <= 4


async def test_work_that_arrives_shortly_after_a_claim_shares_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claim_loop, "GROUP_SECONDS", 0.2)
    work = Work(waiting=1, slots=10)
    async with looping(work):
        work.loop.wake()
        await work.until_claims(1)
        for _ in range(5):
            work.waiting += 1
            work.loop.wake()
            await asyncio.sleep(0)
        assert await work.until_claims(2) == [(1, True), (5, True)]
        work.end.set()
        await work.until_done(6)


@pytest.mark.usefixtures("never_idle", "never_few")
async def test_a_wake_up_does_not_wait_for_other_work_to_end() -> None:
    work = Work(waiting=4, slots=2, ahead=True)
    async with looping(work):
        work.loop.wake()
        await work.until_claims(1)
        work.end.set()
        await work.until_done(2)
        await asyncio.sleep(0.02)
        assert len(work.claims) == 1  # others that end would share the claim
        work.loop.wake()
        assert await work.until_claims(2) == [(2, True), (2, True)]
        await work.until_done(4)


@pytest.mark.usefixtures("never_idle", "never_few")
async def test_where_work_is_ahead_a_claim_waits_until_several_have_ended() -> None:
    work = Work(waiting=FEW + 1, slots=FEW, ahead=True)
    work.end.set()
    async with looping(work):
        work.loop.wake()
        await work.until_done(FEW + 1)
    assert work.claims == [(FEW, True), (1, False)]


async def test_where_work_is_ahead_few_that_end_are_replaced_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claim_loop, "IDLE_SECONDS", 3_600)
    monkeypatch.setattr(claim_loop, "FEW_APART_SECONDS", 0.3)
    announced: list[float] = []

    class Lines(Work):
        async def claim(self, woken: bool, again_seconds: float) -> Claimed:  # noqa: FBT001 - as ClaimLoop calls it
            announced.append(again_seconds)
            return await super().claim(woken, again_seconds)

    work = Lines(waiting=6, slots=2, ahead=True)
    work.end.set()
    async with looping(work):
        work.loop.wake()
        await work.until_claims(1)
        began = asyncio.get_running_loop().time()
        await work.until_done(6)
        assert asyncio.get_running_loop().time() - began > 0.5
    assert len(work.claims) == 3
    # While it runs nothing, it announces no claim; the ledger sends wake-ups.
    assert set(announced) <= {0, 0.3}


@pytest.mark.usefixtures("never_few")
async def test_where_no_more_work_waits_claims_follow_soon_though_work_is_ahead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claim_loop, "IDLE_SECONDS", 3_600)
    monkeypatch.setattr(claim_loop, "CLAIM_AGAIN_SECONDS", 0.01)
    work = Work(waiting=1, slots=10, ahead=True)
    async with looping(work):
        for claims in (1, 2):
            work.waiting = 1
            work.loop.wake()
            await work.until_claims(claims)
        assert (await work.until_claims(3))[2] == (0, False)
        work.end.set()
        await work.until_done(2)


@pytest.mark.usefixtures("never_idle", "never_few")
async def test_the_last_work_may_not_wait_though_it_could_be_ahead() -> None:
    work = Work(waiting=3, slots=2, ahead=True)
    async with looping(work):
        work.loop.wake()
        await work.until_claims(1)
        assert work.loop.may_wait
        work.end.set()
        await work.until_done(2)
        work.loop.wake()
        await work.until_done(3)
        assert not work.loop.may_wait
