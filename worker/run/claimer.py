"""Claims waiting jobs for the free slots of a worker, and runs them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from jobs.ledger import Ledger
from jobs.ledger.runs import WaitingClaims
from jobs.model.job import Claim
from jobs.model.problems import ProblemError
from worker.defects import described
from worker.run.runner import Runner

# How often the ledger is asked without a wake-up, which may be lost.
IDLE_SECONDS = 1.0
log = structlog.get_logger()


class Claimer:
    """Claims when a wake-up arrives, when a slot becomes free while more jobs wait, and once a
    second. Jobs that arrive or end during a claim share the next one.

    `slots`: the most jobs that run at once. `may_claim`: whether the worker can run jobs now.
    """

    def __init__(
        self,
        ledger: Ledger,
        runner: Runner,
        *,
        worker: str,
        lease_seconds: float,
        slots: int,
        may_claim: Callable[[], bool],
    ) -> None:
        self._ledger = ledger
        self._runner = runner
        self._worker = worker
        self._lease_seconds = lease_seconds
        self._slots = slots
        self._may_claim = may_claim
        self._due = asyncio.Event()
        self._woken = False
        self._more = False
        self._claiming = False
        self._runs: set[asyncio.Task[None]] = set()

    @property
    def in_hand(self) -> int:
        """Jobs that run or are being claimed."""
        return len(self._runs) + self._claiming

    @property
    def has_room(self) -> bool:
        """Safe to read from another thread."""
        return len(self._runs) < self._slots

    def wake(self) -> None:
        """Claim soon: a wake-up arrived."""
        self._woken = True
        self._due.set()

    async def claim_forever(self) -> None:
        """Claim until cancelled."""
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await self._due.wait()
            except TimeoutError:
                pass
            self._due.clear()
            if self.has_room and self._may_claim():
                await self._claim()

    async def _claim(self) -> None:
        woken, self._woken = self._woken, False
        self._claiming = True
        try:
            claims = await self._ledger.runs.claim_waiting(
                self._worker, self._lease_seconds, self._slots - len(self._runs), woken=woken
            )
            self._run(claims)
        except ProblemError as error:
            # Claims whose answer was lost are taken back by the next renewals of leases.
            log.warning("worker.claim_failed", code=error.problem.code)
            await asyncio.sleep(IDLE_SECONDS)
        finally:
            self._claiming = False

    def _run(self, claims: WaitingClaims) -> None:
        self._more = claims.more
        for claim in claims.granted:
            self._start(claim)
        if claims.suspect:
            self._start(claims.suspect)

    def _start(self, work: Claim | str) -> None:
        run = asyncio.create_task(self._run_one(work))
        self._runs.add(run)
        run.add_done_callback(self._ended)

    async def _run_one(self, work: Claim | str) -> None:
        """Run a claimed job, or a suspect, whose id is given."""
        try:
            if isinstance(work, str):
                await self._runner.run_suspect(work)
            else:
                await self._runner.run_claimed(work)
        except Exception as error:  # noqa: BLE001 - the next renewal of leases takes the job back
            log.error("job.run_defect", **described(error))  # noqa: TRY400 - it may quote the document

    def _ended(self, run: asyncio.Task[None]) -> None:
        self._runs.discard(run)
        if self._more:
            self._due.set()
