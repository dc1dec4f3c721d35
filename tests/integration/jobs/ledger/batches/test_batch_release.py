"""Which lines of batches are released, when, and in which order of departments."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.ledger.runs import Room
from jobs.ledger.upkeep import Windows
from jobs.model.job import InputLine, Usage
from jobs.model.lanes import Lane
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import LINE_BYTES, SUCCEEDED, BatchDriver
from tests.integration.jobs.ledger.conftest import Submit

TASK = "summarize"
CREDIT = 50_000  # tokens by weight that a department may be behind, as lib/turns.lua has it


def at(hours: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


async def share(driver: BatchDriver, tokens: int, *, depth: int = 16) -> Counter[str]:
    """Have lines released and run until so many tokens were; returns each department's tokens."""
    used = Counter[str]()
    while used.total() < tokens:
        await driver.release(depth)
        claims = await driver.claim(driver.take_sent())
        assert claims, "nothing was released"
        costs = [int(driver.redis.hget(f"chancery:job:{one.job.id}", "tokens")) for one in claims]
        for claim, cost in zip(claims, costs, strict=True):
            used[claim.job.department] += cost
        await asyncio.gather(
            *(
                driver.ledger.runs.finish(claim, replace(SUCCEEDED, usage=Usage(cost)))
                for claim, cost in zip(claims, costs, strict=True)
            )
        )
    return used


async def test_lines_go_in_the_order_of_the_index(driver: BatchDriver) -> None:
    tasks = ["summarize"] * 5 + ["extract"] * 2 + ["summarize"]
    batch = await driver.begin([(task, 10) for task in tasks])
    released = await driver.release()
    assert (released.released, released.more, released.in_hand) == (8, False, 0)
    assert driver.sent_lines() == [1, 2, 3, 4, 5, 6, 7, 8]
    names = [driver.redis.hget(f"chancery:job:{job_id}", "task") for job_id in driver.sent()]
    assert names == tasks
    assert (await driver.get(batch)).released == 8


async def test_a_job_that_is_a_line_says_where_its_line_is(driver: BatchDriver) -> None:
    batch = await driver.begin(2)
    await driver.release(1)
    (claim,) = await driver.claim(driver.sent())
    job = claim.job
    assert job.line == InputLine("tax/aa/input", 1, 0, LINE_BYTES - 1)
    assert (job.batch_id, job.lane, job.task) == (batch.id, Lane.bulk, "summarize")
    assert (job.document_id, job.callback_id, claim.document) == (None, None, None)
    assert (job.status, job.attempts, claim.token, claim.tries) == (JobStatus.running, 1, 1, 0)
    assert job.deadline == batch.deadline
    assert [one.id for one in (await driver.ledger.jobs.list("tax", batch_id=batch.id)).items] == [
        job.id
    ]
    assert (await driver.ledger.jobs.list("parks", batch_id=batch.id)).items == []


async def test_the_claim_of_a_line_says_what_its_record_does(driver: BatchDriver) -> None:
    await driver.begin(2)
    await driver.release(1)
    (claim,) = await driver.claim(driver.sent())
    assert await driver.ledger.jobs.get("tax", claim.job.id) == claim.job


async def test_a_batch_that_waits_wakes_a_worker_once(driver: BatchDriver) -> None:
    await driver.begin(2, metadata={"case": "confidential"})
    await driver.begin(2)
    (message,) = driver.redis.lrange("bulk", 0, -1)
    assert "chancery.wake" in str(message)
    assert "confidential" not in str(message)


async def test_no_more_run_than_a_worker_has_room_for(driver: BatchDriver, submit: Submit) -> None:
    await driver.begin(30)
    await submit(lane=Lane.bulk)
    assert (await driver.release(10)).released == 10
    claims = await driver.claim(driver.sent())
    again = await driver.release(10)
    assert (again.released, again.in_hand) == (0, 10)
    for claim in claims[:3]:
        await driver.ledger.runs.requeue(claim, delay_seconds=60, counted=False, code="x")
    await driver.run([claims[3].job.id])
    assert (await driver.release(10)).released == 4
    assert (await driver.release(5)).released == 0  # less than before is asked for
    assert (await driver.release(0)).released == 0


async def test_lines_that_are_released_count_as_waiting_no_more(driver: BatchDriver) -> None:
    await driver.begin(30)
    await driver.release(10)
    waiting, open_ = (driver.redis.get(f"chancery:{k}-lines:tax") for k in ("waiting", "open"))
    assert (waiting, open_) == ("20", "10")
    await driver.run(driver.sent()[:4])
    assert driver.redis.get("chancery:open-lines:tax") == "6"


async def test_the_earliest_deadline_goes_first_among_batches_and_jobs(
    driver: BatchDriver, submit: Submit
) -> None:
    third = await driver.begin(1, deadline=at(3))
    last = await submit(lane=Lane.bulk)
    first = await driver.begin(1, deadline=at(1))
    second = await submit(lane=Lane.bulk, deadline=at(2))
    order = []
    for _ in range(4):
        await driver.release(1)
        (job_id,) = driver.take_sent()
        (claim,) = await driver.claim([job_id])
        order.append(claim.job.batch_id or job_id)
        await driver.ledger.jobs.cancel("tax", job_id)
    assert order == [first.id, second, third.id, last]


async def test_departments_share_by_weight_in_tokens_whatever_their_documents(
    driver: BatchDriver,
) -> None:
    await driver.ledger.departments.create("tax", weight=3)
    await driver.ledger.departments.create("parks", weight=1)
    await driver.begin([(TASK, 8_000)] * 200)
    await driver.begin([(TASK, 500)] * 2_000, department="parks")
    used = await share(driver, 800_000)
    assert used["tax"] / used["parks"] == pytest.approx(3, rel=0.1)


async def test_departments_that_are_equal_take_turns(driver: BatchDriver) -> None:
    for department in ("tax", "parks"):
        await driver.begin(64, department=department)
    await driver.release(32)
    assert driver.sent_by_department() == {"tax": 16, "parks": 16}


async def test_what_was_used_counts_where_the_estimate_was_wrong(driver: BatchDriver) -> None:
    """Tax's documents take ten times as much as was thought, of which its share pays."""
    for department in ("tax", "parks"):
        await driver.begin([(TASK, 100)] * 400, department=department)
    used = Counter[str]()
    for _ in range(30):
        await driver.release(8)
        for job_id in driver.take_sent():
            department = str(driver.redis.hget(f"chancery:job:{job_id}", "department"))
            tokens = 1_000 if department == "tax" else 100
            used[department] += tokens
            await driver.run_using([job_id], tokens)
    assert used["tax"] == pytest.approx(used["parks"], rel=0.3)


async def test_a_rest_is_not_saved_up_but_for_a_few_documents(driver: BatchDriver) -> None:
    await driver.begin([(TASK, 5_000)] * 2, department="parks")
    await share(driver, 10_000)
    await driver.begin([(TASK, 5_000)] * 500)
    await share(driver, 900_000)
    await driver.begin([(TASK, 5_000)] * 100, department="parks")
    back = await share(driver, 300_000)
    assert back["parks"] - back["tax"] == pytest.approx(CREDIT, abs=4 * 5_000)


async def test_what_was_used_alone_is_not_held_against_a_department(driver: BatchDriver) -> None:
    await driver.begin([(TASK, 5_000)] * 180)
    await share(driver, 900_000)  # by night, alone
    await driver.release()
    await driver.begin([(TASK, 5_000)] * 180, department="parks")
    await share(driver, 10_000)
    await driver.begin([(TASK, 5_000)] * 180)
    later = await share(driver, 300_000)
    assert later["tax"] == pytest.approx(later["parks"], abs=CREDIT + 4 * 5_000)


@pytest.mark.parametrize("held", ["paused", "closed"])
async def test_what_could_not_go_is_not_saved_up(driver: BatchDriver, held: str) -> None:
    for department in ("tax", "parks"):
        await driver.begin([(TASK, 5_000)] * 200, department=department)
    if held == "paused":
        await driver.ledger.pauses.pause("parks")
    closed = frozenset({"parks"}) if held == "closed" else frozenset()
    for _ in range(10):
        await driver.release(10, closed=closed)
        assert set(driver.sent_by_department()) == {"tax"}
        await driver.run_using(driver.take_sent(), 5_000)
    await driver.ledger.pauses.resume("parks")
    back = await share(driver, 300_000)
    assert 0 < back["parks"] - back["tax"] <= CREDIT + 4 * 5_000


async def test_closed_departments_and_batches_are_passed_over(
    driver: BatchDriver, submit: Submit
) -> None:
    job_id = await submit(lane=Lane.bulk, deadline=at(0.5))
    closed = await driver.begin(3, deadline=at(1))
    open_ = await driver.begin(3, deadline=at(2))
    await driver.begin(3, department="parks")
    terms: dict[str, Any] = {
        "closed": frozenset({"parks"}),
        "closed_batches": frozenset({closed.id}),
    }
    released = await driver.release(**terms)
    assert (released.released, released.more) == (4, False)
    assert driver.sent()[0] == job_id
    assert (await driver.get(open_)).released == 3
    assert (await driver.release(closed=terms["closed"])).released == 3
    assert (await driver.get(closed)).released == 3
    assert (await driver.release()).released == 3


async def test_many_closed_batches_do_not_hide_one_that_is_open(driver: BatchDriver) -> None:
    closed = [await driver.begin(1, deadline=at(1)) for _ in range(20)]
    await driver.begin(2, deadline=at(2))
    ids = frozenset(batch.id for batch in closed)
    assert (await driver.release(closed_batches=ids)).released == 2


async def test_interactive_batches_have_room_of_their_own(
    driver: BatchDriver,
) -> None:
    await driver.begin(3, deadline=at(1))
    batch = await driver.begin(3, lane=Lane.interactive, deadline=at(20))
    await driver.release(4)
    assert driver.sent_lines(Lane.interactive) == [1, 2, 3]
    assert len(driver.sent()) == 3
    (claim, *_) = await driver.claim(driver.take_sent(Lane.interactive))
    assert (claim.job.lane, claim.job.batch_id) == (Lane.interactive, batch.id)


async def test_interactive_batches_know_no_window(driver: BatchDriver) -> None:
    await driver.begin(3, lane=Lane.interactive)
    await driver.begin(3)
    assert (await driver.release(closed=frozenset({"tax"}))).released == 3
    assert len(driver.sent(Lane.interactive)) == 3


async def test_an_interactive_batch_does_not_fill_the_queue_before_others(
    driver: BatchDriver,
) -> None:
    await driver.begin(50, lane=Lane.interactive)
    for _ in range(4):
        await driver.release(8)
    assert len(driver.sent(Lane.interactive)) == 8
    await driver.run(driver.sent(Lane.interactive)[:3])
    assert (await driver.release(8)).released == 3


async def test_a_batch_whose_outcomes_are_not_written_goes_no_further(driver: BatchDriver) -> None:
    slow = await driver.begin(20, deadline=at(1))
    await driver.begin(20, deadline=at(2))
    await driver.release(6)
    await driver.run(driver.take_sent())
    await driver.release(4, unwritten=6)
    assert (await driver.get(slow)).released == 6
    assert await driver.write(slow)
    await driver.release(8, unwritten=6)
    assert (await driver.get(slow)).released == 10


async def test_two_workers_get_no_line_twice(driver: BatchDriver) -> None:
    await driver.begin(100)
    await driver.ledger.upkeep.set_windows(Windows())
    claims = await asyncio.gather(
        *(driver.ledger.runs.claim_waiting(f"w{n}", 30, Room(0, 0, 17)) for n in range(8))
    )
    lines = [claim.job.line.number for each in claims for claim in each.granted if claim.job.line]
    assert sorted(lines) == list(range(1, 101))
