"""What holds batches up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.batches.batch import BatchStatus, NewBatch
from jobs.batches.estimate import Estimate, Stall, StallReason
from jobs.batches.eta.situation import Situation
from jobs.health.engines import healthy_time
from jobs.ledger.batch_records import to_batch
from jobs.ledger.health import ClosedWork
from jobs.ledger.pauses import Pause
from jobs.ledger.processes import Process
from jobs.model.lanes import Lane

NOW = datetime(2026, 11, 30, 2, 20, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)
OPEN = ClosedWork(known=True, departments=frozenset(), batches=frozenset())
NEW = NewBatch(
    id="batch_1",
    callback_id=None,
    department="tax",
    endpoint="/v1/jobs",
    lane=Lane.bulk,
    input_file_id="file_1",
    input_bytes=1,
    completion_window="24h",
    deadline=NOW + timedelta(days=1),
    created_at=NOW,
)


def process(role: str, age: float = 1.0, **detail: Any) -> Process:
    return Process(role, f"{role}-1", "host", 1, NOW, detail, age)


def worker(*, healthy: bool = True, seconds: float = 599.0, **changes: Any) -> Process:
    return process(
        "worker", engine_healthy=healthy, engine_for_seconds=seconds, engine_fault="x", **changes
    )


def situation(*processes: Process, **changes: Any) -> Situation:
    fields: dict[str, Any] = {
        "now": NOW,
        "processes": processes,
        "pauses": (),
        "closed": OPEN,
        **changes,
    }
    return Situation(**fields)


def reason(one: Situation, batch: NewBatch = NEW) -> StallReason | None:
    stall = one.stall_of(batch)
    return stall.reason if stall else None


SCHEDULER = process("scheduler")


def test_nothing_holds_up_a_batch_of_a_working_system() -> None:
    assert situation(worker(), SCHEDULER).stall_of(NEW) is None


def test_an_engine_that_is_away_is_named_with_the_time_since_when() -> None:
    stall = situation(worker(healthy=False), SCHEDULER).stall_of(NEW)
    assert stall == Stall(
        StallReason.engine_away, NOW - TEN_MINUTES, "engine away since 2026-11-30 02:10 UTC"
    )
    assert stall.is_fault


def test_one_healthy_engine_is_enough() -> None:
    other = replace(worker(), name="worker-2")
    assert reason(situation(worker(healthy=False), other, SCHEDULER)) is None


def test_only_engines_of_workers_of_the_lane_count() -> None:
    interactive = replace(worker(lanes=["interactive"]), name="worker-2")
    bulk = worker(healthy=False, lanes=["bulk"])
    assert reason(situation(bulk, interactive, SCHEDULER)) is StallReason.engine_away
    other = replace(NEW, lane=Lane.interactive)
    assert reason(situation(bulk, interactive, SCHEDULER), other) is None


def test_without_a_worker_of_the_lane_nothing_runs() -> None:
    dead = process("worker", age=600)
    stall = situation(dead, SCHEDULER).stall_of(NEW)
    assert stall is not None
    assert (stall.reason, stall.since) == (StallReason.no_worker, NOW - TEN_MINUTES)
    assert reason(situation(worker(lanes=["interactive"]), SCHEDULER)) is StallReason.no_worker


def test_without_a_scheduler_no_bulk_work_starts_once_the_windows_are_forgotten() -> None:
    unknown = replace(OPEN, known=False)
    assert reason(situation(worker(), closed=unknown)) is StallReason.no_scheduler
    assert reason(situation(worker())) is None


def test_what_waits_on_purpose_is_not_blamed_on_a_fault() -> None:
    away = worker(healthy=False)
    paused = situation(away, SCHEDULER, pauses=(Pause("tax", since=NOW - TEN_MINUTES),))
    stall = paused.stall_of(NEW)
    assert stall is not None
    assert stall.detail == "paused by an operator since 2026-11-30 02:10 UTC"
    assert not stall.is_fault
    for closed in (
        replace(OPEN, departments=frozenset({"tax"})),
        replace(OPEN, batches=frozenset({"batch_1"})),
    ):
        assert reason(situation(away, SCHEDULER, closed=closed)) is StallReason.window_closed


def test_a_broken_system_promises_no_end_and_a_paused_one_keeps_its_own() -> None:
    end = NOW + TEN_MINUTES
    assert Estimate(end, Stall(StallReason.engine_away, NOW, "")).expected_at is None
    assert Estimate(end, Stall(StallReason.window_closed, None, "")).expected_at == end
    assert Estimate(end).expected_at == end


@pytest.mark.parametrize(
    ("idle", "started", "running", "stalled"),
    [
        (60, 0, 0, True),
        (5, 0, 0, False),
        (60, 0, 3, False),
        (600, 8, 8, False),
        (1_000, 8, 8, True),
    ],
)
def test_a_batch_whose_lines_do_not_end_stands_still(
    *, idle: float, started: int, running: int, stalled: bool
) -> None:
    record = {
        "id": "batch_1",
        "department": "tax",
        "endpoint": "/v1/jobs",
        "lane": "bulk",
        "status": BatchStatus.in_progress.value,
        "input_file_id": "file_1",
        "input_blob": "b",
        "input_bytes": "1",
        "read": "1",
        "completion_window": "24h",
        "created_at": "0",
        "deadline": "0",
        "metadata": "{}",
        "closing": "",
        **dict.fromkeys(("total", "indexed", "next", "flushed", "completed", "failed"), "0"),
    }
    batch = replace(to_batch(record), progress_at=NOW - timedelta(seconds=idle))
    stall = situation(worker(), SCHEDULER).progress_stall(batch, started, running)
    assert (stall is not None) is stalled
    if stall:
        assert stall.reason is StallReason.no_progress


def test_the_healthy_time_ends_with_the_last_answer_of_an_engine() -> None:
    assert healthy_time([worker(healthy=False), SCHEDULER]) is None
    hung = worker(seconds=100.0, engine_answered_seconds=4.0)
    span = healthy_time([hung])
    assert span is not None
    assert (span.began, span.ended) == (101.0, 5.0)
    other = replace(worker(seconds=9.0, engine_answered_seconds=0.5), name="worker-2")
    both = healthy_time([hung, other])
    assert both is not None
    assert (both.began, both.ended) == (101.0, 1.5)
    assert healthy_time([replace(hung, age_seconds=60.0)]) is None
