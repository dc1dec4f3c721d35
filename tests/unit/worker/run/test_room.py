"""How many jobs a worker claims."""

from __future__ import annotations

from dataclasses import replace

from jobs.ledger.job_records import to_job
from jobs.ledger.runs import Room
from jobs.model.lanes import FEW, Lane
from worker.run.room import WorkerRoom

SINGLE = to_job(
    {
        "id": "job_1",
        "department": "tax",
        "task": "summarize",
        "lane": "interactive",
        "status": "running",
        "created_at": "0",
        "attempts": "1",
    }
)
LINE = replace(SINGLE, batch_id="batch_1")
BULK = replace(LINE, lane=Lane.bulk)


def test_an_idle_worker_has_room_for_a_quarter_more_bulk_jobs_than_run_at_once() -> None:
    assert WorkerRoom(64, lambda: 56).left() == Room(64, 56, 70, spare=7)


def test_each_kind_of_job_takes_its_own_room() -> None:
    room = WorkerRoom(8, lambda: 4)
    for job in (SINGLE, SINGLE, LINE, BULK):
        room.begin(job)
    assert room.left() == Room(5, 3, 4, spare=1, without_spare=frozenset({"tax"}))
    for job in (SINGLE, LINE):
        room.end(job)
    assert room.left() == Room(7, 4, 4, spare=1, without_spare=frozenset({"tax"}))


def test_bulk_jobs_that_end_quickly_are_claimed_further_ahead() -> None:
    room = WorkerRoom(8, lambda: 4)
    for _ in range(20):
        room.begin(BULK)
        room.end(BULK)
    assert room.left().bulk == 24
    for _ in range(100):
        room.begin(BULK)
        room.end(BULK)
    assert room.left().bulk == 4 + 4 * 8


def test_a_worker_is_ahead_with_bulk_jobs_alone_of_which_it_claims_several_more() -> None:
    assert WorkerRoom(64, lambda: 32).is_ahead
    assert not WorkerRoom(64, lambda: 28).is_ahead
    for job in (SINGLE, LINE):
        room = WorkerRoom(64, lambda: 32)
        room.begin(BULK)
        assert room.is_ahead
        room.begin(job)
        assert not room.is_ahead


def test_a_few_slots_are_ahead_while_jobs_end_quickly() -> None:
    room = WorkerRoom(8, lambda: 4)
    for _ in range(FEW):
        assert not room.is_ahead
        room.begin(BULK)
        room.end(BULK)
    assert room.is_ahead


def test_a_full_worker_has_no_room() -> None:
    room = WorkerRoom(1, lambda: 0)
    room.begin(SINGLE)
    assert not room.left()


def test_a_worker_may_have_room_for_one_lane_alone() -> None:
    room = WorkerRoom(1, lambda: 1)
    room.begin(SINGLE)
    assert [room.left().has(lane) for lane in Lane] == [False, True]
    room.end(SINGLE)
    room.begin(BULK)
    room.begin(BULK)
    assert [room.left().has(lane) for lane in Lane] == [True, False]


def test_a_worker_of_one_lane_says_so() -> None:
    assert WorkerRoom(64, lambda: 0).left() == Room(64, 1, -1)
    assert WorkerRoom(0, lambda: 64).left() == Room(-1, 0, 80, spare=8)


def test_room_for_too_many_jobs_is_none() -> None:
    slots = 4
    room = WorkerRoom(1, lambda: slots)
    for _ in range(5):
        room.begin(BULK)
    slots = 1
    assert room.left() == Room(1, 1, 0, spare=1, without_spare=frozenset({"tax"}))


def test_a_department_with_few_jobs_has_room_beside_one_that_fills_the_worker() -> None:
    room, other = WorkerRoom(64, lambda: 56), replace(BULK, department="parks")
    for _ in range(70):
        room.begin(BULK)
    assert room.left() == Room(64, 56, 0, spare=7, without_spare=frozenset({"tax"}))
    for _ in range(6):
        room.begin(other)
    assert room.left().spare == 1
    room.begin(other)
    assert room.left().without_spare == {"tax", "parks"}
    for _ in range(2):
        room.end(other)
    assert (room.left().spare, room.left().without_spare) == (2, frozenset({"tax"}))


def test_departments_with_few_jobs_do_not_add_up_without_bound() -> None:
    room = WorkerRoom(64, lambda: 56)
    for number in range(56 * 9):
        room.begin(replace(BULK, department=f"department-{number // 7}"))
    assert room.left().spare == 0
