"""Runs of jobs in the ledger: claimed, renewed, ended, put back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobs.ledger.connection import Connection
from jobs.ledger.grouped import Grouped
from jobs.ledger.records import dump, pairs, to_document, to_job
from jobs.ledger.task_use import amounts_of
from jobs.model.job import Claim, Progress, Usage
from jobs.model.problems import Problem
from jobs.model.provenance import Provenance, provenance_record
from jobs.model.states import JobStatus


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. Of `result` (JSON text) and `result_blob` at most one is set.

    `fast_usage` is the fast engine's part of `usage`.
    """

    status: JobStatus
    result: str | None = None
    result_blob: str | None = None
    error: Problem | None = None
    usage: Usage = field(default_factory=Usage)
    provenance: Provenance | None = None
    fast_usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class Held:
    """A job in a worker's hand, as it is renewed."""

    id: str
    token: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Claims:
    """What became of jobs that were claimed. `suspects` may have killed what ran them: they are to
    be claimed again, alone, when the worker has nothing else. The rest is not to be run now.
    """

    granted: Sequence[Claim]
    suspects: Sequence[str]


class RunLedger:
    """What workers do with jobs. A run that no longer holds its job changes nothing.

    Every method raises `ProblemError("unavailable")` while Redis is away.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._finishing = Grouped(self._finish)

    async def claim(
        self, job_ids: Sequence[str], worker: str, lease_seconds: float, *, alone: bool = False
    ) -> Claims:
        """The leases of queued jobs for `worker`, each on its own."""
        nonce, lease_ms = secrets.token_hex(8), round(lease_seconds * 1000)
        answers = await self._connection.run("claim", worker, nonce, lease_ms, int(alone), *job_ids)
        return Claims(
            granted=[_claim(answer) for answer in answers if answer[0] == "claimed"],
            suspects=[
                job_id
                for job_id, answer in zip(job_ids, answers, strict=True)
                if answer[0] == "alone"
            ],
        )

    async def renew(
        self,
        worker: str,
        held: Sequence[Held],
        lease_seconds: float,
        *,
        unknown_after_seconds: float = 5,
    ) -> frozenset[str]:
        """Renew all of a worker's leases and note progress; returns the ids of jobs that it no
        longer holds. What it was given so long ago and does not name goes back.
        """
        unknown_ms = round(unknown_after_seconds * 1000)
        args: list[str | int] = [worker, round(lease_seconds * 1000), unknown_ms]
        for job in held:
            args += [job.id, job.token, job.progress.done, job.progress.total]
        return frozenset(await self._connection.run("renew", *args))

    async def finish(self, claim: Claim, ending: Ending) -> bool:
        """End the job with this run; False where the run no longer holds it."""
        return await self._finishing.ask((claim, ending))

    async def _finish(self, runs: Sequence[tuple[Claim, Ending]]) -> Sequence[bool]:
        args: list[str | int] = []
        for claim, ending in runs:
            args += [claim.job.id, claim.token, ending.status.value, _ending_fields(ending)]
            args.append(dump(_amounts(claim.job.task, ending)))
        return [bool(answer) for answer in await self._connection.run("finish", *args)]

    async def put_back(
        self, claim: Claim, *, delay_seconds: float, counted: bool, code: str
    ) -> bool:
        """Give the job back to be run again after a while; False where it is no longer held."""
        return bool(
            await self._connection.run(
                "put_back",
                claim.job.id,
                claim.token,
                round(delay_seconds * 1000),
                int(counted),
                code,
            )
        )


def _claim(answer: Sequence[Any]) -> Claim:
    record, document = pairs(answer[1]), pairs(answer[2])
    return Claim(
        job=to_job(record),
        token=int(record["token"]),
        tries=int(record["tries"]),
        document=to_document(document) if document else None,
    )


def _ending_fields(ending: Ending) -> str:
    fields: dict[str, Any] = {
        "result": ending.result,
        "result_blob": ending.result_blob,
        "error": dump(ending.error.to_dict()) if ending.error else None,
        "usage": dump(ending.usage),
        "provenance": provenance_record(ending.provenance) if ending.provenance else None,
    }
    return dump([part for pair in fields.items() if pair[1] is not None for part in pair])


def _amounts(task: str, ending: Ending) -> Mapping[str, int]:
    return amounts_of(
        task,
        ending.usage,
        ending.fast_usage,
        ending.provenance,
        succeeded=ending.status is JobStatus.succeeded,
    )
