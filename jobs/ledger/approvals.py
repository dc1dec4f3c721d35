"""Results that wait for a person: list them, store decisions, list corrections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.ledger.page import Order, Page, check_cursor, read_ids
from jobs.ledger.records import dump, pairs
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.ledger.unreadable import read_job
from jobs.model.approval import Approval, Decision, approval_record
from jobs.model.ids import is_job_id
from jobs.model.job import Job
from jobs.model.problems import Problem, ProblemError
from jobs.model.states import JobStatus, JobSubstatus

_SCAN_PAGES = 20


@dataclass(frozen=True, slots=True)
class CorrectedResult:
    """The names of the blobs of a corrected result and of its test case, with their sizes."""

    result_blob: str
    result_bytes: int
    case_blob: str
    case_bytes: int


class ApprovalLedger:
    """Every method raises `ProblemError("unavailable")` while Redis cannot be reached."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def waiting(
        self, department: str, *, task: str | None, limit: int, cursor: str | None
    ) -> Page[Job]:
        """A page of the jobs whose results wait, oldest first.

        With `task`, a page may be shorter than `limit` and still have a next one. Raises
        `ProblemError("invalid-request")` for a cursor of another form.
        """
        index = f"{PREFIX}jobs:{department}:{JobSubstatus.awaiting_approval}"
        return await self._list(index, Order.asc, task, limit, cursor)

    async def corrected(
        self, department: str, *, task: str | None, limit: int, cursor: str | None
    ) -> Page[Job]:
        """A page of the ended jobs whose results were corrected, newest first. See `waiting`."""
        return await self._list(f"{PREFIX}corrected:{department}", Order.desc, task, limit, cursor)

    async def count_waiting(self, department: str) -> int:
        redis = self._connection.redis
        index = f"{PREFIX}jobs:{department}:{JobSubstatus.awaiting_approval}"
        return int(await self._connection.ask(redis.zcard(index)))

    async def decide(
        self,
        department: str,
        job_id: str,
        approval: Approval,
        *,
        corrected: CorrectedResult | None = None,
        error: Problem | None = None,
    ) -> Job | None:
        """End a job with a decision; `error` is that of a rejection. None: no such job.

        The same decision can be sent again. The ledger sets the time of the decision. Raises
        `ProblemError`: `already-decided`, `not-awaiting-approval`.
        """
        if not is_job_id(job_id):
            return None
        approved = approval.decision is Decision.approved
        fields: Mapping[str, str | None] = _corrected_fields(corrected) | {
            "error": dump(error.to_dict()) if error else None
        }
        answer = await self._connection.run(
            "jobs/decide",
            department,
            job_id,
            approval_record(approval),
            (JobStatus.succeeded if approved else JobStatus.failed).value,
            dump([part for pair in fields.items() if pair[1] is not None for part in pair]),
        )
        match answer:
            case ["decided", record]:
                return read_job(pairs(record))
            case ["conflict", record]:
                raise _already_decided(read_job(pairs(record)))
            case ["closed", status]:
                raise not_awaiting(status)
        return None

    async def _list(
        self, index: str, order: Order, task: str | None, limit: int, cursor: str | None
    ) -> Page[Job]:
        check_cursor(cursor, is_job_id, "jobs")
        matches: list[Job] = []
        for _ in range(_SCAN_PAGES):
            ids = await read_ids(self._connection, index, after=cursor, count=limit, order=order)
            pipeline = self._connection.redis.pipeline(transaction=False)
            for job_id in ids:
                pipeline.hgetall(f"{PREFIX}job:{job_id}")
            records = await self._connection.ask(pipeline.execute())
            for job_id, record in zip(ids, records, strict=True):
                cursor = job_id
                if record and task in (None, record.get("task")):
                    matches.append(read_job({**record, "id": job_id}))
                if len(matches) == limit:
                    return Page(matches, cursor)
            if len(ids) < limit:
                return Page(matches, None)
        return Page(matches, cursor)


def not_awaiting(status: str) -> ProblemError:
    return ProblemError(
        "not-awaiting-approval", f"The job is {status}; its result does not wait for approval."
    )


def _already_decided(job: Job) -> ProblemError:
    approval = job.provenance.approval if job.provenance else None
    if approval is None or approval.at is None:
        return ProblemError("already-decided", "Another decision was stored before.")
    at = approval.at.isoformat(timespec="seconds")
    return ProblemError(
        "already-decided", f"{approval.by} has {approval.decision.value} the result at {at}."
    )


def _corrected_fields(corrected: CorrectedResult | None) -> dict[str, str | None]:
    if corrected is None:
        return {}
    return {
        "result_blob": corrected.result_blob,
        "result_bytes": str(corrected.result_bytes),
        "case_blob": corrected.case_blob,
        "case_bytes": str(corrected.case_bytes),
    }
