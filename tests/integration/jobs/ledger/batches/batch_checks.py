"""What is always so of the batches in a ledger, whatever happened to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.batches.batch import BATCH_ENDINGS, Batch, BatchStatus
from jobs.model.states import JobSubstatus
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.kept import check_kept
from tests.integration.jobs.ledger.machine import OnLedger

P = "chancery:"
PLACES = ("scheduled", "ready:tax", "waiting:tax", "suspects", "running", "awaiting")
WAITS_IN = {"interactive": "ready:tax", "bulk": "waiting:tax"}
Line = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """A batch as it stands: its record, and its lines by where they are."""

    batch: Batch
    open: dict[int, dict[str, str]]
    outcomes: dict[int, dict[str, str]]
    good: list[int]
    bad: list[int]

    @property
    def unreleased(self) -> Iterator[int]:
        return iter(range(self.batch.released + 1, self.batch.indexed + 1))

    @property
    def over(self) -> bool:
        return self.batch.status in BATCH_ENDINGS


Looks = Sequence[Seen]


class BatchChecks(OnLedger):
    """Looks at the batches of a machine. Rules add to `ids`, `ended` and `events`."""

    def __init__(self) -> None:
        super().__init__()
        self.driver = BatchDriver(self.ledger, self.redis)
        self.ids: list[str] = []
        self.ended: dict[Line, tuple[int, bool]] = {}  # by which run, and whether it succeeded
        self.events: set[str] = set()

    def check_all(self) -> None:
        """Fails if the places, counts or events of any batch disagree."""
        looks = [self.look(batch_id) for batch_id in self.ids]
        self._each_line_is_in_one_place_and_its_outcome_is_written_once(looks)
        self._counts_agree(looks)
        self._each_open_line_is_where_its_status_says(looks)
        self._every_end_has_one_event(looks)
        check_kept(self.driver.redis)

    def _each_line_is_in_one_place_and_its_outcome_is_written_once(self, looks: Looks) -> None:
        for seen in looks:
            batch = seen.batch
            refused = batch.total - batch.indexed
            places = [*seen.unreleased, *seen.open, *seen.outcomes, *seen.good, *seen.bad]
            assert sorted(places) == [*range(1, batch.indexed + refused + 1)]
            assert batch.flushed == len(seen.good) + len(seen.bad) - refused
            for line, (_, succeeded) in self._ended(batch):
                written = seen.good if succeeded else seen.bad
                kept = seen.outcomes.get(line, {}).get("status")
                assert line in written or kept == ("succeeded" if succeeded else "failed")

    def _counts_agree(self, looks: Looks) -> None:
        for seen in looks:
            batch = seen.batch
            kept = [job["status"] == "succeeded" for job in seen.outcomes.values()]
            assert batch.completed == len(seen.good) + sum(kept)
            assert batch.failed == len(seen.bad) + len(kept) - sum(kept)
        waiting = sum(
            len(list(seen.unreleased)) + self._unread(seen.batch)
            for seen in looks
            if not seen.over and not seen.batch.closing
        )
        assert int(self.redis.get(f"{P}waiting-lines:tax") or 0) == waiting
        assert int(self.redis.get(f"{P}open-lines:tax") or 0) == sum(
            len(seen.open) for seen in looks
        )

    def _unread(self, batch: Batch) -> int:
        """Until its file is read, a batch has as many lines waiting as the file says."""
        if batch.status is not BatchStatus.validating:
            return 0
        return int(self.redis.hget(f"{P}batch:{batch.id}", "lines") or 0)

    def _each_open_line_is_where_its_status_says(self, looks: Looks) -> None:
        places: dict[str, list[str]] = {}
        for name in PLACES:
            ids: Any = self.redis.zrange(f"{P}{name}", 0, -1)
            for job_id in ids:
                places.setdefault(job_id, []).append(name)
        for seen in looks:
            for job in seen.open.values():
                (place,) = places.pop(job["id"])
                allowed = {
                    "scheduled": {"scheduled"},
                    "running": {"running"},
                    JobSubstatus.awaiting_approval: {"awaiting"},
                    "queued": {WAITS_IN[job["lane"]], "suspects"},
                }
                assert place in allowed[job["status"]]
            if places.pop(seen.batch.id, None):
                assert next(seen.unreleased, None) is not None
        assert places == {}

    def _every_end_has_one_event(self, looks: Looks) -> None:
        ended = {
            str(seen.batch.callback_id): seen.batch.status
            for seen in looks
            if seen.over and seen.batch.callback_id
        }
        assert set(self.redis.zrange(f"{P}callbacks:tax", 0, -1)) == {*ended, *self.events}
        for callback_id, status in ended.items():
            assert self.redis.hget(f"{P}callback:{callback_id}", "type") == f"batch.{status}"
        endings: Any = self.redis.hvals(f"{P}batch-endings")
        assert sum(map(int, endings)) == sum(seen.over for seen in looks)

    def look(self, batch_id: str) -> Seen:
        batch = self.batch(batch_id)
        pipeline = self.redis.pipeline(transaction=False)
        pipeline.smembers(f"{P}open:{batch_id}")
        pipeline.lrange(f"{P}outcomes:{batch_id}", 0, -1)
        for file_id in (batch.output_file_id, batch.error_file_id):
            pipeline.lrange(f"{P}blobs:{file_id}", 0, -1)
        open_, outcomes, *files = pipeline.execute()
        good, bad = (
            [line for blob in blobs for line in self.driver.written[blob]] for blobs in files
        )
        return Seen(batch, self._by_line(open_), self._by_line(outcomes), good, bad)

    def _by_line(self, ids: Any) -> dict[int, dict[str, str]]:
        pipeline = self.redis.pipeline(transaction=False)
        for job_id in ids:
            pipeline.hgetall(f"{P}job:{job_id}")
        records = [
            {**record, "id": job_id} for job_id, record in zip(ids, pipeline.execute(), strict=True)
        ]
        found = {int(job["line"]): job for job in records}
        assert len(found) == len(ids)
        return found

    def batch(self, batch_id: str) -> Batch:
        found = self.do(self.ledger.batches.get("tax", batch_id))
        assert found is not None
        return found

    def _ended(self, batch: Batch) -> list[tuple[int, tuple[int, bool]]]:
        return [(line, how) for (id_, line), how in self.ended.items() if id_ == batch.id]

    def being_read(self) -> list[str]:
        ids: Any = self.redis.zrange(f"{P}indexing", 0, -1)
        return list(ids)
