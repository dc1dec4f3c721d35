"""Claims waiting work for the free slots of a process, and runs it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog

from jobs.model.lanes import CLAIM_AGAIN_SECONDS, FEW
from jobs.model.problems import ProblemError
from worker.defects import described

# How often the ledger is asked without a wake-up, which may be lost.
IDLE_SECONDS = 1.0
# Endings and wake-ups in this time share a claim: one for each costs more than a small job.
GROUP_SECONDS = 0.001
# While work is claimed ahead, a claim waits for more endings; for fewer than `FEW`, until this time
# after the last claim.
AHEAD_GROUP_SECONDS = 0.02
FEW_APART_SECONDS = 0.2
# Short work has often ended when the next arrives. A wake-up for each costs several claims.
BUSY_SECONDS = 0.1
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Claimed:
    """The answer to a claim. `runs` are started as tasks. `more`: other work waits."""

    runs: Sequence[Coroutine[Any, Any, object]]
    more: bool


class ClaimLoop:
    """Claims when a wake-up arrives, when a slot becomes free while more work waits, and once a
    second; while it is busy, also a moment after a claim that led to work. It is busy while it runs
    work, and for `BUSY_SECONDS` after several pieces at a time. Work that arrives or ends during a
    claim shares the next one, and so does work that ends at nearly the same time, or arrives
    shortly after a claim.

    `claim` is told whether a wake-up led to the claim, and the seconds within which another follows
    if this one leads to work, or 0. `may_claim`: whether the process can run more work now.
    `is_ahead`: whether all that it runs is of a kind of which it claims more than it can run, so
    that claims need not follow endings at once. A wake-up always leads to a claim.
    """

    def __init__(
        self,
        claim: Callable[[bool, float], Awaitable[Claimed]],
        may_claim: Callable[[], bool],
        is_ahead: Callable[[], bool] = lambda: False,
    ) -> None:
        self._claim = claim
        self._may_claim = may_claim
        self._is_ahead = is_ahead
        self._due = asyncio.Event()
        self._woken = asyncio.Event()
        self._several = asyncio.Event()
        self._ended_since = 0
        self._more = False
        self._claiming = False
        self._claimed_at = 0.0
        self._busy_until = 0.0
        self._again = False
        self._runs: set[asyncio.Task[None]] = set()

    @property
    def in_hand(self) -> int:
        """How much work runs or is being claimed."""
        return len(self._runs) + self._claiming

    @property
    def running(self) -> int:
        """Safe to read from another thread."""
        return len(self._runs)

    def wake(self) -> None:
        """Claim soon: a wake-up arrived."""
        self._woken.set()
        self._several.set()
        self._due.set()

    def cancel_all(self) -> None:
        """Cancel all work that runs."""
        for run in self._runs:
            run.cancel()

    async def run_forever(self) -> None:
        """Claim until cancelled."""
        while True:
            await self._wait(self._due, self._again_seconds if self._again else IDLE_SECONDS)
            if self._due.is_set():
                await self._group()
            rest = GROUP_SECONDS - (time.monotonic() - self._claimed_at)
            if rest > 0:
                await asyncio.sleep(rest)
            self._due.clear()
            if self._may_claim():
                await self._claim_once()
            else:
                self._again = False

    @property
    def may_wait(self) -> bool:
        """Whether more work waits than the process runs, and it has some ahead."""
        return self._more and self._is_ahead()

    @property
    def _again_seconds(self) -> float:
        return FEW_APART_SECONDS if self.may_wait else CLAIM_AGAIN_SECONDS

    async def _group(self) -> None:
        """Wait for other endings, until a wake-up arrives or the ledger expects a claim."""
        seconds = GROUP_SECONDS
        if self.may_wait:
            await self._wait(self._several, self._claimed_at + FEW_APART_SECONDS - time.monotonic())
            seconds = AHEAD_GROUP_SECONDS
        if self._again:
            seconds = min(seconds, self._claimed_at + CLAIM_AGAIN_SECONDS - time.monotonic())
        await self._wait(self._woken, seconds)

    @staticmethod
    async def _wait(event: asyncio.Event, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()

    async def _claim_once(self) -> None:
        woken = self._woken.is_set()
        self._woken.clear()
        self._several.clear()
        self._ended_since = 0
        self._claimed_at = time.monotonic()
        again = bool(self._runs) or self._claimed_at < self._busy_until
        self._claiming = True
        try:
            claimed = await self._claim(woken, self._again_seconds if again else 0.0)
        except ProblemError as error:
            log.warning("claim.failed", code=error.problem.code)
            self._again = False
            await asyncio.sleep(IDLE_SECONDS)
            return
        finally:
            self._claiming = False
        self._more, self._again = claimed.more, again and bool(claimed.runs)
        if claimed.runs and len(claimed.runs) + len(self._runs) > 1:
            self._busy_until = time.monotonic() + BUSY_SECONDS
        for run in claimed.runs:
            task = asyncio.create_task(_log_defects(run))
            self._runs.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, run: asyncio.Task[None]) -> None:
        self._runs.discard(run)
        self._ended_since += 1
        if self._ended_since >= FEW:
            self._several.set()
        if self._more:
            self._due.set()


async def _log_defects(run: Coroutine[Any, Any, object]) -> None:
    """The ledger takes back work that ended without a report, when its lease is not renewed."""
    try:
        await run
    except Exception as error:  # noqa: BLE001 - a defect in one run must not stop the others
        log.error("run.defect", **described(error))  # noqa: TRY400 - it may quote the document
