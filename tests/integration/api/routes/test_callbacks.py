"""Callbacks over HTTP: listed, and sent again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from jobs.ledger import Ledger
from jobs.model.callback import Attempt, Delivery, Outcome, RedeliveryCount
from jobs.model.states import CallbackStatus
from tests.integration.api.conftest import ALLOWED, Api, finish, problem_of
from tests.integration.jobs.ledger.callback_kit import PENDING, a_callback, claim_one, now


async def test_an_ending_is_listed_with_its_attempts(api: Api, ledger: Ledger) -> None:
    job = await api.submit(callback_url=ALLOWED)
    await finish(ledger, job["id"])
    listed = (await api.http.get("/v1/callbacks", params={"job_id": job["id"]})).json()
    callback = listed["data"][0]
    assert set(callback) == {
        "id", "job_id", "batch_id", "type", "url", "status", "attempts", "next_attempt_at",
        "error",
    }  # fmt: skip
    assert (callback["job_id"], callback["type"]) == (job["id"], "job.succeeded")
    assert (callback["url"], callback["status"], callback["attempts"]) == (ALLOWED, "pending", [])

    await fail_once(ledger, callback["id"])
    dead = (await api.http.get("/v1/callbacks", params={"status": "dead"})).json()["data"]
    assert [one["id"] for one in dead] == [callback["id"]]
    assert set(dead[0]["attempts"][0]) == {"at", "status_code", "error", "seconds", "response"}
    assert dead[0]["attempts"][0]["status_code"] == 500
    assert (await api.http.get("/v1/callbacks?status=pending")).json()["data"] == []


async def test_a_dead_callback_is_sent_again_with_its_own_id(api: Api, ledger: Ledger) -> None:
    job = await api.submit(callback_url=ALLOWED)
    await finish(ledger, job["id"])
    callback = (await api.http.get("/v1/callbacks")).json()["data"][0]
    await fail_once(ledger, callback["id"])
    answer = await api.http.post(f"/v1/callbacks/{callback['id']}/redeliver")
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["status"]) == (callback["id"], "pending")
    again = await claim_one(ledger, callback["id"], 30)
    assert isinstance(again, Delivery)
    assert again.attempt == 1


async def next_millisecond() -> datetime:
    """The start of the next millisecond, once it has begun: the ledger counts in milliseconds."""
    now = datetime.now(UTC)
    start = now.replace(microsecond=now.microsecond // 1000 * 1000) + timedelta(milliseconds=1)
    while datetime.now(UTC) < start:
        await asyncio.sleep(0)
    return start


async def test_dead_ones_of_a_time_are_sent_again_and_no_others(api: Api, ledger: Ledger) -> None:
    times = []
    for _ in range(4):
        times.append(await next_millisecond())
        job = await api.submit(callback_url=ALLOWED)
        await finish(ledger, job["id"])
    callbacks = (await api.http.get("/v1/callbacks")).json()["data"][::-1]
    for callback in callbacks[:3]:
        await fail_once(ledger, callback["id"])
    body = {"status": "dead", "from": times[1].isoformat(), "to": times[3].isoformat()}

    theirs = await api.other.post("/v1/callbacks/redeliver", json=body)
    assert theirs.json() == {"redelivered": 0, "remaining": 0}
    headers = {"Idempotency-Key": "repaired"}
    answer = await api.http.post("/v1/callbacks/redeliver", json=body, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"redelivered": 2, "remaining": 0})

    after = (await api.http.get("/v1/callbacks")).json()["data"][::-1]
    assert [one["status"] for one in after] == ["dead", "pending", "pending", "pending"]
    again = await api.http.post("/v1/callbacks/redeliver", json=body, headers=headers)
    assert again.headers["Idempotency-Replayed"] == "true"
    rest = {"status": "dead", "from": times[0].isoformat()}
    answer = await api.http.post("/v1/callbacks/redeliver", json=rest)
    assert answer.json() == {"redelivered": 1, "remaining": 0}


async def test_so_many_are_sent_again_in_one_call_and_the_rest_counted(ledger: Ledger) -> None:
    ago = datetime.now(UTC) - timedelta(minutes=1)
    callbacks = [await a_callback(ledger) for _ in range(5)]
    for callback in callbacks:
        await fail_once(ledger, callback.id)
    later = datetime.now(UTC) + timedelta(minutes=1)
    first = await ledger.callbacks.redeliver_dead("tax", ago, later, most=3)
    assert first == RedeliveryCount(redelivered=3, remaining=2)
    assert {(await now(ledger, one)).status for one in callbacks[:3]} == {PENDING}
    second = await ledger.callbacks.redeliver_dead("tax", ago, later, most=3)
    assert second == RedeliveryCount(redelivered=2, remaining=0)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"from": "2026-11-20T00:00:00Z"}, "#/status"),
        ({"status": "delivered", "from": "2026-11-20T00:00:00Z"}, "#/status"),
        ({"status": "dead"}, "#/from"),
        ({"status": "dead", "from": "2026-11-20T00:00:00"}, "#/from"),
        ({"status": "dead", "from": "2026-11-20T00:00:00Z", "until": None}, "#/until"),
        (
            {"status": "dead", "from": "2026-11-20T00:00:00Z", "to": "2026-11-20T00:00:00Z"},
            "#",
        ),
    ],
)
async def test_which_ones_must_be_said_rightly(
    api: Api, body: dict[str, str], pointer: str
) -> None:
    answer = await api.http.post("/v1/callbacks/redeliver", json=body)
    problem_of(answer, 422, "invalid-request")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_callbacks_are_paged_newest_first(api: Api) -> None:
    for _ in range(3):
        job = await api.submit(callback_url=ALLOWED)
        await api.http.post(f"/v1/jobs/{job['id']}/cancel")
    first = (await api.http.get("/v1/callbacks", params={"limit": 2})).json()
    cursor = first["next_cursor"]
    second = (await api.http.get("/v1/callbacks", params={"cursor": cursor})).json()
    ids = [one["id"] for one in first["data"] + second["data"]]
    assert len(ids) == 3
    assert ids == sorted(ids, reverse=True)
    assert second["next_cursor"] is None


async def test_unknown_and_foreign_ids_are_not_found(api: Api) -> None:
    job = await api.submit(callback_url=ALLOWED)
    await api.http.post(f"/v1/jobs/{job['id']}/cancel")
    callback = (await api.http.get("/v1/callbacks")).json()["data"][0]
    theirs = await api.other.post(f"/v1/callbacks/{callback['id']}/redeliver")
    nobodys = await api.http.post(f"/v1/callbacks/evt_{'0' * 26}/redeliver")
    assert problem_of(theirs, 404, "not-found") == problem_of(nobodys, 404, "not-found")
    assert (await api.other.get("/v1/callbacks")).json()["data"] == []
    by_job = await api.other.get("/v1/callbacks", params={"job_id": job["id"]})
    assert by_job.json()["data"] == []


@pytest.mark.parametrize(
    "params", [{"status": "lost"}, {"limit": 0}, {"limit": 101}, {"cursor": "garbage"}]
)
async def test_a_list_that_cannot_be_is_refused(api: Api, params: dict[str, str | int]) -> None:
    answer = await api.http.get("/v1/callbacks", params=params)
    problem_of(answer, 422, "invalid-request")


async def fail_once(ledger: Ledger, callback_id: str) -> None:
    delivery = await claim_one(ledger, callback_id, 30)
    assert isinstance(delivery, Delivery)
    tried = Attempt(at=datetime.now(UTC), status_code=500, error=None, seconds=0.1)
    assert await ledger.callbacks.settle(delivery, tried, CallbackStatus.dead, Outcome.failed)
