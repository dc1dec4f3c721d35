"""Jobs over HTTP: submitted, looked at, waited for, listed, cancelled."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.ledger import Ledger
from jobs.model.problems import Problem
from jobs.model.provenance import Provenance
from jobs.model.roles import Role
from jobs.model.states import JobStatus
from jobs.store import Folder, Store
from tests.integration.api.conftest import ALLOWED, Api, finish, problem_of

JOB_KEYS = {
    "id", "object", "task", "department", "lane", "status", "created_at", "started_at",
    "finished_at", "attempts", "batch_id", "document_id", "metadata", "progress", "result",
    "error", "usage", "provenance",
}  # fmt: skip


async def test_a_submission_returns_the_job_and_its_location(api: Api) -> None:
    answer = await api.http.post(
        "/v1/jobs",
        json={
            "task": "summarize",
            "input": {"text": "停水。"},
            "options": {"max_words": 60},
            "callback_url": ALLOWED,
            "lane": "bulk",
            "not_before": None,
            "deadline": None,
            "metadata": {"case": "2026-1187"},
        },
    )
    assert answer.status_code == 202
    job = answer.json()
    assert job.keys() >= JOB_KEYS
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["object"], job["status"], job["department"]) == ("job", "queued", "tax")
    assert (job["lane"], job["metadata"]) == ("bulk", {"case": "2026-1187"})
    seen = (await api.http.get(answer.headers["location"])).json()
    assert {**seen, "created_at": ""} == {**job, "created_at": ""}


@pytest.mark.parametrize("job_first", [True, False])
async def test_a_form_carries_the_job_and_its_document_in_any_order(
    api: Api, *, job_first: bool
) -> None:
    parts: list[Any] = [
        ("job", (None, json.dumps({"task": "summarize"}), "application/json")),
        ("file", ("通知.txt", "停水通知。".encode())),
    ]
    answer = await api.http.post("/v1/jobs", files=parts if job_first else parts[::-1])
    assert answer.status_code == 202
    assert answer.json()["document_id"].startswith("doc_")
    assert len(api.files()) == 1


async def test_a_job_for_later_is_scheduled(api: Api) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    job = await api.submit(not_before=tomorrow.isoformat())
    assert job["status"] == "scheduled"


async def test_the_requested_model_and_the_provenance_are_shown(api: Api, ledger: Ledger) -> None:
    job = await api.submit(model="auto")
    assert job["model"] == "auto"
    origin = Provenance("1", "small", "0" * 64, role=Role.fast)
    await finish(ledger, job["id"], provenance=origin)
    seen = (await api.http.get(f"/v1/jobs/{job['id']}")).json()
    assert seen["model"] == "auto"
    assert seen["provenance"] == {
        "task_version": "1",
        "model": "small",
        "input_sha256": "0" * 64,
        "role": "fast",
        "escalated": False,
        "doubts": [],
        "engine_model": None,
        "approval": None,
        "engine_version": None,
        "requests": 0,
        "prompt_sha256": None,
        "sampling": None,
        "references": [],
        "seconds": None,
        "fast": None,
    }
    assert (await api.submit())["model"] is None


async def test_a_wait_is_answered_when_the_job_ends(api: Api, ledger: Ledger) -> None:
    job = await api.submit()
    began = time.monotonic()
    waiting = asyncio.create_task(api.http.get(f"/v1/jobs/{job['id']}", params={"wait": 30}))
    running = await api.http.get(f"/v1/jobs/{job['id']}", params={"wait": 0.05})
    assert running.json()["status"] == "queued"
    assert not waiting.done()
    await finish(ledger, job["id"])
    ended = (await waiting).json()
    assert time.monotonic() - began < 20
    assert (ended["status"], ended["result"]) == ("succeeded", {"summary": "Off."})
    assert ended["finished_at"] is not None


async def test_a_wait_for_an_ended_job_is_answered_at_once(api: Api, ledger: Ledger) -> None:
    job = await api.submit()
    await finish(ledger, job["id"])
    async with asyncio.timeout(20):
        answer = await api.http.get(f"/v1/jobs/{job['id']}", params={"wait": 100_000})
    assert answer.json()["status"] == "succeeded"


async def test_a_wait_of_more_than_a_minute_is_a_minute(
    api: Api, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await api.submit()
    asked: list[float] = []

    async def wait_ended(job_id: str, seconds: float) -> None:
        asked.append(seconds)
        await finish(ledger, job_id)

    monkeypatch.setattr(api.app.state.services.ledger.jobs, "wait_ended", wait_ended)
    answer = await api.http.get(f"/v1/jobs/{job['id']}", params={"wait": 100_000})
    assert answer.json()["status"] == "succeeded"
    assert [round(seconds) for seconds in asked] == [60]


@pytest.mark.parametrize("wait", ["-1", "soon", "nan", "inf"])
async def test_a_wait_that_is_no_time_is_refused(api: Api, wait: str) -> None:
    job = await api.submit()
    answer = await api.http.get(f"/v1/jobs/{job['id']}", params={"wait": wait})
    errors = problem_of(answer, 422, "invalid-request")["errors"]
    assert [error["pointer"] for error in errors] == ["#/query/wait"]


async def test_the_list_is_paged_newest_first(api: Api) -> None:
    made = [(await api.submit())["id"] for _ in range(5)]
    found: list[str] = []
    cursor = None
    for _ in range(3):
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await api.http.get("/v1/jobs", params=params)).json()
        assert set(page) == {"object", "data", "next_cursor"}
        assert page["object"] == "list"
        assert all(job.keys() >= JOB_KEYS for job in page["data"])
        found += [job["id"] for job in page["data"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert found == made[::-1]


async def test_the_list_is_narrowed_by_status_and_task(api: Api, ledger: Ledger) -> None:
    ended, queued = await api.submit(), await api.submit()
    labels = {"labels": [{"name": "a"}, {"name": "b"}]}
    other_task = await api.submit(task="classify", options=labels)
    await finish(ledger, ended["id"])

    async def ids(**params: str) -> list[str]:
        page = (await api.http.get("/v1/jobs", params=params)).json()
        return [job["id"] for job in page["data"]]

    assert await ids(status="succeeded") == [ended["id"]]
    assert await ids(status="queued") == [other_task["id"], queued["id"]]
    assert await ids(task="classify") == [other_task["id"]]
    assert await ids(batch_id="batch_1") == []


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"limit": "0"}, "#/query/limit"),
        ({"limit": "101"}, "#/query/limit"),
        ({"limit": "many"}, "#/query/limit"),
        ({"status": "done"}, "#/query/status"),
    ],
)
async def test_a_list_that_cannot_be_is_refused(
    api: Api, params: dict[str, str], pointer: str
) -> None:
    answer = await api.http.get("/v1/jobs", params=params)
    errors = problem_of(answer, 422, "invalid-request")["errors"]
    assert [error["pointer"] for error in errors] == [pointer]


@pytest.mark.parametrize("cursor", ["garbage", "job_1", "[+", "job_zz\r\n", "evt_" + "0" * 26])
async def test_a_cursor_of_ones_own_making_is_refused(api: Api, cursor: str) -> None:
    answer = await api.http.get("/v1/jobs", params={"cursor": cursor})
    problem_of(answer, 422, "invalid-request")


async def test_a_cancelled_job_ends_and_stays_so(api: Api) -> None:
    job = await api.submit()
    for _ in range(2):
        answer = await api.http.post(f"/v1/jobs/{job['id']}/cancel")
        assert answer.status_code == 200
        assert answer.json()["status"] == "cancelled"
        assert answer.json()["error"]["type"] == "/problems/cancelled"


async def test_the_result_itself_is_served(api: Api, ledger: Ledger) -> None:
    job = await api.submit()
    await finish(ledger, job["id"])
    answer = await api.http.get(f"/v1/jobs/{job['id']}/result")
    assert (answer.status_code, answer.json()) == (200, {"summary": "Off."})


async def test_a_result_in_the_store_is_served_but_not_in_lists(api: Api, ledger: Ledger) -> None:
    job = await api.submit()
    blob = await Store(Folder(api.folder / "store")).put(b'{"summary": "Long."}', "tax", job["id"])
    await finish(ledger, job["id"], result=None, result_blob=blob)
    place = f"/v1/jobs/{job['id']}"
    assert (await api.http.get(f"{place}/result")).json() == {"summary": "Long."}
    assert (await api.http.get(place)).json()["result"] == {"summary": "Long."}
    listed = (await api.http.get("/v1/jobs")).json()["data"][0]
    assert (listed["result"], listed["result_url"]) == (None, f"{place}/result")
    # The reply to a cancellation may be kept in Redis.
    headers = {"Idempotency-Key": "k"}
    cancelled = (await api.http.post(f"{place}/cancel", headers=headers)).json()
    assert cancelled["status"] == "succeeded"
    assert (cancelled["result"], cancelled["result_url"]) == (None, f"{place}/result")


async def test_a_job_whose_result_is_lost_is_shown_and_its_result_is_missing(
    api: Api, ledger: Ledger
) -> None:
    job = await api.submit()
    await finish(ledger, job["id"], result=None, result_blob="tax/aa/lost")
    path = f"/v1/jobs/{job['id']}"
    assert (await api.http.get(path)).json()["result_url"] == f"{path}/result"
    problem_of(await api.http.get(f"{path}/result"), 404, "file-missing")


async def test_the_result_of_a_job_that_goes_on_is_a_conflict(api: Api) -> None:
    job = await api.submit()
    answer = await api.http.get(f"/v1/jobs/{job['id']}/result")
    assert "queued" in problem_of(answer, 409, "not-ended")["detail"]


async def test_a_failed_job_has_no_result_and_says_why(api: Api, ledger: Ledger) -> None:
    job = await api.submit()
    error = Problem("document-encrypted", "It asks for a password.")
    await finish(ledger, job["id"], status=JobStatus.failed, result=None, error=error)
    answer = await api.http.get(f"/v1/jobs/{job['id']}/result")
    problem = problem_of(answer, 404, "no-result")
    assert "The document is encrypted" in problem["detail"]
    assert problem["job_error"]["type"] == "/problems/document-encrypted"
    seen = (await api.http.get(f"/v1/jobs/{job['id']}")).json()
    assert (seen["status"], seen["error"]["type"]) == ("failed", "/problems/document-encrypted")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/jobs/{id}"),
        ("GET", "/v1/jobs/{id}?wait=5"),
        ("GET", "/v1/jobs/{id}/result"),
        ("POST", "/v1/jobs/{id}/cancel"),
    ],
)
async def test_unknown_and_foreign_ids_are_not_found(api: Api, method: str, path: str) -> None:
    job = await api.submit()
    theirs = await api.other.request(method, path.format(id=job["id"]))
    nobodys = await api.http.request(method, path.format(id="job_" + "0" * 26))
    odd = await api.http.request(method, path.format(id="%2e%2e"))
    assert problem_of(theirs, 404, "not-found") == problem_of(nobodys, 404, "not-found")
    assert odd.status_code == 404
    assert (await api.other.get("/v1/jobs")).json()["data"] == []
    assert (await api.http.get(f"/v1/jobs/{job['id']}")).json()["status"] == "queued"
