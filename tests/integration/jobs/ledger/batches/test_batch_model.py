"""Batches in the ledger, whatever workers, departments and two schedulers do, in any order: each
line is in one place, its outcome is written once, and the counts agree.

At the end of each story everything is let go, and every batch has to end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from jobs.batches.batch import BATCH_ENDINGS, Batch, BatchStatus, FlushResult, Indexing
from jobs.ledger.runs import Ending, Finish, Room
from jobs.ledger.upkeep import Windows
from jobs.model.approval import Approval, ApprovalPolicy, Decision
from jobs.model.job import Claim
from jobs.model.lanes import Lane
from jobs.model.problems import Problem, ProblemError
from jobs.model.states import JobStatus, JobSubstatus
from tests.integration.jobs.ledger.batch_kit import SUCCEEDED, URL, BatchDriver
from tests.integration.jobs.ledger.kept import check_kept
from tests.integration.jobs.ledger.machine import OnLedger, run_machine

P = "chancery:"
LONG, OVER = 600.0, 0.0
WORKERS = ("w1", "w2")
MOST_BATCHES = 3
MOST_LINES = 8
EARLIEST_END = 20  # steps before a batch is cancelled, so that some lines run
LINES = st.lists(
    st.sampled_from(["summarize", "summarize", "extract"]), min_size=1, max_size=MOST_LINES
)
LEASES = st.sampled_from([LONG, LONG, OVER])
FAILED = Ending(JobStatus.failed, error=Problem("output-invalid", "x"))
PLACES = ("scheduled", "ready:tax", "waiting:tax", "suspects", "running", "awaiting")
# Results of this task wait for a person.
APPROVED_TASK = "extract"
IN_STORE = Ending(JobStatus.succeeded, result_blob="tax/aa/blob", result_bytes=3)
WAITS_IN = {"interactive": "ready:tax", "bulk": "waiting:tax"}
UNWRITTEN = 3
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


class BatchMachine(OnLedger):
    batches: Bundle[str] = Bundle("batches")
    indexings: Bundle[Indexing] = Bundle("indexings")
    runs: Bundle[Claim] = Bundle("runs")
    flushes: Bundle[FlushResult] = Bundle("flushes")

    def __init__(self) -> None:
        super().__init__()
        self.driver = BatchDriver(self.ledger, self.redis)
        self.steps = 0
        self.ids: list[str] = []
        self.tokens: dict[str, int] = {}
        self.ended: dict[Line, tuple[int, bool]] = {}  # by which run, and whether it succeeded
        self.events: set[str] = set()
        self.noted: list[FlushResult] = []
        self.held: dict[str, Line] = {}  # lines whose results wait, by job

    def teardown(self) -> None:
        try:
            self.let_everything_go()
        finally:
            super().teardown()

    # What departments and operators do.

    @initialize(target=batches, lines=LINES)
    def begins(self, lines: list[str]) -> str:
        self.do(self.ledger.departments.create("tax"))
        policy = ApprovalPolicy({APPROVED_TASK: None}, timedelta(hours=1))
        assert self.do(self.ledger.departments.set_approval("tax", policy))
        return self._submit(Lane.bulk, lines, refused=1, called_back=True)

    @precondition(lambda self: len(self.ids) < MOST_BATCHES)
    @rule(
        target=batches,
        lane=st.sampled_from([Lane.bulk, Lane.bulk, Lane.interactive]),
        lines=st.one_of(st.none(), LINES),
        refused=st.integers(0, 2),
        called_back=st.booleans(),
    )
    def submit(
        self, lane: Lane, lines: list[str] | None, refused: int, *, called_back: bool
    ) -> str:
        return self._submit(lane, lines, refused=refused, called_back=called_back)

    def _submit(
        self, lane: Lane, lines: list[str] | None, *, refused: int, called_back: bool
    ) -> str:
        """A batch that is read at once, where `lines` are given."""
        url: dict[str, Any] = {"callback_url": URL} if called_back else {}
        batch = self.do(self.driver.submit(lane=lane, lines=MOST_LINES, **url))
        self.ids.append(batch.id)
        if lines is not None:
            indexing = self.do(self.ledger.batches.claim_indexing())
            assert indexing is not None
            self.begin(indexing, lines, refused)
        return batch.id

    @precondition(lambda self: self.steps > EARLIEST_END)
    @rule(batch_id=batches, deadline=st.booleans())
    def close(self, batch_id: str, *, deadline: bool) -> None:
        if not deadline:
            assert self.do(self.ledger.batches.cancel("tax", batch_id)) is not None
        elif self.redis.zscore(f"{P}batch-deadlines", batch_id) is not None:
            ago = datetime.now(UTC) - timedelta(seconds=1)
            self.redis.zadd(f"{P}batch-deadlines", {batch_id: ago.timestamp() * 1000})

    @rule(run=runs)
    def cancel_a_line(self, run: Claim) -> None:
        self.do(self.ledger.jobs.cancel("tax", run.job.id))

    @rule(lane=st.sampled_from([None, *Lane]), paused=st.sampled_from([False, False, True]))
    def pause(self, lane: Lane | None, *, paused: bool) -> None:
        pauses = self.ledger.pauses
        self.do(pauses.pause("tax", lane) if paused else pauses.resume("tax", lane))

    # What workers do.

    @rule(
        target=runs,
        interactive=st.integers(0, 4),
        lines=st.integers(0, 3),
        bulk=st.integers(0, 6),
        worker=st.sampled_from(WORKERS),
        lease=LEASES,
    )
    def claim(
        self, interactive: int, lines: int, bulk: int, worker: str, lease: float
    ) -> MultipleResults[Claim]:
        room = Room(interactive, min(interactive, lines), bulk, UNWRITTEN)
        return multiple(*self._claim(room, worker, lease))

    def _claim(self, room: Room, worker: str, lease: float) -> Sequence[Claim]:
        claims = self.do(self.ledger.runs.claim_waiting(worker, lease, room))
        bulk = sum(claim.job.lane is Lane.bulk for claim in claims.granted)
        assert bulk <= room.bulk
        assert len(claims.granted) - bulk <= room.interactive
        lines = sum(
            claim.job.lane is Lane.interactive and claim.token == 1 for claim in claims.granted
        )
        assert lines <= room.lines
        granted = [*claims.granted]
        if claims.suspect:
            alone = self.ledger.runs.claim([claims.suspect], worker, lease, alone=True)
            granted += self.do(alone).granted
        for claim in granted:
            assert claim.token > self.tokens.get(claim.job.id, 0)
            self.tokens[claim.job.id] = claim.token
        return granted

    @rule(
        target=runs,
        room=st.integers(1, 8),
        worker=st.sampled_from(WORKERS),
        lease=LEASES,
        endings=st.lists(st.sampled_from([SUCCEEDED, SUCCEEDED, FAILED]), max_size=3),
    )
    def work(
        self, room: int, worker: str, lease: float, endings: list[Ending]
    ) -> MultipleResults[Claim]:
        """What happens most of the time: lines are claimed, and some of them end."""
        self.set_windows(closed=False)
        runs = self._claim(Room(room, room, room, UNWRITTEN), worker, lease)
        for run, ending in zip(runs, endings, strict=False):
            self.finish(run, ending)
        return multiple(*runs)

    @rule(lane=st.sampled_from(Lane))
    def lose_messages(self, lane: Lane) -> None:
        self.redis.delete(lane.value)

    @rule(run=runs, ending=st.sampled_from([SUCCEEDED, SUCCEEDED, FAILED]))
    def finish(self, run: Claim, ending: Ending) -> None:
        stands = self.do(self.ledger.runs.finish(run, ending))
        assert run.job.batch_id is not None
        assert run.job.line is not None
        line, good = (run.job.batch_id, run.job.line.number), ending.status is JobStatus.succeeded
        if stands is Finish.unstored:
            assert run.job.task == APPROVED_TASK
            stands = self.do(self.ledger.runs.finish(run, IN_STORE))
            assert stands is Finish.held
        if stands is Finish.held:
            self.held[run.job.id] = line
        elif stands:
            # Only the run that ended the line may say so again.
            assert self.ended.setdefault(line, (run.token, good))[0] == run.token

    @rule(run=runs, decision=st.sampled_from(Decision))
    def decide(self, run: Claim, decision: Decision) -> None:
        self._decide(run.job.id, decision)

    def _decide(self, job_id: str, decision: Decision) -> None:
        good = decision is Decision.approved
        error = None if good else Problem("rejected", "x")
        was_held = self.redis.zscore(f"{P}awaiting", job_id) is not None
        approval = Approval(decision, "韩梅梅")
        deciding = self.ledger.approvals.decide("tax", job_id, approval, error=error)
        if was_held:
            assert self.do(deciding) is not None
            # A run may end a line that a person has ended only by saying so again.
            self.ended[self.held[job_id]] = (self.tokens[job_id], good)
            return
        with suppress(ProblemError):
            self.do(deciding)

    @rule(
        run=runs,
        delay=st.sampled_from([0.0, 600.0]),
        code=st.sampled_from(["output-invalid", "engine-unavailable"]),
    )
    def requeue(self, run: Claim, delay: float, code: str) -> None:
        self.do(self.ledger.runs.requeue(run, delay_seconds=delay, counted=True, code=code))

    @rule(worker=st.sampled_from(WORKERS))
    def declare_dead(self, worker: str) -> None:
        self.do(self.ledger.processes.declare_dead(worker))

    # What schedulers do.

    @rule(target=indexings, replaces=st.booleans())
    def start_to_read(self, *, replaces: bool) -> Indexing | MultipleResults[Indexing]:
        if replaces:
            for batch_id in self._being_read():
                self.redis.zadd(f"{P}indexing", {batch_id: 1})
        return self.do(self.ledger.batches.claim_indexing()) or multiple()

    @rule(
        indexing=indexings,
        lines=LINES,
        refused=st.integers(0, 2),
    )
    def begin(self, indexing: Indexing, lines: list[str], refused: int) -> None:
        begun = self.driver.begun([(task, 10) for task in lines], refused)
        latest = self.redis.hget(f"{P}batch:{indexing.batch.id}", "token") == str(indexing.token)
        assert self.do(self.ledger.batches.begin(indexing, begun)) <= latest

    @rule(closed=st.sampled_from([False, False, True]))
    def set_windows(self, *, closed: bool) -> None:
        names = frozenset({"tax"}) if closed else frozenset()
        self.do(self.ledger.upkeep.set_windows(Windows(names)))

    @rule()
    def run_due_work(self) -> None:
        self.do(self.ledger.upkeep.run_due_work())

    @rule(target=flushes, batch_id=batches, most=st.integers(1, 4), callbacks=st.booleans())
    def write(
        self, batch_id: str, most: int, *, callbacks: bool
    ) -> FlushResult | MultipleResults[FlushResult]:
        batch = self._batch(batch_id)
        if batch.status is BatchStatus.validating:
            return multiple()
        return self.do(self.driver.unwritten(batch, most, callbacks=callbacks))

    @rule(flushed=flushes)
    def flush(self, flushed: FlushResult) -> None:
        now = self._batch(flushed.batch.id)
        first = now.ended_at is None and now.flushed == flushed.batch.flushed
        again = flushed in self.noted and bool(flushed.output or flushed.error)
        assert self.do(self.ledger.batches.flush(flushed)) == (first or again)
        if first:
            self.noted.append(flushed)
            self.events |= {str(one.callback_id) for one in flushed.kept.values()}

    @rule(
        batch_id=batches,
        first=st.integers(1, 3),
        second=st.integers(1, 3),
        callbacks=st.booleans(),
    )
    def race_to_write(self, batch_id: str, first: int, second: int, *, callbacks: bool) -> None:
        """Two schedulers write at one time."""
        if self._batch(batch_id).status is BatchStatus.validating:
            return
        both = [
            self.do(self.driver.unwritten(self._batch(batch_id), most, callbacks=callbacks))
            for most in (first, second)
        ]
        for flushed in both:
            self.flush(flushed)

    # What is always so.

    @invariant()
    def all_agrees(self) -> None:
        self.steps += 1
        looks = [self._look(batch_id) for batch_id in self.ids]
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

    def let_everything_go(self) -> None:
        """Nothing waits for ever: with workers and schedulers at work, every batch ends."""
        for lane in (None, *Lane):
            self.do(self.ledger.pauses.resume("tax", lane))
        for worker in WORKERS:
            self.declare_dead(worker)
        for _ in range(40):
            if all(self._batch(batch_id).ended_at for batch_id in self.ids):
                break
            self._work_on()
        for seen in map(self._look, self.ids):
            assert seen.over
            assert seen.batch.status is (seen.batch.closing or seen.batch.status)
            assert not self.redis.exists(f"{P}index:{seen.batch.id}")
            assert self.redis.hget(f"{P}file:{seen.batch.input_file_id}", "uses") == "0"
        self.all_agrees()

    def _work_on(self) -> None:
        for batch_id in self._being_read():
            self.redis.zadd(f"{P}indexing", {batch_id: 1})
        indexing = self.do(self.ledger.batches.claim_indexing())
        if indexing:
            self.begin(indexing, ["summarize"] * 2, 1)
        scheduled: Any = self.redis.zrange(f"{P}scheduled", 0, -1)
        for job_id in scheduled:
            self.redis.zadd(f"{P}scheduled", {job_id: 1})
        self.run_due_work()
        self.set_windows(closed=False)
        waiting: Any = self.redis.zrange(f"{P}awaiting", 0, -1)
        for job_id in waiting:
            self._decide(job_id, Decision.approved)
        for run in self._claim(Room(50, 50, 50, UNWRITTEN), "w1", LONG):
            self.finish(run, SUCCEEDED)
        for batch_id in self.ids:
            if self._batch(batch_id).status not in {BatchStatus.validating, *BATCH_ENDINGS}:
                self.flush(self.do(self.driver.unwritten(self._batch(batch_id))))

    def _look(self, batch_id: str) -> Seen:
        batch = self._batch(batch_id)
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

    def _batch(self, batch_id: str) -> Batch:
        found = self.do(self.ledger.batches.get("tax", batch_id))
        assert found is not None
        return found

    def _ended(self, batch: Batch) -> list[tuple[int, tuple[int, bool]]]:
        return [(line, how) for (id_, line), how in self.ended.items() if id_ == batch.id]

    def _being_read(self) -> list[str]:
        ids: Any = self.redis.zrange(f"{P}indexing", 0, -1)
        return list(ids)


@pytest.mark.timeout(180)
def test_every_line_is_written_once_in_whatever_order_things_happen(redis_url: str) -> None:
    run_machine(BatchMachine, redis_url, examples=25)
