"""The leases of the jobs that a worker has in hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from jobs.ledger import Ledger
from jobs.ledger.runs import LeaseRenewal
from jobs.model.job import Claim, Progress
from jobs.model.problems import ProblemError

RENEW_SECONDS = 1.0
STALE_SECONDS = 5.0
log = structlog.get_logger()


class LeaseLost(Exception):
    """The job is no longer this run's: it was cancelled, expired or given to another worker.

    `cut_off` where that is only to be feared, because the ledger cannot be reached.
    """

    def __init__(self, *, cut_off: bool) -> None:
        super().__init__()
        self.cut_off = cut_off


@dataclass(eq=False)
class Lease:
    claim: Claim
    work: asyncio.Task[object]
    progress: Progress = field(default_factory=Progress)
    lost: bool = False
    cut_off: bool = False

    def lose(self) -> None:
        self.lost = True
        self.work.cancel()


class Leases:
    """Renews all leases together, once a second, and stops the work of those that are lost."""

    def __init__(self, ledger: Ledger, worker: str, lease_seconds: float) -> None:
        self._ledger = ledger
        self._worker = worker
        self._lease_seconds = lease_seconds
        self._held: dict[tuple[str, int], Lease] = {}
        self._stopped = False
        self._renewed = time.monotonic()

    @property
    def fresh(self) -> bool:
        """Whether the last renewal is not long past: the ledger answers and the loop is not stuck.

        May be asked from another thread.
        """
        return time.monotonic() - self._renewed < STALE_SECONDS

    def __len__(self) -> int:
        return len(self._held)

    @contextmanager
    def hold(self, claim: Claim) -> Iterator[Lease]:
        """Keep the lease for as long as the block runs; `LeaseLost` is raised where it is lost."""
        work = asyncio.current_task()
        assert work is not None  # noqa: S101 - a coroutine runs in a task
        lease = Lease(claim, work)
        key = (claim.job.id, claim.token)
        self._held[key] = lease
        if self._stopped:
            work.cancel()
        try:
            yield lease
        except asyncio.CancelledError:
            if not lease.lost:
                raise
            work.uncancel()
            raise LeaseLost(cut_off=lease.cut_off) from None
        finally:
            del self._held[key]

    def stop_all(self) -> None:
        """Cancel the work on every job in hand, now and later; each is given back by its run."""
        self._stopped = True
        for lease in list(self._held.values()):
            lease.work.cancel()

    async def keep_renewed(self) -> None:
        """Renew until cancelled."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._renew()

    async def _renew(self) -> None:
        renewed = dict(self._held)
        held = [LeaseRenewal(*key, lease.progress) for key, lease in renewed.items()]
        began = time.monotonic()
        try:
            # A network that is cut answers nothing, not even an error, for as long as one listens.
            async with asyncio.timeout(max(self._left(), RENEW_SECONDS)):
                lost = await self._ledger.runs.renew(self._worker, held, self._lease_seconds)
        except ProblemError as error:
            self._give_up_when_late(error.problem.code)
            return
        except TimeoutError:
            self._give_up_when_late("cut-off")
            return
        self._renewed = began
        # Not those claimed meanwhile: the same job may be in hand again, under a new token.
        for key, lease in renewed.items():
            if lease.claim.job.id in lost and key in self._held:
                log.info("job.lease_lost", job_id=lease.claim.job.id)
                lease.lose()

    def _left(self) -> float:
        """Seconds until others may have the jobs, where no renewal succeeds."""
        return self._renewed + self._lease_seconds - time.monotonic()

    def _give_up_when_late(self, why: str) -> None:
        """Cut off from the ledger for a whole lease: others have the jobs by now."""
        if self._left() > 0:
            return
        for lease in list(self._held.values()):
            log.warning("job.lease_lost", job_id=lease.claim.job.id, why=why)
            lease.cut_off = True
            lease.lose()
