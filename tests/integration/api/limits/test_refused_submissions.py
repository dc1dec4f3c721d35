"""Refused submissions count against the rate, and their refusals are small."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from jobs.ledger import Ledger
from jobs.model.department import Quota
from jobs.process.settings import LimitSettings
from tests.integration.api.conftest import Api, Open, problem_of

JOB = {"task": "summarize", "input": {"text": "The water is off."}}
LARGE = LimitSettings(max_request_bytes=8_000_000)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/v1/jobs", {"task": "none", "input": {"text": "a"}}, "unknown-task"),
        ("/v1/jobs", {**JOB, "callback_url": "http://nowhere.invalid/"}, "callback-not-allowed"),
        ("/v1/jobs", {**JOB, "surplus": 1}, "invalid-request"),
        ("/v1/jobs", {**JOB, "input": {"document_id": "doc_1"}}, "not-found"),
        ("/v1/jobs", {**JOB, "metadata": {"a": "b" * 9_000}}, "too-large"),
        ("/v1/batches", {"input_file_id": "file_1"}, "not-found"),
    ],
)
async def test_a_refusal_costs_as_much_of_the_rate_as_a_job(
    api: Api, ledger: Ledger, path: str, body: dict[str, Any], code: str
) -> None:
    await ledger.departments.set_quota("tax", Quota(rate=0.01))
    answer = await api.http.post(path, json=body)
    assert answer.json()["type"] == f"/problems/{code}"
    for _ in range(2):  # the second one is refused before its body is read
        refused = await api.http.post(path, json=body)
        problem_of(refused, 429, "rate-limited")
        assert 95 <= int(refused.headers["retry-after"]) <= 100
        assert refused.headers["ratelimit"].startswith('"rate";r=0')
    problem_of(await api.http.post("/v1/jobs", json=JOB), 429, "rate-limited")
    assert (await api.other.post("/v1/jobs", json=JOB)).status_code == 202


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"url": "/v1/documents", "content": b"\x00\x01"}, "document-unsupported"),
        (
            {
                "url": "/v1/files",
                "files": {"file": ("in.jsonl", b"{}")},
                "data": {"purpose": "none"},
            },
            "invalid-request",
        ),
    ],
)
async def test_a_refused_upload_costs_as_much_of_the_rate(
    api: Api, ledger: Ledger, request_: dict[str, Any], code: str
) -> None:
    await ledger.departments.set_quota("tax", Quota(rate=0.01))
    answer = await api.http.post(**request_)
    assert answer.json()["type"] == f"/problems/{code}"
    for _ in range(2):
        problem_of(await api.http.post(**request_), 429, "rate-limited")
    problem_of(await api.http.post("/v1/jobs", json=JOB), 429, "rate-limited")


async def test_an_accepted_upload_costs_nothing_of_the_rate(api: Api, ledger: Ledger) -> None:
    await ledger.departments.set_quota("tax", Quota(rate=0.01))
    for _ in range(3):
        answer = await api.http.post("/v1/documents", content=b"The water is off.")
        assert answer.status_code == 201
    assert (await api.http.post("/v1/jobs", json=JOB)).status_code == 202


async def test_after_refusals_beyond_the_rate_no_body_is_read(api: Api, ledger: Ledger) -> None:
    await ledger.departments.set_quota("tax", Quota(rate=0.01))
    for _ in range(2):
        await api.http.post("/v1/jobs", json={"task": "none"})

    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    problem_of(await api.http.post("/v1/jobs", content=unread()), 429, "rate-limited")


async def test_without_a_rate_refusals_are_as_before(api: Api) -> None:
    for _ in range(3):
        answer = await api.http.post("/v1/jobs", json={"task": "none"})
        problem_of(answer, 422, "unknown-task")


async def test_the_rate_is_available_again_after_its_time(api: Api, ledger: Ledger) -> None:
    await ledger.departments.set_quota("tax", Quota(rate=20))
    statuses = {
        (await api.http.post("/v1/jobs", json={"task": "x"})).status_code for _ in range(99)
    }
    assert statuses == {422, 429}
    while (answer := await api.http.post("/v1/jobs", json=JOB)).status_code != 202:
        problem_of(answer, 429, "rate-limited")


async def test_a_body_of_300_000_names_gets_a_small_answer(open_api: Open) -> None:
    members = ",".join(f'"k{each}":1' for each in range(300_000))
    async with open_api(limits=LARGE) as api:
        body = f'{{{members},"task":"summarize"}}'
        problem = problem_of(await api.http.post("/v1/jobs", content=body), 422, "invalid-request")
    assert "100002 more" in problem["errors"][0]["detail"]
    assert len(json.dumps(problem)) < 2_000


async def test_many_errors_are_listed_in_part_and_counted(open_api: Open) -> None:
    surplus = {f"k{each}": 1 for each in range(90)}
    async with open_api(limits=LARGE) as api:
        answer = await api.http.post("/v1/jobs", json={**JOB, **surplus})
    problem = problem_of(answer, 422, "invalid-request")
    assert (len(problem["errors"]), problem["more_errors"]) == (20, 70)


async def test_a_body_may_begin_with_a_byte_order_mark(api: Api) -> None:
    mark, body = b"\xef\xbb\xbf", json.dumps(JOB).encode()
    assert (await api.http.post("/v1/jobs", content=mark + body)).status_code == 202
    form = {"job": (None, mark + json.dumps({"task": "summarize"}).encode()), "file": ("a", b"a b")}
    assert (await api.http.post("/v1/jobs", files=form)).status_code == 202
    batch = await api.http.post("/v1/batches", content=mark + b'{"input_file_id": "file_1"}')
    problem_of(batch, 404, "not-found")
