"""Renews the leases of the jobs that a worker runs."""

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

# Also the time until a cancelled run is stopped, at most.
RENEW_SECONDS = 0.5
STALE_SECONDS = 5.0
log = structlog.get_logger()


class LeaseLost(Exception):
    """The run no longer has its job, which was cancelled, expired or claimed by another worker.

    `cut_off`: the ledger did not answer for a whole lease, so that the job's state is unknown.
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
    """Renews all leases together, twice a second, and cancels the runs of those that are lost."""

    def __init__(self, ledger: Ledger, worker: str, lease_seconds: float) -> None:
        self._ledger = ledger
        self._worker = worker
        self._lease_seconds = lease_seconds
        self._leases: dict[tuple[str, int], Lease] = {}
        self._stopped = False
        self._renewed = time.monotonic()

    @property
    def fresh(self) -> bool:
        """Whether the last renewal is recent: the ledger answers and the event loop is not blocked.

        Safe to read from another thread.
        """
        return time.monotonic() - self._renewed < STALE_SECONDS

    def __len__(self) -> int:
        return len(self._leases)

    @contextmanager
    def hold(self, claim: Claim) -> Iterator[Lease]:
        """Renew the lease while the block runs. Raises `LeaseLost` when the lease is lost."""
        work = asyncio.current_task()
        assert work is not None  # noqa: S101 - a coroutine runs in a task
        lease = Lease(claim, work)
        key = (claim.job.id, claim.token)
        self._leases[key] = lease
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
            del self._leases[key]

    def cancel_all(self) -> None:
        """Cancel every run, now and from now on; each requeues its job."""
        self._stopped = True
        for lease in list(self._leases.values()):
            lease.work.cancel()

    async def renew_forever(self) -> None:
        """Renew until cancelled."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._renew()

    async def _renew(self) -> None:
        renewed = dict(self._leases)
        renewals = [LeaseRenewal(*key, lease.progress) for key, lease in renewed.items()]
        began = time.monotonic()
        try:
            # A broken network gives no error; without a timeout this would wait for ever.
            async with asyncio.timeout(max(self._seconds_left(), RENEW_SECONDS)):
                lost = await self._ledger.runs.renew(self._worker, renewals, self._lease_seconds)
        except ProblemError as error:
            self._cancel_if_expired(error.problem.code)
            return
        except TimeoutError:
            self._cancel_if_expired("cut-off")
            return
        self._renewed = began
        # Only leases that were sent: the same job may have been claimed again, with a new token.
        for key, lease in renewed.items():
            if lease.claim.job.id in lost and key in self._leases:
                log.info("job.lease_lost", job_id=lease.claim.job.id)
                lease.lose()

    def _seconds_left(self) -> float:
        """Seconds until the leases end, unless a renewal succeeds."""
        return self._renewed + self._lease_seconds - time.monotonic()

    def _cancel_if_expired(self, why: str) -> None:
        """After a whole lease without a renewal other workers may have the jobs."""
        if self._seconds_left() > 0:
            return
        for lease in list(self._leases.values()):
            log.warning("job.lease_lost", job_id=lease.claim.job.id, why=why)
            lease.cut_off = True
            lease.lose()
