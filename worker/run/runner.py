"""One run of one job, step by step: claim, work, keep the result, end or put back."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Sequence

import structlog

from documents.errors import Retry, WorkError
from jobs.ledger import Ledger
from jobs.ledger.runs import Ending
from jobs.model.job import Claim
from jobs.model.problems import Problem, ProblemError
from jobs.model.states import JobStatus
from jobs.process.settings import WorkerSettings
from jobs.store import Store
from worker.engine.client import EngineClient
from worker.run.isolation import Isolation
from worker.run.leases import Lease, LeaseLost, Leases
from worker.run.work import Outcome, Work

HEALTH_WAIT_SECONDS = 20.0
OUTAGE_EVERY_SECONDS = 0.5
OUTAGE_TRIES = 600
BACKOFF_MAX_SECONDS = 60.0
log = structlog.get_logger()


def _level(claim: Claim) -> int:
    """Of 50,000 lines that do well nobody reads two events each."""
    return logging.DEBUG if claim.job.batch_id else logging.INFO


class Runner:
    """Runs jobs, each on its own; what one does to itself does not touch another."""

    def __init__(
        self,
        *,
        name: str,
        ledger: Ledger,
        store: Store,
        engine: EngineClient,
        work: Work,
        leases: Leases,
        settings: WorkerSettings,
        inline_result_max_bytes: int,
    ) -> None:
        self._name = name
        self._ledger = ledger
        self._store = store
        self._engine = engine
        self._work = work
        self._leases = leases
        self._settings = settings
        self._inline_max = inline_result_max_bytes
        self._isolation = Isolation()
        self._stopping = asyncio.Event()

    @property
    def open(self) -> bool:
        """Whether more jobs may be begun. May be asked from another thread."""
        return self._isolation.open and not self._stopping.is_set()

    def begin_no_more(self) -> None:
        """Let runs that have not claimed their job leave it; the others go on."""
        self._stopping.set()

    async def run(self, job_ids: Sequence[str]) -> str:
        """Run those jobs that are to be run now; returns a word on what became of them, for Flower.

        They run at once, and each ends on its own.
        """
        async with self._isolation.in_company():
            words, suspects = await self._claim_and_run(job_ids, alone=False)
        for job_id in suspects:
            log.warning("job.suspect", job_id=job_id)
            async with self._isolation.alone():
                words += (await self._claim_and_run([job_id], alone=True))[0]
        return ", ".join(f"{count} {word}" if count > 1 else word for word, count in words.items())

    async def _claim_and_run(
        self, job_ids: Sequence[str], *, alone: bool
    ) -> tuple[Counter[str], Sequence[str]]:
        """What became of the jobs, and those that are to be run alone."""
        # A job that is left stays unclaimed, so the scheduler sends it again.
        if not await self._engine_is_healthy():
            why = "left: the engine is not healthy, or the worker stops"
            return Counter({why: len(job_ids)}), ()
        lease_seconds = self._settings.lease_seconds
        try:
            claims = await self._ledger.runs.claim(job_ids, self._name, lease_seconds, alone=alone)
        except ProblemError as error:
            return Counter({f"left: {error.problem.code}": len(job_ids)}), ()
        words = Counter(await asyncio.gather(*map(self._run_bound, claims.granted)))
        left = len(job_ids) - len(claims.granted) - len(claims.suspects)
        if left:
            words["left: not to be run now"] = left
        return words, claims.suspects

    async def _run_bound(self, claim: Claim) -> str:
        with structlog.contextvars.bound_contextvars(job_id=claim.job.id, task=claim.job.task):
            log.log(_level(claim), "job.claimed", attempt=claim.job.attempts)
            return await self._run_claimed(claim)

    async def _run_claimed(self, claim: Claim) -> str:
        try:
            with self._leases.hold(claim) as lease:
                return await self._run_held(lease)
        except LeaseLost as lost:
            if not lost.cut_off:
                return "left: no longer ours"
            return await self._put_back_after_outage(claim)
        except asyncio.CancelledError:
            # The worker stops: what cannot be finished is given back at once.
            return await self._put_back(claim, "worker-stopping", delay_seconds=0)
        except ProblemError as error:
            # No room for the result, or the like: none of the job's doing.
            delay = error.retry_after or self._backoff(0)
            return await self._put_back(claim, error.problem.code, delay_seconds=delay)

    async def _engine_is_healthy(self) -> bool:
        if self._stopping.is_set():
            return False
        if self._engine.health.ok:
            return True
        healthy = asyncio.ensure_future(self._engine.wait_healthy(HEALTH_WAIT_SECONDS))
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((healthy, stopping), return_when=asyncio.FIRST_COMPLETED)
        begins = not stopping.done() and healthy.result()
        for wait in (healthy, stopping):
            wait.cancel()
        return begins

    async def _run_held(self, lease: Lease) -> str:
        outcome = await self._work.do(lease)
        if outcome.error is not None:
            return await self._fail(lease.claim, outcome, outcome.error)
        return await self._succeed(lease.claim, outcome)

    async def _succeed(self, claim: Claim, outcome: Outcome) -> str:
        assert outcome.result is not None  # noqa: S101 - there is no error
        text, blob = outcome.result, None
        if len(text) > self._inline_max:
            blob = await self._store.put(text, claim.job.department, claim.job.id)
        ending = Ending(
            JobStatus.succeeded,
            result=None if blob else text.decode(),
            result_blob=blob,
            usage=outcome.usage,
            fast_usage=outcome.fast_usage,
            provenance=outcome.provenance,
        )
        if not await self._end(claim, ending):
            if blob:
                await self._store.delete(blob)
            return "left: no longer ours"
        return "succeeded"

    async def _fail(self, claim: Claim, outcome: Outcome, error: WorkError) -> str:
        tries = claim.tries + (error.retry is Retry.counted)
        if error.retry is Retry.uncounted or (
            error.retry is Retry.counted and tries < self._settings.max_attempts
        ):
            log.warning("job.run_failed", code=error.code, reason=str(error))
            return await self._put_back(
                claim,
                error.code,
                delay_seconds=self._backoff(tries),
                counted=error.retry is Retry.counted,
            )
        ending = Ending(
            JobStatus.failed,
            error=Problem(error.code, str(error)),
            usage=outcome.usage,
            fast_usage=outcome.fast_usage,
            provenance=outcome.provenance,
        )
        await self._end(claim, ending)
        return f"failed: {error.code}"

    async def _put_back(
        self, claim: Claim, code: str, *, delay_seconds: float, counted: bool = False
    ) -> str:
        try:
            stands = await self._ledger.runs.requeue(
                claim, delay_seconds=delay_seconds, counted=counted, code=code
            )
        except ProblemError as error:
            # The lease runs out, and the scheduler takes the job back.
            log.warning("job.put_back_failed", code=code, why=error.problem.code)
            return f"left: {code}"
        log.info("job.put_back", code=code, delay=round(delay_seconds, 1), stands=stands)
        return f"put back: {code}"

    async def _put_back_after_outage(self, claim: Claim) -> str:
        """Cut off from the ledger the work was stopped, but nobody died: say so when it is back."""
        for _ in range(OUTAGE_TRIES):
            if self._stopping.is_set():
                break
            await asyncio.sleep(OUTAGE_EVERY_SECONDS)
            try:
                stands = await self._ledger.runs.requeue(
                    claim, delay_seconds=0, counted=False, code="cut-off"
                )
            except ProblemError:
                continue
            log.info("job.put_back", code="cut-off", stands=stands)
            return "put back: cut off from the ledger"
        return "left: cut off from the ledger"

    async def _end(self, claim: Claim, ending: Ending) -> bool:
        """Store the ending, waiting while the ledger is away; the lease bounds the wait."""
        while True:
            try:
                stands = await self._ledger.runs.finish(claim, ending)
            except ProblemError as error:
                log.warning("job.ending_waits", code=error.problem.code)
                await asyncio.sleep(1)
                continue
            code = ending.error.code if ending.error else None
            log.log(
                logging.INFO if code else _level(claim),
                "job.ended" if stands else "job.ending_refused",
                status=ending.status,
                code=code,
            )
            return stands

    def _backoff(self, tries: int) -> float:
        """Seconds to wait, with jitter: twice as long after each try that counted."""
        longest = min(BACKOFF_MAX_SECONDS, self._settings.retry_base_seconds * 2.0**tries)
        return float(longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
