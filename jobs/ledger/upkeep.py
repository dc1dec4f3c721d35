"""What the clerk has the ledger do: move what is due, release bulk jobs, forget what is old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.ledger.connection import PREFIX, Connection
from jobs.store import Blob

_MOVES = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """How many were moved: scheduled jobs that came due, jobs taken back from runs whose lease ran
    out, jobs past their deadline, lost messages sent again, callbacks sent.
    """

    scheduled: int
    abandoned: int
    expired: int
    sent_again: int
    callbacks: int


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

    async def release(self, depth: int) -> int:
        """Release waiting bulk jobs until `depth` are in Celery; returns how many."""
        return int(await self._connection.run("release", depth, _MOVES))

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
