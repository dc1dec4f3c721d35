"""What a reviewer does: read a result that waits, and approve, correct or reject it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import from_json, to_json

from documents.errors import WorkError
from documents.isolation.compute import compute
from documents.kinds import PLAIN_TEXT
from jobs.approval.cases import CaseSource, CasesView, CaseView, case_of
from jobs.approval.correction import CheckedCorrection, check_correction
from jobs.approval.requests import ApprovalRequest
from jobs.batches.input.input_line import read_lines
from jobs.ledger import Ledger
from jobs.ledger.approvals import CorrectedResult, not_awaiting
from jobs.model.approval import Approval, Decision, Reviewer
from jobs.model.job import Job
from jobs.model.problems import Problem, ProblemError
from jobs.store import Store
from jobs.submit.documents import Documents

_MOST_TEXT_BYTES = 240_000
_DECISIONS = {"approve": Decision.approved, "reject": Decision.rejected}


@dataclass(frozen=True, slots=True)
class Review:
    """What a reviewer needs: the job, the JSON of its result, and what the job worked on."""

    job: Job
    result: bytes
    options: Mapping[str, Any]
    source: CaseSource


class Approvals:
    """Every method raises `ProblemError("not-found")` for a job that the department does not have,
    and the problems of the ledger and the store.
    """

    def __init__(self, ledger: Ledger, store: Store, documents: Documents) -> None:
        self._ledger = ledger
        self._store = store
        self._documents = documents

    async def job(self, department: str, job_id: str) -> Job:
        """The job, whether its result waits or not."""
        job = await self._ledger.jobs.get(department, job_id)
        if job is None:
            raise _no_such_job()
        return job

    async def review(self, department: str, job_id: str) -> Review:
        """A result that waits. Raises `ProblemError`: `not-awaiting-approval`, `file-missing`."""
        return await self._review(await self.job(department, job_id))

    async def decide(
        self, department: str, job_id: str, request: ApprovalRequest, reviewer: Reviewer
    ) -> Job:
        """End the job with the decision. The same decision can be sent again.

        Raises `ProblemError`: `invalid-request` for a correction that does not fit the task, with
        `errors`; `already-decided`, `not-awaiting-approval`, `file-missing`, `storage-full`.
        """
        job = await self.job(department, job_id)
        approval = _approval(request, reviewer)
        earlier = job.provenance.approval if job.provenance else None
        if earlier is not None and _is_same(earlier, approval):
            return job
        corrected = None
        # The ledger refuses the others.
        if job.awaiting_until and request.result is not None:
            approval, corrected = await self._correct(job, approval, request.result)
        try:
            ended = await self._ledger.approvals.decide(
                department, job_id, approval, corrected=corrected, error=_rejection(approval)
            )
        except ProblemError as error:
            # If Redis did not respond it may have stored the decision, which then needs the blobs.
            if corrected is not None and error.problem.code != "unavailable":
                await self._delete(corrected)
            raise
        if ended is None:
            raise _no_such_job()
        if corrected is not None and ended.case_blob != corrected.case_blob:
            await self._delete(corrected)  # the same decision was stored at the same time
        return ended

    async def cases(
        self, department: str, task: str, *, limit: int, cursor: str | None
    ) -> CasesView:
        """The corrections of a task's results as test cases, newest first."""
        page = await self._ledger.approvals.corrected(
            department, task=task, limit=limit, cursor=cursor
        )
        found = [await self._case(job) for job in page.items]
        cases = [case for case in found if case is not None]
        return CasesView(
            task=task,
            cases=cases,
            missing=len(found) - len(cases),
            next_cursor=page.next_cursor,
        )

    async def _review(self, job: Job) -> Review:
        if job.awaiting_until is None or job.held_blob is None:
            raise not_awaiting(job.status.value)
        try:
            result = await self._store.read(job.held_blob)
        except FileNotFoundError as error:
            raise ProblemError(
                "file-missing", "The job's result is missing in the store, or damaged there."
            ) from error
        options, source = await self._source(job)
        return Review(job, result, options, source)

    async def _source(self, job: Job) -> tuple[Mapping[str, Any], CaseSource]:
        """The options and the input, which a line of a batch has in its file."""
        options, document_id = job.options, job.document_id
        if job.line is not None:
            (line,) = await read_lines(self._store, [job.line])
            if line is None or line.request is None:
                return {}, CaseSource()
            options, document_id = line.request.options, line.document_id
            if line.text is not None:
                return options, CaseSource(text=line.text, media_type=PLAIN_TEXT)
        if document_id is None:
            return options, CaseSource()
        document = await self._ledger.documents.get(job.department, document_id)
        if document is None:
            return options, CaseSource(document_id=document_id)
        text = None
        if document.media_type == PLAIN_TEXT and document.bytes <= _MOST_TEXT_BYTES:
            text = await self._text(document.blob)
        return options, CaseSource(
            text=text,
            document_id=document_id,
            filename=document.filename,
            media_type=document.media_type,
        )

    async def _text(self, blob: str) -> str | None:
        """None if the bytes are not UTF-8, or not in the store."""
        try:
            return (await self._store.read(blob)).decode()
        except (UnicodeDecodeError, FileNotFoundError):
            return None

    async def _correct(
        self, job: Job, approval: Approval, result: Mapping[str, Any]
    ) -> tuple[Approval, CorrectedResult | None]:
        """Check and store a correction. None if it changes nothing."""
        review = await self._review(job)
        checked = await self._check(job, review, to_json(result))
        if not checked.changed:
            return approval, None
        approval = _with_changes(approval, checked)
        case = case_of(
            job, review.source, review.options, from_json(checked.result), checked.changed
        )
        case_json, data = case.model_dump_json().encode(), checked.result.encode()
        return approval, CorrectedResult(
            result_blob=await self._store.put(data, job.department, job.id),
            result_bytes=len(data),
            case_blob=await self._store.put(case_json, job.department, job.id),
            case_bytes=len(case_json),
        )

    async def _check(self, job: Job, review: Review, corrected: bytes) -> CheckedCorrection:
        with self._documents.computing(job.department):
            try:
                checked = await compute(
                    check_correction, job.task, to_json(review.options), review.result, corrected
                )
            except WorkError as error:
                raise ProblemError(error.code, str(error)) from error
        if checked.errors:
            raise ProblemError(
                "invalid-request",
                "The corrected result does not fit the task; `errors` lists what to correct.",
                errors=checked.errors,
            )
        return checked

    async def _delete(self, corrected: CorrectedResult) -> None:
        for blob in (corrected.result_blob, corrected.case_blob):
            await self._store.delete(blob)

    async def _case(self, job: Job) -> CaseView | None:
        """The case of a job; None if the case or its document was deleted."""
        try:
            case = CaseView.model_validate_json(await self._store.read(job.case_blob or ""))
        except FileNotFoundError:
            return None
        if case.text is None:
            held = await self._ledger.documents.get(job.department, case.document_id or "")
            return case if held is not None else None
        return case


def _approval(request: ApprovalRequest, reviewer: Reviewer) -> Approval:
    digest = None
    if request.result is not None:
        digest = hashlib.sha256(to_json(request.result)).hexdigest()
    return Approval(
        decision=_DECISIONS[request.decision],
        by=reviewer.name,
        key_id=reviewer.key_id,
        account=reviewer.account,
        reason=request.reason,
        correction_sha256=digest,
    )


def _is_same(earlier: Approval, approval: Approval) -> bool:
    """Whether a decision was sent before. What it changed was known only after its check."""
    return approval == replace(earlier, at=None, changed=(), not_listed=0)


def _with_changes(approval: Approval, checked: CheckedCorrection) -> Approval:
    return replace(approval, changed=checked.changed, not_listed=checked.not_listed)


def _rejection(approval: Approval) -> Problem | None:
    if approval.decision is Decision.approved:
        return None
    return Problem("rejected", f"{approval.by} rejected the result: {approval.reason}")


def _no_such_job() -> ProblemError:
    return ProblemError(
        "not-found", "The department has no such job, or its retention period is over."
    )
