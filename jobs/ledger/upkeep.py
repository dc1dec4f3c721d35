"""What the scheduler has the ledger do: move what is due, release bulk jobs, forget what is old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.ledger.connection import PREFIX, Connection
from jobs.ledger.records import dump
from jobs.model.ids import new_job_id
from jobs.store import Blob

_MOVES = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """How many were moved: scheduled jobs that came due, jobs taken back from runs whose lease ran
    out, jobs past their deadline, lost messages sent again, callbacks sent, jobs that ended with
    their batch.
    """

    scheduled: int
    abandoned: int
    expired: int
    sent_again: int
    callbacks: int
    closed: int


@dataclass(frozen=True, slots=True)
class Release:
    """How much may be released now, and of what not. `depth`: bulk jobs in Celery and running, at
    most. `chunk`: lines in one message, at most. `unwritten`: ended lines of one batch that may
    wait to be written. Bulk work of batches in `closed_batches` waits, and so does that of
    departments in `closed`, but for `idle_depth` jobs in all, once nobody else's waits.
    """

    depth: int
    chunk: int = 32
    unwritten: int = 5_000
    idle_depth: int = 0
    closed: frozenset[str] = frozenset()
    closed_batches: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Released:
    """How many were released; whether more waits that may be released; how many bulk jobs were in
    Celery and running before.
    """

    released: int
    more: bool
    in_hand: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """`blobs` are to be deleted from the store."""

    blobs: Sequence[str]
    jobs: int
    documents: int
    files: int


class UpkeepLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def sweep(self, lost_after_seconds: float = 5, *, take_leases: bool = True) -> Swept:
        """Move what is due. A message unclaimed for `lost_after_seconds`, while its queue is empty
        or later ones were claimed, was lost and is sent again. Without `take_leases`, leases that
        ran out stand a while longer.
        """
        lost_ms = round(lost_after_seconds * 1000)
        return Swept(*await self._connection.run("sweep", _MOVES, lost_ms, int(take_leases)))

    async def release(self, release: Release) -> Released:
        """Release what waits."""
        released, more, in_hand = await self._connection.run(
            "release",
            release.depth,
            release.chunk,
            dump(dict.fromkeys(release.closed, True)),
            dump(dict.fromkeys(release.closed_batches, True)),
            release.unwritten,
            release.idle_depth,
            *(new_job_id() for _ in range(min(release.depth, _MOVES))),
        )
        return Released(released, bool(more), in_hand)

    async def unreferenced(self, blobs: Sequence[Blob]) -> Sequence[Blob]:
        """Those of `blobs` that neither a document, nor a job's result, nor a file refers to."""
        pipeline = self._connection.redis.pipeline(transaction=False)
        for blob in blobs:
            pipeline.hget(f"{PREFIX}document:{blob.department}:{blob.owner}", "blob")
            pipeline.hget(f"{PREFIX}job:{blob.owner}", "result_blob")
            pipeline.lpos(f"{PREFIX}blobs:{blob.owner}", blob.name)
        answers = await self._connection.ask(pipeline.execute())
        found = zip(blobs, answers[::3], answers[1::3], answers[2::3], strict=True)
        return [
            blob
            for blob, of_document, of_job, place_in_file in found
            if blob.name not in (of_document, of_job) and place_in_file is None
        ]

    async def forget(self) -> Forgotten:
        """Remove ended jobs, unused documents and unused files that were kept long enough."""
        return Forgotten(*await self._connection.run("forget", _MOVES))
