"""The same key and body give the first answer again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from jobs.ledger import Ledger
from tests.integration.api.conftest import ALLOWED, Api, problem_of

GOOD: Mapping[str, Any] = {"task": "summarize", "input": {"text": "The water is off."}}
KEY = {"Idempotency-Key": "case-2026-1187"}


async def test_a_submission_sent_again_gives_the_first_answer(api: Api) -> None:
    first = await api.http.post("/v1/jobs", json=GOOD, headers=KEY)
    again = await api.http.post("/v1/jobs", json=GOOD, headers=KEY)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert len((await api.http.get("/v1/jobs")).json()["data"]) == 1


async def test_an_accepted_request_is_replayed_even_if_it_would_be_refused_now(
    api: Api,
) -> None:
    document = (await api.http.post("/v1/documents", content=b"Article 1")).json()["id"]
    place = f"/v1/libraries/laws/documents/{document}"
    await api.http.put(place)
    body = {"task": "cite_check", "input": GOOD["input"], "options": {"library": "laws"}}
    first = await api.http.post("/v1/jobs", json=body, headers=KEY)
    assert first.status_code == 202
    assert (await api.http.delete(place)).status_code == 204
    again = await api.http.post("/v1/jobs", json=body, headers=KEY)
    assert (again.status_code, again.content) == (202, first.content)
    problem_of(await api.http.post("/v1/jobs", json=body), 404, "not-found")


async def test_submissions_at_the_same_time_make_one_job(api: Api) -> None:
    answers = await asyncio.gather(
        *(api.http.post("/v1/jobs", json=GOOD, headers=KEY) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await api.http.get("/v1/jobs")).json()["data"]) == 1


async def test_the_key_with_another_body_is_refused(api: Api) -> None:
    await api.http.post("/v1/jobs", json=GOOD, headers=KEY)
    changed = {**GOOD, "metadata": {"case": "2"}}
    answer = await api.http.post("/v1/jobs", json=changed, headers=KEY)
    problem_of(answer, 422, "idempotency-mismatch")


async def test_a_form_is_the_same_by_its_job_and_its_file(api: Api) -> None:
    def form(file: bytes) -> Any:
        return {"job": (None, '{"task": "summarize"}'), "file": ("n.txt", file)}

    first = await api.http.post("/v1/jobs", files=form(b"text"), headers=KEY)
    again = await api.http.post("/v1/jobs", files=form(b"text"), headers=KEY)
    assert again.content == first.content
    other = await api.http.post("/v1/jobs", files=form(b"texts"), headers=KEY)
    problem_of(other, 422, "idempotency-mismatch")


async def test_departments_keys_do_not_meet(api: Api) -> None:
    first = await api.http.post("/v1/jobs", json=GOOD, headers=KEY)
    theirs = await api.other.post("/v1/jobs", json=GOOD, headers=KEY)
    assert theirs.json()["id"] != first.json()["id"]


async def test_a_refused_submission_leaves_its_key_free(api: Api) -> None:
    bad = await api.http.post("/v1/jobs", json={**GOOD, "task": "none"}, headers=KEY)
    assert bad.status_code == 422
    good = await api.http.post("/v1/jobs", json=GOOD, headers=KEY)
    assert good.status_code == 202


async def test_an_upload_sent_again_gives_the_first_answer(api: Api) -> None:
    first = await api.http.post("/v1/documents?filename=a.txt", content=b"text", headers=KEY)
    again = await api.http.post("/v1/documents?filename=a.txt", content=b"text", headers=KEY)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    other = await api.http.post("/v1/documents?filename=a.txt", content=b"else", headers=KEY)
    problem_of(other, 422, "idempotency-mismatch")


async def test_a_refused_upload_leaves_its_key_free(api: Api) -> None:
    empty = await api.http.post("/v1/documents", content=b"", headers=KEY)
    problem_of(empty, 422, "document-empty")
    assert (await api.http.post("/v1/documents", content=b"x", headers=KEY)).status_code == 201


async def test_a_cancel_sent_again_gives_the_first_answer(api: Api) -> None:
    job, other = await api.submit(), await api.submit()
    first = await api.http.post(f"/v1/jobs/{job['id']}/cancel", headers=KEY)
    again = await api.http.post(f"/v1/jobs/{job['id']}/cancel", headers=KEY)
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    mixed_up = await api.http.post(f"/v1/jobs/{other['id']}/cancel", headers=KEY)
    problem_of(mixed_up, 422, "idempotency-mismatch")
    assert (await api.http.get(f"/v1/jobs/{other['id']}")).json()["status"] == "queued"


async def test_a_redelivery_sent_again_gives_the_first_answer(api: Api) -> None:
    job = await api.submit(callback_url=ALLOWED)
    await api.http.post(f"/v1/jobs/{job['id']}/cancel")
    callback = (await api.http.get("/v1/callbacks")).json()["data"][0]
    place = f"/v1/callbacks/{callback['id']}/redeliver"
    first = await api.http.post(place, headers=KEY)
    again = await api.http.post(place, headers=KEY)
    assert (first.status_code, again.content) == (200, first.content)
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_first_request_that_still_runs_is_a_conflict(
    api: Api, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    cancel = api.app.state.services.ledger.jobs.cancel

    async def slow_cancel(department: str, job_id: str) -> Any:
        begun.set()
        await go_on.wait()
        return await cancel(department, job_id)

    monkeypatch.setattr(api.app.state.services.ledger.jobs, "cancel", slow_cancel)
    job = await api.submit()
    place = f"/v1/jobs/{job['id']}/cancel"
    first = asyncio.create_task(api.http.post(place, headers=KEY))
    await begun.wait()
    second = await api.http.post(place, headers=KEY)
    problem_of(second, 409, "idempotency-in-progress")
    assert int(second.headers["retry-after"]) > 0
    go_on.set()
    assert (await first).json()["status"] == "cancelled"


@pytest.mark.parametrize("key", ["", "k" * 256])
@pytest.mark.parametrize(
    "path", ["/v1/jobs", "/v1/documents", "/v1/jobs/job_1/cancel", "/v1/callbacks/evt_1/redeliver"]
)
async def test_a_key_of_no_or_great_length_is_refused(api: Api, key: str, path: str) -> None:
    answer = await api.http.post(path, json=GOOD, headers={"Idempotency-Key": key})
    errors = problem_of(answer, 422, "invalid-request")["errors"]
    assert errors[0]["pointer"] == "#/header/Idempotency-Key"
