"""The last step of a run: end the job, or requeue it when another try can help."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping

import structlog

from documents.errors import Retry, WorkError
from jobs.ledger import Ledger
from jobs.ledger.runs import Ending, Finish
from jobs.model.job import Claim, RunUsage
from jobs.model.problems import ProblemError
from jobs.process.settings import WorkerSettings
from jobs.store import Store
from worker.run.outcome import Outcome

OUTAGE_POLL_SECONDS = 0.5
OUTAGE_POLLS = 600
BACKOFF_MAX_SECONDS = 60.0
LEASE_LOST = "lease lost"
SUCCEEDED = "succeeded"
AWAITS_APPROVAL = "awaits approval"
_EVENTS: Mapping[Finish, str] = {
    Finish.refused: "job.ending_refused",
    Finish.ended: "job.ended",
    Finish.held: "job.result_held",
    Finish.unstored: "job.result_to_be_stored",
}
log = structlog.get_logger()


def log_level(claim: Claim) -> int:
    """Batch lines log at DEBUG: 50,000 lines would flood the log."""
    return logging.DEBUG if claim.job.batch_id else logging.INFO


class RunEnding:
    """Reports runs to the ledger. Each method returns a short text for Celery's log.

    `may_wait`: whether more work waits and the worker has some ahead, so that endings of bulk lines
    can wait for others. The last lines of a batch do not wait.
    """

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        settings: WorkerSettings,
        inline_result_max_bytes: int,
        may_wait: Callable[[], bool] = lambda: False,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._settings = settings
        self._inline_max = inline_result_max_bytes
        self._may_wait = may_wait

    async def end(self, outcome: Outcome) -> str:
        """Succeed, fail or requeue. Raises `ProblemError` when the result cannot be stored."""
        error = outcome.error
        if error is None:
            return await self._succeed(outcome)
        counted = error.retry is Retry.counted
        tries = outcome.claim.tries + counted
        if self._is_retried(error, tries):
            log.warning("job.run_failed", code=error.code, reason=str(error))
            return await self.requeue(
                outcome, error.code, delay_seconds=self.backoff(tries), counted=counted
            )
        if await self._finish(outcome.claim, outcome.ending(None)):
            return f"failed: {error.code}"
        return await self.count_lost(outcome)

    async def requeue(
        self, outcome: Outcome, code: str, *, delay_seconds: float, counted: bool = False
    ) -> str:
        """Requeue the job. `counted`: the try counts towards `CHANCERY_MAX_ATTEMPTS`."""
        try:
            await self._requeue(outcome, code, delay_seconds, counted=counted)
        except ProblemError as error:
            # The scheduler requeues the job when its lease ends.
            log.warning("job.requeue_failed", code=code, why=error.problem.code)
            return f"not requeued: {code}"
        return f"requeued: {code}"

    async def requeue_after_outage(self, outcome: Outcome, stopping: asyncio.Event) -> str:
        """Requeue the job when the ledger answers again, so that its run is not counted as a death
        of its worker. Gives up after five minutes, or when the worker stops.
        """
        for _ in range(OUTAGE_POLLS):
            if stopping.is_set():
                break
            await asyncio.sleep(OUTAGE_POLL_SECONDS)
            try:
                await self._requeue(outcome, "cut-off", 0, counted=False)
            except ProblemError:
                continue
            return "requeued: cut off from the ledger"
        return "not requeued: cut off from the ledger"

    async def count_lost(self, outcome: Outcome) -> str:
        """Count the usage of a run that lost its job, most often because it was cancelled."""
        if outcome.used != RunUsage():
            try:
                # The run has no lease: this changes nothing else.
                await self._ledger.runs.requeue(
                    outcome.claim,
                    delay_seconds=0,
                    counted=False,
                    code="lease-lost",
                    used=outcome.used,
                )
            except ProblemError as error:
                log.warning("job.usage_not_counted", why=error.problem.code)
        return LEASE_LOST

    def backoff(self, tries: int) -> float:
        """Seconds to wait, with jitter: doubled after each counted try."""
        longest = min(BACKOFF_MAX_SECONDS, self._settings.retry_base_seconds * 2.0**tries)
        return float(longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter

    def _is_retried(self, error: WorkError, tries: int) -> bool:
        if error.retry is Retry.counted:
            return tries < self._settings.max_attempts
        return error.retry is Retry.uncounted

    async def _succeed(self, outcome: Outcome) -> str:
        claim, blob = outcome.claim, None
        if len(outcome.result) > self._inline_max:
            blob = await self._put(outcome)
        finish = await self._finish(claim, outcome.ending(blob))
        if finish is Finish.unstored:
            blob = await self._put(outcome)
            finish = await self._finish(claim, outcome.ending(blob))
        if finish:
            return AWAITS_APPROVAL if finish is Finish.held else SUCCEEDED
        if blob:
            await self._store.delete(blob)
        return await self.count_lost(outcome)

    async def _put(self, outcome: Outcome) -> str:
        job = outcome.claim.job
        return await self._store.put(outcome.result, job.department, job.id)

    async def _finish(self, claim: Claim, ending: Ending) -> Finish:
        """Store the ending. Waits while the ledger is away, at most until the lease ends."""
        while True:
            try:
                finish = await self._ledger.runs.finish(claim, ending, may_wait=self._may_wait())
            except ProblemError as error:
                log.warning("job.ending_waits", code=error.problem.code)
                await asyncio.sleep(1)
                continue
            code = ending.error.code if ending.error else None
            log.log(
                logging.INFO if code else log_level(claim),
                _EVENTS[finish],
                status=ending.status,
                code=code,
            )
            return finish

    async def _requeue(
        self, outcome: Outcome, code: str, delay_seconds: float, *, counted: bool
    ) -> None:
        accepted = await self._ledger.runs.requeue(
            outcome.claim,
            delay_seconds=delay_seconds,
            counted=counted,
            code=code,
            used=outcome.used,
        )
        log.info("job.requeued", code=code, delay=round(delay_seconds, 1), accepted=accepted)
