"""Submissions that do not fit: each is a problem that says what to do, and leaves nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from jobs.ledger import Ledger
from jobs.model.department import Quota
from jobs.process.settings import LimitSettings
from tests.integration.api.conftest import Api, Open, problem_of

GOOD: Mapping[str, Any] = {"task": "summarize", "input": {"text": "The water is off."}}


async def nothing_was_kept(api: Api) -> bool:
    jobs = (await api.http.get("/v1/jobs")).json()["data"]
    return jobs == [] and api.files() == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer chy_0123456789ab_wrong"},
        {"Authorization": "Bearer chy_*_?"},
        {"Authorization": "Basic dGF4OnRheA=="},
        {"Authorization": "Bearer \xff\xfe".encode("latin-1")},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/jobs"),
        ("GET", "/v1/jobs"),
        ("POST", "/v1/documents"),
        ("GET", "/v1/tasks"),
        ("GET", "/v1/callbacks"),
        ("GET", "/v1/usage"),
    ],
)
async def test_without_a_valid_key_nothing_is_answered(
    api: Api, method: str, path: str, headers: Mapping[str, Any]
) -> None:
    answer = await api.anonymous.request(method, path, headers=headers)
    problem_of(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_an_altered_key_is_refused(api: Api) -> None:
    key = api.keys["tax"]
    headers = {"Authorization": f"Bearer {key[:-1]}{'A' if key[-1] != 'A' else 'B'}"}
    problem_of(await api.anonymous.get("/v1/jobs", headers=headers), 401, "unauthorized")


async def test_an_unknown_task_is_refused_with_the_known_ones(api: Api) -> None:
    answer = await api.http.post("/v1/jobs", json={**GOOD, "task": "translate-to-klingon"})
    assert "summarize" in problem_of(answer, 422, "unknown-task")["detail"]
    assert await nothing_was_kept(api)


SCHEMA_THAT_IS_NONE = {"type": "object", "properties": {"a": {"type": "nonsense"}}}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"model": "deepseek-r1"}, "#/model"),
        ({"options": {"max_words": 1}}, "#/options/max_words"),
        ({"options": {"max_words": "many"}}, "#/options/max_words"),
        ({"options": {"colour": "red"}}, "#/options/colour"),
        ({"options": []}, "#/options"),
        ({"task": "extract"}, "#/options/schema"),
        ({"task": "extract", "options": {"schema": SCHEMA_THAT_IS_NONE}}, "#/options/schema"),
        ({"task": "extract", "options": {"schema": "text"}}, "#/options/schema"),
        ({"task": "classify", "options": {"labels": []}}, "#/options/labels"),
        ({"task": None}, "#/task"),
        ({"urgent": True}, "#/urgent"),
        ({"input": {"text": "a", "pages": 3}}, "#/input/pages"),
        ({"input": {"text": "a", "document_id": "doc_1"}}, "#/input"),
        ({"input": {}}, "#/input"),
        ({"input": None}, "#/input"),
        ({"lane": "express"}, "#/lane"),
        ({"not_before": "tomorrow"}, "#/not_before"),
        ({"deadline": "2026-11-23T10:00:00"}, "#/deadline"),
        ({"metadata": [1]}, "#/metadata"),
        ({"callback_url": 7}, "#/callback_url"),
    ],
)
async def test_an_invalid_request_has_pointers_to_its_errors(
    api: Api, changes: Mapping[str, Any], pointer: str
) -> None:
    answer = await api.http.post("/v1/jobs", json={**GOOD, **changes})
    errors = problem_of(answer, 422, "invalid-request")["errors"]
    assert any(error["pointer"].startswith(pointer) for error in errors), errors
    assert all(error["detail"] for error in errors)
    assert await nothing_was_kept(api)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"task": "summarize",}', b"[" * 4_000, b'"\\ud800"'],
)
async def test_a_body_that_is_no_json_object_is_refused(api: Api, body: bytes) -> None:
    answer = await api.http.post("/v1/jobs", content=body)
    assert problem_of(answer, 422, "invalid-request")["errors"]


@pytest.mark.parametrize("text", ["", " \n\t ", "　"])
async def test_a_text_without_words_is_refused(api: Api, text: str) -> None:
    answer = await api.http.post("/v1/jobs", json={**GOOD, "input": {"text": text}})
    problem_of(answer, 422, "document-empty")
    assert await nothing_was_kept(api)


async def test_a_text_longer_than_allowed_is_refused(api: Api) -> None:
    answer = await api.http.post("/v1/jobs", json={**GOOD, "input": {"text": "水" * 1001}})
    assert problem_of(answer, 413, "text-too-long")["max_text_chars"] == 1000
    assert await nothing_was_kept(api)


@pytest.mark.parametrize("declared", [True, False])
async def test_a_json_body_over_the_limit_is_refused(api: Api, *, declared: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(6):
            yield b" " * 1000

    body = b" " * 6000 if declared else pieces()
    answer = await api.http.post("/v1/jobs", content=body)
    assert problem_of(answer, 413, "too-large")["max_bytes"] == 5000


async def test_a_job_part_over_the_limit_is_refused(api: Api) -> None:
    parts: dict[str, Any] = {"job": (None, " " * 6000), "file": ("n.txt", b"text")}
    answer = await api.http.post("/v1/jobs", files=parts)
    assert problem_of(answer, 413, "too-large")["max_bytes"] == 5000
    assert await nothing_was_kept(api)


async def test_a_file_part_over_the_limit_is_refused(api: Api) -> None:
    parts: dict[str, Any] = {
        "job": (None, '{"task": "summarize"}'),
        "file": ("n.txt", b"text " * 5000),
    }
    answer = await api.http.post("/v1/jobs", files=parts)
    assert problem_of(answer, 413, "too-large")["max_bytes"] == 20_000
    assert await nothing_was_kept(api)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"file": ("n.txt", b"text")}, "invalid-request"),
        ({"job": (None, '{"task": "summarize"}')}, "invalid-request"),
        ({"job": (None, "{"), "file": ("n.txt", b"text")}, "invalid-request"),
        ({"job": (None, '{"task": "summarize"}'), "paper": ("n.txt", b"t")}, "invalid-request"),
        ({"job": (None, '{"task": "summarize"}'), "file": ("n.txt", b"")}, "document-empty"),
    ],
)
async def test_a_form_that_lacks_something_is_refused(
    api: Api, parts: Mapping[str, Any], code: str
) -> None:
    answer = await api.http.post("/v1/jobs", files=parts)
    problem_of(answer, 422, code)
    assert await nothing_was_kept(api)


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.intranet/hook",
        "http://oa.tax.intranet@169.254.169.254/",
        "http://127.0.0.1:6379/",
        "http://[::1]/",
        "ftp://oa.tax.intranet/",
        "file:///etc/passwd",
        "oa.tax.intranet/hook",
        "http://",
        "http://oa.tax.intranet:99999/",
        "",
    ],
)
async def test_a_callback_url_that_is_not_allowed_is_refused(api: Api, url: str) -> None:
    answer = await api.http.post("/v1/jobs", json={**GOOD, "callback_url": url})
    problem_of(answer, 422, "callback-not-allowed")
    assert await nothing_was_kept(api)


async def test_a_document_that_is_not_there_is_not_found(api: Api) -> None:
    answer = await api.http.post("/v1/jobs", json={**GOOD, "input": {"document_id": "doc_1"}})
    problem_of(answer, 404, "not-found")


async def test_a_department_above_its_rate_gets_retry_after(api: Api, ledger: Ledger) -> None:
    slow = await ledger.departments.create("slow", quota=Quota(rate=0.01))
    headers = {"Authorization": f"Bearer {slow.api_key}"}
    first = await api.anonymous.post("/v1/jobs", json=GOOD, headers=headers)
    assert first.status_code == 202
    second = await api.anonymous.post("/v1/jobs", json=GOOD, headers=headers)
    problem_of(second, 429, "rate-limited")
    assert int(second.headers["retry-after"]) > 1


async def test_a_full_system_says_when_to_come_back(open_api: Open) -> None:
    async with open_api(limits=LimitSettings(max_queued=1)) as api:
        await api.submit()
        answer = await api.http.post("/v1/jobs", json=GOOD)
        problem_of(answer, 503, "system-full")
        assert int(answer.headers["retry-after"]) > 0
