"""The estimated end of jobs that were submitted together, without being a batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from jobs.batches.batch import LineUrl, NewBatch
from jobs.batches.estimate import Estimate
from jobs.batches.eta.eta import BatchEta
from jobs.batches.eta.token_estimate import TokenEstimate
from jobs.model.job import Job
from jobs.model.states import ENDINGS

# Later than every deadline: such jobs are the last of their department.
_NO_DEADLINE = timedelta(days=366)


class GroupEta:
    """Estimates as for a batch of the jobs that have not ended."""

    def __init__(self, eta: BatchEta, tokens: TokenEstimate) -> None:
        self._eta = eta
        self._tokens = tokens

    async def of(self, jobs: Sequence[Job]) -> Estimate | None:
        """When the last of the jobs ends, which are of one department, task and lane; None if all
        have ended.
        """
        waiting = [job for job in jobs if job.status not in ENDINGS]
        if not waiting:
            return None
        first, now = waiting[0], datetime.now(UTC)
        ids = [job.document_id for job in waiting if job.document_id]
        return await self._eta.of_new(
            NewBatch(
                id="",
                callback_id=None,
                department=first.department,
                endpoint=LineUrl.jobs.value,
                lane=first.lane,
                input_file_id="",
                input_bytes=0,
                completion_window="",
                deadline=now + _NO_DEADLINE,
                created_at=now,
                tokens=await self._tokens.of_documents(first.department, first.task, ids),
            )
        )
