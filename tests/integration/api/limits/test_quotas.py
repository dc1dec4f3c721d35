"""What a department is told of its quotas."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from api.requests.idempotency import REPLAYED
from jobs.ledger import Ledger
from jobs.model.department import Quota
from jobs.model.job import Usage
from jobs.model.quotas import OVER
from jobs.process.settings import QuotaSettings
from tests.integration.api.conftest import Api, Open, finish, problem_of

NO_QUOTAS = QuotaSettings(
    rate=0,
    max_in_flight=0,
    max_queued=0,
    max_record_bytes=0,
    max_stored_bytes=0,
    max_open_batches=0,
)
JOB = {"task": "summarize", "input": {"text": "The water is off."}}


@pytest.fixture
async def api(open_api: Open) -> AsyncIterator[Api]:
    """The api without default quotas."""
    async with open_api(quotas=NO_QUOTAS) as api:
        yield api


async def ask(api: Api, key: str | None = None) -> httpx.Response:
    return await api.http.post(
        "/v1/jobs", json=JOB, headers={"Idempotency-Key": key} if key else {}
    )


async def test_each_response_to_a_submission_has_the_remaining_quotas(
    api: Api, ledger: Ledger
) -> None:
    await ledger.departments.set_quota("tax", Quota(max_in_flight=2, max_queued=9))
    lefts = []
    for status in (202, 202, 429):
        answer = await ask(api)
        assert answer.status_code == status
        assert answer.headers["ratelimit-policy"] == '"in-flight";q=2, "queued";q=9'
        lefts.append(answer.headers["ratelimit"])
    assert lefts == [
        '"in-flight";r=1, "queued";r=8',
        '"in-flight";r=0, "queued";r=7',
        '"in-flight";r=0, "queued";r=7',
    ]


async def test_without_quotas_nothing_is_said_of_them(api: Api) -> None:
    answer = await ask(api)
    assert answer.status_code == 202
    assert not [name for name in answer.headers if name.startswith("ratelimit")]
    assert (await api.http.get("/v1/usage")).json()["quota"] == []


@pytest.mark.parametrize(
    ("quota", "code", "longest"),
    [
        (Quota(rate=0.01), "rate-limited", 100),
        (Quota(max_in_flight=1), "quota-in-flight", 5),
        (Quota(max_queued=1), "quota-queued", 5),
    ],
)
async def test_over_a_quota_is_429_with_a_time_to_come_back(
    api: Api, ledger: Ledger, quota: Quota, code: str, longest: int
) -> None:
    await ledger.departments.set_quota("tax", quota)
    assert (await ask(api, "k")).status_code == 202
    refused = await ask(api)
    problem_of(refused, 429, code)
    assert longest - 2 <= int(refused.headers["retry-after"]) <= longest
    assert (await api.other.post("/v1/jobs", json=JOB)).status_code == 202

    again = await ask(api, "k")
    assert (again.status_code, again.headers[REPLAYED]) == (202, "true")
    assert again.headers["ratelimit"].split(";t=")[0] == f'"{OVER[code]}";r=0'


async def test_without_tokens_retry_after_is_the_end_of_the_day(api: Api, ledger: Ledger) -> None:
    await ledger.departments.set_quota("tax", Quota(tokens_per_day=10))
    job = await api.submit()
    await finish(ledger, job["id"], usage=Usage(prompt_tokens=7, completion_tokens=5))
    answer = await ask(api)
    problem_of(answer, 429, "quota-tokens")
    seconds = int(answer.headers["retry-after"])
    assert 0 < seconds <= 86_400
    assert answer.headers["ratelimit-policy"] == '"tokens-per-day";q=10;qu="tokens";w=86400'
    assert answer.headers["ratelimit"] == f'"tokens-per-day";r=0;t={seconds}'


async def test_usage_shows_the_quotas_and_the_remaining_amounts(api: Api, ledger: Ledger) -> None:
    await ledger.departments.set_quota("tax", Quota(max_in_flight=3, tokens_per_day=100))
    job = await api.submit()
    await finish(ledger, job["id"], usage=Usage(prompt_tokens=7, completion_tokens=5))
    await api.submit()
    in_flight, tokens = (await api.http.get("/v1/usage")).json()["quota"]
    assert in_flight == {"name": "in-flight", "limit": 3, "left": 2, "seconds": None}
    assert (tokens["name"], tokens["limit"], tokens["left"]) == ("tokens-per-day", 100, 88)
    assert 0 < tokens["seconds"] <= 86_400
    assert (await api.other.get("/v1/usage")).json()["quota"] == []


async def test_refused_submissions_are_counted_and_store_nothing(api: Api, ledger: Ledger) -> None:
    await ledger.departments.set_quota("tax", Quota(max_in_flight=1))
    await api.submit()
    kept = api.files()
    for _ in range(3):
        problem_of(await ask(api), 429, "quota-in-flight")
    assert api.files() == kept
    metrics = (await api.anonymous.get("/metrics")).text
    name = "chancery_submissions_refused_total"
    assert f'{name}{{code="quota-in-flight",department="tax"}} 3.0' in metrics


async def test_every_department_has_the_default_quotas(open_api: Open) -> None:
    async with open_api(quotas=QuotaSettings(max_in_flight=1)) as api:
        assert (await ask(api)).status_code == 202
        problem_of(await ask(api), 429, "quota-in-flight")
        assert (await api.other.post("/v1/jobs", json=JOB)).status_code == 202
        quota = {
            one["name"]: one["limit"] for one in (await api.http.get("/v1/usage")).json()["quota"]
        }
    assert quota == {
        "rate": 1_000,
        "in-flight": 1,
        "queued": 1_000_000,
        "open-batches": 1_000,
        "record-bytes": 2 * 1024**3,
        "stored-bytes": 100 * 1024**3,
    }


async def test_an_upload_above_the_quota_of_stored_bytes_leaves_nothing(
    api: Api, ledger: Ledger
) -> None:
    await ledger.departments.set_quota("tax", Quota(max_stored_bytes=1_000))
    assert (await api.http.post("/v1/documents", content=b"a" * 900)).status_code == 201
    before = sorted(api.files())
    form = {"file": ("a.jsonl", b"b" * 200)}
    for answer in (
        await api.http.post("/v1/documents", content=b"b" * 200),
        await api.http.post("/v1/files", files=form, data={"purpose": "batch"}),
    ):
        problem = problem_of(answer, 429, "quota-storage")
        assert "Delete documents and files" in problem["detail"]
        assert answer.headers["retry-after"] == "60"
    assert sorted(api.files()) == before
    usage = (await api.http.get("/v1/usage")).json()
    assert usage["quota"] == [
        {"name": "stored-bytes", "limit": 1_000, "left": 100, "seconds": None}
    ]
    metrics = (await api.anonymous.get("/metrics")).text
    assert 'chancery_kept_bytes{department="tax",place="stored"} 900.0' in metrics
