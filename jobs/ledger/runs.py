"""Runs of jobs: claim them, renew their leases, end them, queue them again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import partial
from typing import Any

from jobs.ledger.coalescer import Coalescer
from jobs.ledger.document_records import to_document
from jobs.ledger.job_records import provenance_record, to_job, usage_record
from jobs.ledger.records import Record, dump, pairs
from jobs.ledger.server.connection import Connection
from jobs.ledger.task_use import ending_amounts, run_amounts
from jobs.ledger.unreadable import PROBLEM, readable
from jobs.model.ids import new_job_id
from jobs.model.job import Claim, InputLine, Job, Progress, RunUsage, Usage
from jobs.model.lanes import Lane, expected_ms
from jobs.model.problems import Problem
from jobs.model.provenance import Provenance
from jobs.model.roles import Role
from jobs.model.states import JobStatus

UNUSED = RunUsage()
# The time between two calls that end lines of bulk batches.
LINES_SECONDS, FEW_LINES_SECONDS = 0.025, 0.1


class Finish(IntEnum):
    """What `finish` did: only `refused` is false."""

    refused = 0  # the run has lost its lease
    ended = 1
    held = 2  # the result waits for approval
    unstored = 3  # it is to wait, but is not in the store; nothing was changed


@dataclass(frozen=True, slots=True)
class Ending:
    """The outcome of a run. At most one of `result` (JSON text) and `result_blob` is set.

    `result_bytes` is the size of that blob. `fast_usage` is the fast engine's part of `usage`;
    `models` are the engines' models. `pages`: of the document, 0 if its format has none.
    `confidence` is that of the whole result, if its task gives one.
    """

    status: JobStatus
    result: str | None = None
    result_blob: str | None = None
    result_bytes: int = 0
    error: Problem | None = None
    usage: Usage = field(default_factory=Usage)
    provenance: Provenance | None = None
    fast_usage: Usage = field(default_factory=Usage)
    models: Mapping[Role, str] = field(default_factory=dict)
    pages: int = 0
    confidence: float | None = None

    @property
    def used(self) -> RunUsage:
        return RunUsage(self.usage, self.fast_usage, self.models)


@dataclass(frozen=True, slots=True)
class LeaseRenewal:
    """One lease to renew, with the progress of its run."""

    id: str
    token: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Room:
    """The most jobs in one claim; -1: the worker does not run that lane. `lines`: of interactive
    batches, which are part of `interactive`. `spare`: bulk jobs of departments other than
    `without_spare`, which are claimed even if `bulk` is 0.

    `unwritten`: the most ended lines of one batch that wait to be written to its files.
    """

    interactive: int
    lines: int = 0
    bulk: int = -1
    unwritten: int = 5_000
    spare: int = 0
    without_spare: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self.spare > 0 or any(map(self.has, Lane))

    def has(self, lane: Lane) -> bool:
        """Whether there is room for jobs of any department."""
        return (self.bulk if lane is Lane.bulk else self.interactive) > 0


@dataclass(frozen=True, slots=True)
class Claims:
    """The answer to a claim of certain jobs. `suspects` may have killed the worker or engine that
    ran them: claim them again with `alone`, when the worker runs nothing else. Other jobs were
    refused.
    """

    granted: Sequence[Claim]
    suspects: Sequence[str]


@dataclass(frozen=True, slots=True)
class WaitingClaims:
    """The answer to a claim of waiting jobs. `more`: others wait that may be claimed.

    `suspect`: a job that this worker is to claim with `alone`, when it runs nothing else.
    """

    granted: Sequence[Claim]
    suspect: str | None
    more: bool


@dataclass(frozen=True, slots=True)
class _Requeue:
    claim: Claim
    delay_seconds: float
    counted: bool
    code: str
    used: RunUsage


class RunLedger:
    """The workers' commands to the ledger. A run that lost its lease changes nothing.

    Every method raises `ProblemError("unavailable")` while Redis cannot be reached.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._finishing = Coalescer(self._finish)
        self._requeueing = Coalescer(self._requeue)

    async def claim(
        self, job_ids: Sequence[str], worker: str, lease_seconds: float, *, alone: bool = False
    ) -> Claims:
        """Claim the leases of certain queued jobs for `worker`, each independently of the others.

        `alone`: the worker runs nothing else.
        """
        nonce, lease_ms = secrets.token_hex(8), round(lease_seconds * 1000)
        answers = await self._connection.run(
            "jobs/claim", worker, nonce, lease_ms, int(alone), *job_ids
        )
        return Claims(
            granted=await self._readable([one for one in answers if one[0] == "claimed"]),
            suspects=[
                job_id
                for job_id, answer in zip(job_ids, answers, strict=True)
                if answer[0] == "alone"
            ],
        )

    async def claim_waiting(
        self,
        worker: str,
        lease_seconds: float,
        room: Room,
        *,
        woken: bool = False,
        again_seconds: float = 0.0,
    ) -> WaitingClaims:
        """Claim jobs that wait, within `room`: departments share by turns.

        `woken`: a wake-up led to this claim. `again_seconds`, if not 0: if it gets jobs and has
        room for more, the worker claims again within this time, so that no wake-up is needed until
        then. One call at a time for each worker.
        """
        more, suspect, *granted = await self._connection.run(
            "jobs/claim_waiting",
            worker,
            secrets.token_hex(8),
            round(lease_seconds * 1000),
            int(woken),
            room.interactive,
            room.lines,
            room.bulk,
            room.unwritten,
            new_job_id(),
            expected_ms(again_seconds),
            room.spare,
            *sorted(room.without_spare),
        )
        return WaitingClaims(await self._readable(granted), suspect or None, bool(more))

    async def _readable(self, granted: Sequence[Sequence[Any]]) -> Sequence[Claim]:
        """Those claims whose records can be read; the jobs of the others are ended."""
        claims, unreadable = list[Claim](), list[Record]()
        for answer in granted:
            if answer[0] == "lines":
                shared, lines = pairs(answer[1]), list(zip(*[iter(answer[2])] * 5, strict=True))
                of_lines = readable(
                    "batch", shared["batch_id"], partial(_line_claims, shared, lines)
                )
                claims += of_lines or ()
                if of_lines is None:
                    unreadable += [{"id": id_, "token": shared["token"]} for id_, *_ in lines]
                continue
            record = pairs(answer[1])
            claim = readable("job", record["id"], partial(_claim, record, answer[2]))
            if claim is None:
                unreadable.append(record)
            else:
                claims.append(claim)
        await self._fail_unreadable(unreadable)
        return claims

    async def _fail_unreadable(self, records: Sequence[Record]) -> None:
        """End claimed jobs whose records cannot be read."""
        args: list[str | int] = []
        for record in records:
            args += [record["id"], record["token"], JobStatus.failed.value, "{}"]
            args += [2, "error", dump(PROBLEM.to_dict())]
        if args:
            await self._connection.run("jobs/finish", *args)

    async def renew(
        self,
        worker: str,
        leases: Sequence[LeaseRenewal],
        lease_seconds: float,
        *,
        unknown_after_seconds: float = 5,
    ) -> frozenset[str]:
        """Renew all leases of a worker and store its jobs' progress.

        Returns the ids of jobs whose lease it has lost. Jobs that it claimed more than
        `unknown_after_seconds` ago and does not name are queued again.
        """
        unknown_ms = round(unknown_after_seconds * 1000)
        args: list[str | int] = [worker, round(lease_seconds * 1000), unknown_ms]
        for lease in leases:
            args += [lease.id, lease.token, lease.progress.done, lease.progress.total]
        return frozenset(await self._connection.run("jobs/renew", *args))

    async def finish(self, claim: Claim, ending: Ending, *, may_wait: bool = False) -> Finish:
        """End the job with this run's outcome, or hold its result for approval.

        Lines of bulk batches share calls: one for many costs little more than one for one.
        `may_wait`: such a line waits longer for others while there are few.
        """
        job = claim.job
        is_bulk_line = job.batch_id is not None and job.lane is Lane.bulk
        if is_bulk_line:
            few = FEW_LINES_SECONDS if may_wait else LINES_SECONDS
            return await self._finishing.ask((claim, ending), LINES_SECONDS, few)
        return await self._finishing.ask((claim, ending))

    async def _finish(self, runs: Sequence[tuple[Claim, Ending]]) -> Sequence[Finish]:
        args: list[str | int] = []
        for claim, ending in runs:
            fields = _ending_fields(claim.job, ending)
            args += [claim.job.id, claim.token, ending.status.value]
            args += [dump(_amounts(claim.job.task, ending)), len(fields), *fields]
        return [Finish(answer) for answer in await self._connection.run("jobs/finish", *args)]

    async def requeue(
        self,
        claim: Claim,
        *,
        delay_seconds: float,
        counted: bool,
        code: str,
        used: RunUsage = UNUSED,
    ) -> bool:
        """Have the job run again after a delay, for the reason `code`. `counted`: as another try.

        False: the run has lost its lease. Its usage is counted if the job was cancelled or expired
        meanwhile. Calls that are made together share a step.
        """
        return await self._requeueing.ask(_Requeue(claim, delay_seconds, counted, code, used))

    async def _requeue(self, requeues: Sequence[_Requeue]) -> Sequence[bool]:
        args: list[str | int] = []
        for each in requeues:
            args += [each.claim.job.id, each.claim.token, round(each.delay_seconds * 1000)]
            args += [int(each.counted), each.code]
            args.append(dump(run_amounts(each.claim.job.task, each.used)))
        return [bool(answer) for answer in await self._connection.run("jobs/requeue", *args)]


def _claim(record: Record, flat_document: Sequence[str]) -> Claim:
    document, job = pairs(flat_document), to_job(record)
    return Claim(
        job=job,
        token=int(record["token"]),
        tries=int(record["tries"]),
        document=to_document(job.department, job.document_id, document)
        if document and job.document_id
        else None,
    )


def _line_claims(shared: Record, lines: Sequence[Sequence[Any]]) -> Sequence[Claim]:
    """The first claims of lines of a batch, whose records differ only in `lines`."""
    job, token = to_job({**shared, "id": "", "task": ""}), int(shared["token"])
    return [
        Claim(
            replace(job, id=id_, task=task, line=InputLine(shared["blob"], number, offset, length)),
            token,
            tries=0,
            document=None,
        )
        for id_, task, offset, length, number in lines
    ]


def _ending_fields(job: Job, ending: Ending) -> Sequence[str]:
    """The fields of the job's record, as a flat list."""
    record: dict[str, str | None] = {
        "result": ending.result,
        "result_blob": ending.result_blob,
        "result_bytes": str(ending.result_bytes) if ending.result_blob else None,
        "error": dump(ending.error.to_dict()) if ending.error else None,
        "usage": usage_record(ending.usage),
        "provenance": provenance_record(job, ending.provenance) if ending.provenance else None,
        "confidence": None if ending.confidence is None else str(ending.confidence),
    }
    return [
        part for pair in record.items() for part in pair if part is not None and pair[1] is not None
    ]


def _amounts(task: str, ending: Ending) -> Mapping[str, int]:
    return ending_amounts(
        task,
        ending.used,
        ending.provenance,
        ending.pages,
        succeeded=ending.status is JobStatus.succeeded,
    )
