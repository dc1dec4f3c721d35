"""Documents and libraries that a job's options name: checked as its input is, and kept for it."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from jobs.ledger import Ledger
from jobs.ledger import libraries as ledger_libraries
from tests.integration.api.conftest import Api, problem_of

INPUT = {"text": "第一条 市场每日开放。"}
RULES = "市场管理办法\n第一条 市场每日开放。"


async def upload(api: Api, text: str = RULES) -> str:
    answer = await api.http.post("/v1/documents", content=text.encode())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def options_of(ledger: Ledger, job_id: str) -> Any:
    job = await ledger.jobs.get("tax", job_id)
    assert job is not None
    return job.options


def uses(redis_url: str, document_id: str) -> int:
    """How many jobs and libraries keep a document of `tax`."""
    with Redis.from_url(redis_url) as redis:
        return int(redis.hget(f"chancery:document:tax:{document_id}", "jobs") or 0)


async def test_a_document_that_the_options_name_must_be_there(api: Api) -> None:
    body = {"task": "compare", "input": INPUT, "options": {"old": {"document_id": "doc_1"}}}
    problem = problem_of(await api.http.post("/v1/jobs", json=body), 404, "not-found")
    assert "doc_1" in problem["detail"]
    assert problem["errors"][0]["pointer"] == "#/options"
    assert (await api.http.get("/v1/jobs")).json()["data"] == []


async def test_a_document_of_another_department_is_not_there(api: Api) -> None:
    body = {
        "task": "compare",
        "input": INPUT,
        "options": {"old": {"document_id": await upload(api)}},
    }
    problem_of(await api.other.post("/v1/jobs", json=body), 404, "not-found")
    assert (await api.http.post("/v1/jobs", json=body)).status_code == 202


async def test_a_document_is_kept_for_the_job_that_names_it(
    api: Api, ledger: Ledger, redis_url: str
) -> None:
    document_id = await upload(api)
    job = await api.submit(
        task="compare", input=INPUT, options={"old": {"document_id": document_id}}
    )
    assert uses(redis_url, document_id) == 1
    await api.http.post(f"/v1/jobs/{job['id']}/cancel")
    assert uses(redis_url, document_id) == 0


async def test_a_text_in_the_options_is_kept_as_a_document(
    api: Api, ledger: Ledger, redis_url: str
) -> None:
    job = await api.submit(task="compare", input=INPUT, options={"old": {"text": RULES}})
    document_id = await upload(api)
    assert await options_of(ledger, job["id"]) == {
        "old": {"document_id": document_id, "text": None}
    }
    assert uses(redis_url, document_id) == 1


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [(" ", 422, "document-empty"), ("水" * 1001, 413, "text-too-long")],
)
async def test_a_text_in_the_options_must_fit(api: Api, text: str, status: int, code: str) -> None:
    body = {"task": "compare", "input": INPUT, "options": {"old": {"text": text}}}
    problem_of(await api.http.post("/v1/jobs", json=body), status, code)
    assert api.files() == []


async def test_an_invalid_reference_in_the_options_has_a_pointer(api: Api) -> None:
    body = {"task": "compare", "input": INPUT, "options": {"old": {}}}
    problem = problem_of(await api.http.post("/v1/jobs", json=body), 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == "#/options/old"


async def test_a_list_in_the_options_is_checked_at_submission(api: Api) -> None:
    tree = [{"id": "lamps", "name": "路灯照明"}, {"id": "lamps", "name": "供水"}]
    body = {"task": "dispatch", "input": INPUT, "options": {"tree": tree}}
    problem = problem_of(await api.http.post("/v1/jobs", json=body), 422, "invalid-request")
    assert "[1]: its id is also that of [0]" in problem["errors"][0]["detail"]
    named = {"tree": {"document_id": "doc_1"}}
    body = {"task": "dispatch", "input": INPUT, "options": named}
    problem_of(await api.http.post("/v1/jobs", json=body), 404, "not-found")
    tree[1]["id"] = "water"
    await api.submit(task="dispatch", input=INPUT, options={"tree": tree})


async def test_a_library_that_the_options_name_must_be_there(api: Api) -> None:
    body = {"task": "cite_check", "input": INPUT, "options": {"library": "laws"}}
    problem = problem_of(await api.http.post("/v1/jobs", json=body), 404, "not-found")
    assert "laws" in problem["detail"]
    await api.http.put(f"/v1/libraries/laws/documents/{await upload(api)}")
    assert (await api.http.post("/v1/jobs", json=body)).status_code == 202
    problem_of(await api.other.post("/v1/jobs", json=body), 404, "not-found")


async def test_a_library_is_made_with_its_first_document_and_gone_with_its_last(
    api: Api,
) -> None:
    document_id = await upload(api)
    path = f"/v1/libraries/laws/documents/{document_id}"
    problem_of(await api.http.get("/v1/libraries/laws"), 404, "not-found")
    for _ in range(2):
        assert (await api.http.put(path)).status_code == 204
    assert (await api.http.get("/v1/libraries")).json()["data"] == [
        {"name": "laws", "documents": 1}
    ]
    (document,) = (await api.http.get("/v1/libraries/laws")).json()["data"]
    assert document["id"] == document_id
    assert (await api.other.get("/v1/libraries")).json()["data"] == []
    problem_of(await api.other.delete(path), 404, "not-found")
    assert (await api.http.delete(path)).status_code == 204
    problem_of(await api.http.delete(path), 404, "not-found")
    assert (await api.http.get("/v1/libraries")).json()["data"] == []


async def test_libraries_whose_names_begin_alike_are_apart(api: Api) -> None:
    names = ("law", "law-2", "laws", "law0")
    for name in names:
        document_id = await upload(api, name)
        await api.http.put(f"/v1/libraries/{name}/documents/{document_id}")
    for name in names:
        found = (await api.http.get(f"/v1/libraries/{name}")).json()["data"]
        assert len(found) == 1, name


async def test_an_unknown_document_cannot_be_added(api: Api) -> None:
    problem_of(await api.http.put("/v1/libraries/laws/documents/doc_1"), 404, "not-found")
    document_id = await upload(api)
    path = f"/v1/libraries/laws/documents/{document_id}"
    problem_of(await api.other.put(path), 404, "not-found")


async def test_names_that_do_not_fit_are_refused(api: Api) -> None:
    document_id = await upload(api)
    for name in ("Laws", "-laws", "laws-", "a.b", "x" * 65):
        answer = await api.http.put(f"/v1/libraries/{name}/documents/{document_id}")
        problem_of(answer, 422, "invalid-request")


async def test_a_full_library_takes_no_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_libraries, "MOST_DOCUMENTS", 1)
    first, second = await upload(api, "one"), await upload(api, "two")
    assert (await api.http.put(f"/v1/libraries/laws/documents/{first}")).status_code == 204
    answer = await api.http.put(f"/v1/libraries/laws/documents/{second}")
    assert problem_of(answer, 422, "library-full")["max_documents"] == 1
    assert (await api.http.put(f"/v1/libraries/laws/documents/{first}")).status_code == 204
