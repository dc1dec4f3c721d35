"""The open addresses, the edges, and what the api says of itself."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import validate
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from redis import Redis
from structlog.testing import capture_logs

from jobs.ledger import Ledger
from jobs.ledger.processes import Process
from jobs.model.problems import PROBLEM_TYPES
from jobs.model.provenance import Provenance
from jobs.model.roles import Role
from jobs.process.build import build
from jobs.process.settings import ApiSettings
from tests.integration.api.conftest import ALLOWED, Api, Open, finish, problem_of
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.callback_kit import a_callback, settle, taken


async def beat(ledger: Ledger, role: str, *, detail: dict[str, Any] | None = None) -> None:
    process = Process(role, f"{role}-1", "host", 1, datetime.now(UTC), detail or {})
    await ledger.processes.beat(process)


async def unready(api: Api) -> set[str]:
    answer = await api.anonymous.get("/readyz")
    body = answer.json()
    missing = {check["name"] for check in body["checks"] if not check["ok"]}
    assert (answer.status_code, body["status"]) == (
        (503, "not-ready") if missing else (200, "ready")
    )
    return missing


async def test_the_api_is_among_the_processes_with_its_build(api: Api, ledger: Ledger) -> None:
    while not await ledger.processes.list():
        await asyncio.sleep(0.02)
    (process,) = await ledger.processes.list()
    assert process.role == "api"
    found = (await api.anonymous.get("/metrics")).text
    labels = f'build="{build()}",process="{process.name}",role="api"'
    assert f"chancery_process_build_info{{{labels}}} 1.0" in found


async def test_an_api_that_stops_leaves_the_processes(ledger: Ledger, open_api: Open) -> None:
    async with open_api():
        while not await ledger.processes.list():
            await asyncio.sleep(0.02)
    assert await ledger.processes.list() == []


async def test_readiness_says_what_is_missing(api: Api, ledger: Ledger, redis_url: str) -> None:
    assert await unready(api) == {"worker", "courier", "scheduler", "engine"}
    await beat(ledger, "courier")
    await beat(ledger, "scheduler")
    await beat(ledger, "worker", detail={"engine_healthy": False})
    assert await unready(api) == {"engine"}
    await beat(ledger, "worker", detail={"engine_healthy": True})
    assert await unready(api) == set()
    with Redis.from_url(redis_url) as redis:
        redis.zincrby("chancery:processes", -60, "scheduler-1")
    assert await unready(api) == {"scheduler"}


async def test_the_api_lives_whatever_is_missing(api: Api) -> None:
    answer = await api.anonymous.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def figures(api: Api, **headers: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = await api.anonymous.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_metrics_count_requests_by_route_and_show_the_ledger(
    api: Api, ledger: Ledger
) -> None:
    ended = await api.submit(callback_url=ALLOWED)
    await api.submit()
    await finish(ledger, ended["id"])
    await api.http.get(f"/v1/jobs/{ended['id']}")
    await api.http.get("/v1/jobs/job_1")
    await api.http.get("/nowhere/at/all")
    await beat(ledger, "worker", detail={"engine_healthy": True})
    seen = await figures(api)

    def requests(method: str, route: str, status: int) -> float:
        labels = (("method", method), ("route", route), ("status_code", str(status)))
        return seen["chancery_http_request_seconds_count", labels]

    assert requests("POST", "/v1/jobs", 202) == 2
    assert requests("GET", "/v1/jobs/{job_id}", 200) == 1
    assert requests("GET", "/v1/jobs/{job_id}", 404) == 1
    assert requests("GET", "unmatched", 404) == 1
    tax = ("department", "tax")
    assert seen["chancery_ledger_up", ()] == 1
    assert seen["chancery_jobs", (tax, ("status", "queued"))] == 1
    assert seen["chancery_callbacks", (tax, ("status", "pending"))] == 1
    assert seen["chancery_queue_messages", (("queue", "interactive"),)] == 1
    ending = (("lane", "interactive"), ("status", "succeeded"), ("task", "summarize"))
    labels = (("code", ""), *ending)
    assert seen["chancery_jobs_ended_total", labels] == 1
    assert seen["chancery_engine_healthy", (("process", "worker-1"),)] == 1
    age = seen[
        "chancery_process_heartbeat_age_seconds", (("process", "worker-1"), ("role", "worker"))
    ]
    assert 0 <= age < 60
    assert not [name for name, labels in seen if "job_1" in str(labels)]


async def test_metrics_tell_how_the_fast_model_fares(api: Api, ledger: Ledger) -> None:
    fast = Provenance("1", "m", "0" * 64, role=Role.fast)
    doubted = Provenance("1", "m", "0" * 64, escalated=True, doubts=("too-long",))
    for provenance in (fast, fast, doubted):
        await finish(ledger, (await api.submit())["id"], provenance=provenance)
    await beat(ledger, "worker", detail={"engine_healthy": True, "fast_engine_healthy": False})
    seen = await figures(api)
    task = ("task", "summarize")
    assert seen["chancery_jobs_cascaded_total", (("outcome", "kept"), task)] == 2
    assert seen["chancery_jobs_cascaded_total", (("outcome", "escalated"), task)] == 1
    assert seen["chancery_cascade_doubts_total", (("doubt", "too-long"), task)] == 1
    assert seen["chancery_fast_engine_healthy", (("process", "worker-1"),)] == 0


async def test_metrics_tell_how_callbacks_fare(api: Api, ledger: Ledger) -> None:
    for code in (204, 500, 500, 500, 500):
        callback = await a_callback(ledger)
        await settle(ledger, await taken(ledger, callback), code, delay_seconds=99)
    gone = await a_callback(ledger, "http://other.intranet/hook")
    await settle(ledger, await taken(ledger, gone), 410)
    seen = await figures(api)

    def of_tax(name: str, **labels: str) -> float:
        return seen[name, tuple(sorted({"department": "tax", **labels}.items()))]

    attempts = "chancery_callback_attempts_total"
    assert of_tax(attempts, outcome="delivered") == 1
    assert of_tax(attempts, outcome="failed") == 4
    assert of_tax(attempts, outcome="gone") == 1
    assert of_tax(attempts, outcome="unsent") == 0
    assert of_tax("chancery_callbacks_ended_total", status="delivered") == 1
    assert of_tax("chancery_callbacks_ended_total", status="dead") == 1
    assert of_tax("chancery_callbacks", status="pending") == 4
    assert of_tax("chancery_callbacks", status="dead") == 1
    assert of_tax("chancery_callback_urls_gone") == 1
    assert of_tax("chancery_callback_breakers", state="open") == 1
    assert of_tax("chancery_callback_breakers", state="trying") == 0
    assert seen["chancery_callback_breakers_opened_total", ()] == 1
    await ledger.callbacks.redeliver("tax", gone.id)
    assert (await figures(api))["chancery_callback_urls_gone", (("department", "tax"),)] == 0


async def test_metrics_tell_how_good_promises_of_batches_were(
    api: Api, ledger: Ledger, redis_url: str
) -> None:
    then, hour = datetime.now(UTC) - timedelta(hours=10), timedelta(hours=1)
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        driver = BatchDriver(ledger, redis)
        for promised, due in ((20, 50), (8, 50), (4, 9)):
            batch = await driver.begin(
                1, created_at=then, expected_at=then + promised * hour, deadline=then + due * hour
            )
            if due > 10:
                await driver.release()
                await driver.run(driver.take_sent())
            await ledger.upkeep.run_due_work()
            assert await driver.write(batch)
    seen, name = await figures(api), "chancery_batch_duration_over_promise"
    found = {bound: seen[f"{name}_bucket", (("le", bound),)] for bound in ("0.8", "1.5", "4")}
    assert found == {"0.8": 1, "1.5": 2, "4": 3}
    assert seen[f"{name}_count", ()] == seen[f"{name}_bucket", (("le", "+Inf"),)] == 3
    assert seen[f"{name}_sum", ()] == pytest.approx(0.5 + 1.25 + 2.25, rel=0.01)
    tax = ("department", "tax")
    assert seen["chancery_batches_ended_total", (tax, ("status", "expired"))] == 1


async def test_metrics_may_ask_for_a_token(open_api: Open) -> None:
    settings = ApiSettings(metrics_token=SecretStr("t0ken"))
    async with open_api(settings=settings) as api:
        problem_of(await api.anonymous.get("/metrics"), 401, "unauthorized")
        problem_of(await api.http.get("/metrics"), 401, "unauthorized")
        assert await figures(api, Authorization="Bearer t0ken")


async def test_every_problem_is_explained_where_its_type_leads(api: Api) -> None:
    listed = (await api.anonymous.get("/problems")).json()["data"]
    assert {one["type"] for one in listed} == {f"/problems/{code}" for code in PROBLEM_TYPES}
    for one in listed:
        explained = (await api.anonymous.get(one["type"])).json()
        assert explained == one
        assert explained["what_to_do"]
    problem_of(await api.anonymous.get("/problems/none"), 404, "not-found")


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/v1/jobs/", "/docs/../../etc/passwd"])
async def test_an_address_that_is_not_there_is_a_problem(api: Api, path: str) -> None:
    problem_of(await api.http.get(path), 404, "not-found")


async def test_a_method_that_is_not_answered_is_a_problem(api: Api) -> None:
    answer = await api.http.put("/v1/tasks")
    problem_of(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("given", "kept"),
    [("case-1187.a_B", True), ("a" * 129, False), ("x y\u00e9", False), ("", False)],
)
async def test_a_plain_request_id_is_used_and_any_other_replaced(
    api: Api, given: str, *, kept: bool
) -> None:
    headers = {b"X-Request-Id": given.encode("latin-1")}
    answer = await api.http.get("/v1/tasks", headers=headers)
    sent_back = answer.headers["x-request-id"]
    assert sent_back == given if kept else re.fullmatch(r"req_[0-9a-z]{26}", sent_back)


async def test_an_unexpected_error_is_logged_without_content_and_answered(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ValueError("the text of a document")

    monkeypatch.setattr(api.app.state.services.ledger.jobs, "list", broken)
    with capture_logs() as logs:
        answer = await api.http.get("/v1/jobs", headers={"X-Request-Id": "r1"})
    problem = problem_of(answer, 500, "internal")
    assert (problem["request_id"], answer.headers["x-request-id"]) == ("r1", "r1")
    assert "the text of a document" not in answer.text
    [record] = [line for line in logs if line["event"] == "request.failed"]
    assert (record["error"], record["path"]) == ("builtins.ValueError", "/v1/jobs")
    assert "broken" in record["where"][-1]
    assert "the text of a document" not in str(record)


async def test_the_docs_need_no_other_network(api: Api) -> None:
    page = await api.anonymous.get("/docs")
    assert page.status_code == 200
    assert re.findall(r"https?://", page.text) == []
    for place in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        asset = await api.anonymous.get(place)
        assert asset.status_code == 200
        assert len(asset.content) > 10_000


async def test_the_openapi_document_tells_of_every_call_and_its_errors(api: Api) -> None:
    document = (await api.anonymous.get("/openapi.json")).json()
    calls = {
        f"{method.upper()} {path}": call
        for path, methods in document["paths"].items()
        for method, call in methods.items()
    }
    assert set(calls) >= {
        "POST /v1/documents", "GET /v1/tasks", "GET /v1/tasks/{name}", "POST /v1/jobs",
        "GET /v1/jobs/{job_id}", "GET /v1/jobs", "GET /v1/jobs/{job_id}/result",
        "POST /v1/jobs/{job_id}/cancel", "GET /v1/callbacks",
        "POST /v1/callbacks/{callback_id}/redeliver", "GET /v1/usage", "GET /healthz",
        "GET /readyz", "GET /metrics",
    }  # fmt: skip
    for name, call in calls.items():
        assert call["tags"], name
        if " /v1/" in name:
            assert call["security"], name
            assert {"401", "503"} <= set(call["responses"]), name
    assert document["components"]["schemas"]["JobRequest"]["example"]["task"] == "summarize"
    for name in ("DocumentView", "JobView", "CallbackView"):
        schema = document["components"]["schemas"][name]
        assert schema["example"].keys() == schema["properties"].keys()
        validate(schema["example"], {**schema, "components": document["components"]})
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', str(document).replace("'", '"')))
    assert references <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in document["components"]["schemas"]
