"""Callbacks over HTTP: listed, and sent again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jobs.callback import Attempt, Delivery, Outcome
from jobs.ledger import Ledger
from jobs.states import CallbackStatus
from tests.integration.api.conftest import ALLOWED, Office, finish, problem_of


async def test_an_ending_is_listed_with_its_attempts(office: Office, ledger: Ledger) -> None:
    job = await office.submit(callback_url=ALLOWED)
    await finish(ledger, job["id"])
    listed = (await office.http.get("/v1/callbacks", params={"job_id": job["id"]})).json()
    callback = listed["data"][0]
    assert set(callback) == {
        "id", "job_id", "batch_id", "type", "url", "status", "attempts", "next_attempt_at",
        "error",
    }  # fmt: skip
    assert (callback["job_id"], callback["type"]) == (job["id"], "job.succeeded")
    assert (callback["url"], callback["status"], callback["attempts"]) == (ALLOWED, "pending", [])

    await fail_once(ledger, callback["id"])
    dead = (await office.http.get("/v1/callbacks", params={"status": "dead"})).json()["data"]
    assert [one["id"] for one in dead] == [callback["id"]]
    assert set(dead[0]["attempts"][0]) == {"at", "status_code", "error", "seconds"}
    assert dead[0]["attempts"][0]["status_code"] == 500
    assert (await office.http.get("/v1/callbacks?status=pending")).json()["data"] == []


async def test_a_dead_callback_is_sent_again_with_its_own_id(
    office: Office, ledger: Ledger
) -> None:
    job = await office.submit(callback_url=ALLOWED)
    await finish(ledger, job["id"])
    callback = (await office.http.get("/v1/callbacks")).json()["data"][0]
    await fail_once(ledger, callback["id"])
    answer = await office.http.post(f"/v1/callbacks/{callback['id']}/redeliver")
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["status"]) == (callback["id"], "pending")
    again = await ledger.callbacks.claim(callback["id"], 30)
    assert isinstance(again, Delivery)
    assert again.attempt == 1


async def test_callbacks_are_paged_newest_first(office: Office) -> None:
    for _ in range(3):
        job = await office.submit(callback_url=ALLOWED)
        await office.http.post(f"/v1/jobs/{job['id']}/cancel")
    first = (await office.http.get("/v1/callbacks", params={"limit": 2})).json()
    cursor = first["next_cursor"]
    second = (await office.http.get("/v1/callbacks", params={"cursor": cursor})).json()
    ids = [one["id"] for one in first["data"] + second["data"]]
    assert len(ids) == 3
    assert ids == sorted(ids, reverse=True)
    assert second["next_cursor"] is None


async def test_what_is_another_departments_or_nobodys_is_not_found(office: Office) -> None:
    job = await office.submit(callback_url=ALLOWED)
    await office.http.post(f"/v1/jobs/{job['id']}/cancel")
    callback = (await office.http.get("/v1/callbacks")).json()["data"][0]
    theirs = await office.other.post(f"/v1/callbacks/{callback['id']}/redeliver")
    nobodys = await office.http.post(f"/v1/callbacks/evt_{'0' * 26}/redeliver")
    assert problem_of(theirs, 404, "not-found") == problem_of(nobodys, 404, "not-found")
    assert (await office.other.get("/v1/callbacks")).json()["data"] == []
    by_job = await office.other.get("/v1/callbacks", params={"job_id": job["id"]})
    assert by_job.json()["data"] == []


@pytest.mark.parametrize(
    "params", [{"status": "lost"}, {"limit": 0}, {"limit": 101}, {"cursor": "garbage"}]
)
async def test_a_list_that_cannot_be_is_refused(
    office: Office, params: dict[str, str | int]
) -> None:
    answer = await office.http.get("/v1/callbacks", params=params)
    problem_of(answer, 422, "invalid-request")


async def fail_once(ledger: Ledger, callback_id: str) -> None:
    delivery = await ledger.callbacks.claim(callback_id, 30)
    assert isinstance(delivery, Delivery)
    tried = Attempt(at=datetime.now(UTC), status_code=500, error=None, seconds=0.1)
    assert await ledger.callbacks.settle(delivery, tried, CallbackStatus.dead, Outcome.failed)
