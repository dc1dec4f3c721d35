"""The pipeline of a run: claim, read the input, run the task, end."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractContextManager

import structlog

from documents.errors import ComputeTooLarge, WorkError
from documents.isolation.compute import Processes, computing_in
from documents.isolation.owner import Owner, working_for
from documents.isolation.running_time import running_time
from jobs.ledger import Ledger
from jobs.model.job import Claim
from jobs.model.lanes import Lane
from jobs.model.problems import ProblemError
from jobs.process.spans import Span, SpanKind
from jobs.process.tracing import next_span
from tasks.errors import JobTimeout, TaskError
from worker.defects import described
from worker.engine.interface import Engines
from worker.run.cascade import Cascade
from worker.run.ending import SUCCEEDED, RunEnding, log_level
from worker.run.inputs import Inputs
from worker.run.isolation import Isolation
from worker.run.leases import Lease, LeaseLost, Leases
from worker.run.outcome import Outcome
from worker.run.task import run_task

HEALTH_WAIT_SECONDS = 20.0
log = structlog.get_logger()


class Runner:
    """Runs jobs concurrently; the failure of one does not affect the others."""

    def __init__(
        self,
        *,
        name: str,
        ledger: Ledger,
        engine: Engines,
        inputs: Inputs,
        cascade: Cascade,
        ending: RunEnding,
        leases: Leases,
        processes: Processes,
        lease_seconds: float,
        timeout_seconds: float,
        result_max_bytes: int,
    ) -> None:
        self._name = name
        self._ledger = ledger
        self._engine = engine
        self._inputs = inputs
        self._cascade = cascade
        self._ending = ending
        self._leases = leases
        self._processes = processes
        self._lease_seconds = lease_seconds
        self._timeout_seconds = timeout_seconds
        self._result_max_bytes = result_max_bytes
        self._isolation = Isolation()
        self._stopping = asyncio.Event()

    @property
    def open(self) -> bool:
        """Whether more jobs may start. Safe to read from another thread."""
        return self._isolation.open and not self._stopping.is_set()

    def stop_claiming(self) -> None:
        """Claim nothing from now on; runs that have their claim continue."""
        self._stopping.set()

    async def run_claimed(self, claim: Claim) -> str:
        """Run a job whose lease this worker has. Returns how it ended, in words."""
        async with self._isolation.shared():
            return await self._run_job(claim)

    async def run_suspect(self, job_id: str) -> None:
        """Wait until no other job runs, then claim the job and run it."""
        log.warning("job.suspect", job_id=job_id)
        async with self._isolation.exclusive():
            # If it is not claimed now, a worker is told of it again.
            if not await self._engine_is_healthy():
                return
            claims = await self._ledger.runs.claim(
                [job_id], self._name, self._lease_seconds, alone=True
            )
            for claim in claims.granted:
                await self._run_job(claim)

    async def _engine_is_healthy(self) -> bool:
        if self._stopping.is_set():
            return False
        if self._engine.health.ok:
            return True
        healthy = asyncio.ensure_future(self._engine.wait_healthy(HEALTH_WAIT_SECONDS))
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((healthy, stopping), return_when=asyncio.FIRST_COMPLETED)
        is_healthy = not stopping.done() and healthy.result()
        for waiter in (healthy, stopping):
            waiter.cancel()
        return is_healthy

    async def _run_job(self, claim: Claim) -> str:
        with _traced(claim) as step:
            ended = await self._run_under_lease(claim)
            if ended != SUCCEEDED:
                step.fail(ended)
            return ended

    async def _run_under_lease(self, claim: Claim) -> str:
        """Read, run the task and end. A run without its lease ends nothing."""
        outcome = Outcome(claim)
        # Until the end of this asyncio task, which runs one job after another.
        structlog.contextvars.bind_contextvars(job_id=claim.job.id, task=claim.job.task)
        log.log(log_level(claim), "job.claimed", attempt=claim.job.attempts)
        try:
            with self._leases.hold(claim) as lease:
                await self._read_and_run_task(lease, outcome)
                return await self._ending.end(outcome)
        except LeaseLost as lost:
            if not lost.cut_off:
                return await self._ending.count_lost(outcome)
            return await self._ending.requeue_after_outage(outcome, self._stopping)
        except asyncio.CancelledError:
            # The worker stops.
            return await self._ending.requeue(outcome, "worker-stopping", delay_seconds=0)
        except ProblemError as error:
            # The operator's fault, such as a full store: it fails no job.
            delay = error.retry_after or self._ending.backoff(0)
            return await self._ending.requeue(outcome, error.problem.code, delay_seconds=delay)

    async def _read_and_run_task(self, lease: Lease, outcome: Outcome) -> None:
        """Set the outcome's result or error. Raises `ProblemError` for faults of the operator."""
        try:
            async with running_time(self._timeout_seconds):
                with working_for(_owner(lease.claim)), computing_in(self._processes):
                    job_input = await self._inputs.read(outcome)
                    result = await run_task(lease, outcome, job_input, self._cascade)
            outcome.result = self._checked(result)
        except TimeoutError:
            outcome.error = JobTimeout(
                f"The job ran longer than {self._timeout_seconds:.0f} s. "
                "Split the document, or raise CHANCERY_JOB_TIMEOUT_SECONDS."
            )
        except WorkError as error:
            outcome.error = error
        except ProblemError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect in a task fails its own job alone
            log.error("job.defect", **described(error))  # noqa: TRY400 - it may quote the document
            outcome.error = TaskError(
                f"The task has a defect ({type(error).__name__}); see the log."
            )
        outcome.seconds = time.monotonic() - outcome.started

    def _checked(self, result: bytes) -> bytes:
        """Raises `ComputeTooLarge` for a result over the limit."""
        if len(result) > self._result_max_bytes:
            raise ComputeTooLarge(
                f"The result has {len(result):,} bytes; the limit is {self._result_max_bytes:,}. "
                "Split the document."
            )
        return result


def _traced(claim: Claim) -> AbstractContextManager[Span]:
    """The step of the job's trace that its run is. Lines of batches are not traced."""
    job = claim.job
    attributes = {
        "chancery.job.id": job.id,
        "chancery.department": job.department,
        "chancery.lane": job.lane.value,
        "chancery.attempt": job.attempts,
    }
    return next_span(f"run {job.task}", SpanKind.consumer, attributes, parent=job.traceparent)


def _owner(claim: Claim) -> Owner:
    return Owner(claim.job.department, urgent=claim.job.lane is Lane.interactive)
