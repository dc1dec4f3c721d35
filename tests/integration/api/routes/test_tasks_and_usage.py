"""What can be done, and what was used."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from jsonschema import Draft202012Validator
from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.model.job import Usage
from jobs.model.problems import Problem
from jobs.model.provenance import Provenance
from jobs.model.roles import Role
from jobs.model.states import JobStatus
from jobs.process.settings import ApiSettings, PriceSettings
from tasks.registry import TASKS
from tests.integration.api.conftest import Api, Open, finish, problem_of

NO_GPU = {"reasoning_tokens": 0, "gpu_seconds": 0.0, "joules": 0.0}


async def test_every_task_is_listed_with_its_schemas(api: Api) -> None:
    listed = (await api.http.get("/v1/tasks")).json()
    assert (listed["object"], listed["next_cursor"]) == ("list", None)
    assert [task["name"] for task in listed["data"]] == sorted(TASKS)
    for task in listed["data"]:
        assert set(task) == {
            "name", "version", "title", "description", "origin", "accepts",
            "options_schema", "result_schema",
        }  # fmt: skip
        assert task["origin"] == "built-in"
        Draft202012Validator.check_schema(task["options_schema"])
        Draft202012Validator.check_schema(task["result_schema"])
        assert (await api.http.get(f"/v1/tasks/{task['name']}")).json() == task


async def test_a_task_that_is_not_there_is_not_found(api: Api) -> None:
    problem_of(await api.http.get("/v1/tasks/none"), 404, "not-found")


async def test_a_department_sees_only_its_own_usage(api: Api, ledger: Ledger) -> None:
    for _ in range(2):
        job = await api.submit()
        usage = Usage(prompt_tokens=10, completion_tokens=4, cached_tokens=3, engine_seconds=1.5)
        await finish(ledger, job["id"], usage=usage)
    today = datetime.now(UTC).date()
    week = {"from": str(today - timedelta(days=6)), "to": str(today)}
    used = (await api.http.get("/v1/usage", params=week)).json()
    assert (used["department"], used["from"], used["to"]) == ("tax", week["from"], week["to"])
    assert used["total"] == {
        "jobs": {"succeeded": 2},
        "prompt_tokens": 20,
        "completion_tokens": 8,
        "cached_tokens": 6,
        "engine_seconds": 3.0,
    }
    assert used["data"] == [{**used["total"], "day": str(today)}]
    theirs = (await api.other.get("/v1/usage", params=week)).json()
    assert theirs["data"] == []


async def test_usage_is_by_task_and_model_with_the_share_escalated(
    api: Api, ledger: Ledger
) -> None:
    origin = Provenance("1", "m", "0" * 64)
    small, large = Usage(10, 4, 3, 0.5), Usage(10, 8, 0, 2.0)
    endings = (
        {"usage": large, "provenance": origin},
        {"usage": small, "fast_usage": small, "provenance": replace(origin, role=Role.fast)},
        {
            "usage": small + large,
            "fast_usage": small,
            "provenance": replace(origin, escalated=True, doubts=("too-long", "wrong-language")),
        },
    )
    for ending in endings:
        await finish(ledger, (await api.submit())["id"], **ending)
    await api.http.post(f"/v1/jobs/{(await api.submit())['id']}/cancel")
    used = (await api.http.get("/v1/usage")).json()
    assert used["tasks"] == {
        "summarize": {
            "jobs": {"succeeded": 3, "cancelled": 1},
            "kept": 1,
            "escalated": 1,
            "share_escalated": 0.5,
            "doubts": {"too-long": 1, "wrong-language": 1},
            "fast": {
                "prompt_tokens": 20,
                "completion_tokens": 8,
                "cached_tokens": 6,
                "engine_seconds": 1.0,
                **NO_GPU,
            },
            "full": {
                "prompt_tokens": 20,
                "completion_tokens": 16,
                "cached_tokens": 0,
                "engine_seconds": 4.0,
                **NO_GPU,
            },
        }
    }
    assert used["total"]["prompt_tokens"] == 40


MONTH = {
    "task": "summarize",
    "model": "deepseek",
    "documents": 1,
    "pages": 4,
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "cached_tokens": 30,
    "reasoning_tokens": 5,
    "engine_seconds": 2.0,
    "gpu_seconds": 36.0,
    "energy_kwh": 0.01,
    "wh_per_document": 10.0,
    "cost": 0.108,
    "cost_per_document": 0.108,
}


async def ended_job(ledger: Ledger, job_id: str) -> None:
    await finish(
        ledger,
        job_id,
        usage=Usage(100, 20, 30, 2.0, 5, 36.0, 36_000.0),
        models={Role.full: "deepseek"},
        pages=4,
        provenance=Provenance("1", "deepseek", "0" * 64),
    )


async def test_months_have_the_energy_and_cost_of_each_model(
    open_api: Open, ledger: Ledger
) -> None:
    prices = PriceSettings(per_kwh=0.8, per_gpu_hour=10.0, currency="CNY")
    async with open_api(prices=prices) as api:
        await ended_job(ledger, (await api.submit())["id"])
        used = (await api.http.get("/v1/usage")).json()
        month = f"{datetime.now(UTC):%Y-%m}"
        assert used["months"] == [{"month": month, "department": "tax", **MONTH}]
        assert used["currency"] == "CNY"
        answer = await api.http.get("/v1/usage", params={"format": "csv"})
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.text.splitlines() == [
            ",".join(used["months"][0]),
            ",".join(map(str, used["months"][0].values())),
        ]
        assert (await api.other.get("/v1/usage")).json()["months"] == []


async def test_operators_read_the_usage_of_all_departments(open_api: Open, ledger: Ledger) -> None:
    settings = ApiSettings(metrics_token=SecretStr("t0ken"))
    async with open_api(settings=settings) as api:
        for client in (api.http, api.http, api.other):
            job = await client.post(
                "/v1/jobs", json={"task": "summarize", "input": {"text": "Off."}}
            )
            await ended_job(ledger, job.json()["id"])
        token = {"Authorization": "Bearer t0ken"}
        used = (await api.anonymous.get("/v1/usage", headers=token)).json()
        assert (used["department"], used["quota"]) == (None, [])
        assert [(row["department"], row["documents"]) for row in used["months"]] == [
            ("health", 1),
            ("tax", 2),
        ]
        assert used["total"]["jobs"] == {"succeeded": 3}
        assert [day["prompt_tokens"] for day in used["data"]] == [300]
        assert used["tasks"]["summarize"]["full"]["completion_tokens"] == 60
        # The token is for counts alone.
        problem_of(await api.anonymous.get("/v1/jobs", headers=token), 401, "unauthorized")
        problem_of(await api.anonymous.get("/v1/usage"), 401, "unauthorized")


async def test_a_failure_on_the_fast_model_is_not_counted_as_kept(api: Api, ledger: Ledger) -> None:
    origin = Provenance("1", "m", "0" * 64, role=Role.fast)
    error = Problem("job-timeout", "It ran too long.")
    job = await api.submit()
    await finish(
        ledger, job["id"], status=JobStatus.failed, result=None, error=error, provenance=origin
    )
    used = (await api.http.get("/v1/usage")).json()["tasks"]["summarize"]
    assert (used["kept"], used["escalated"], used["share_escalated"]) == (0, 0, None)


@pytest.mark.parametrize(
    "params",
    [
        {"from": "2026-02-30"},
        {"from": "2026-03-01", "to": "2026-02-01"},
        {"from": "2020-01-01", "to": "2026-01-01"},
        {"to": "yesterday"},
    ],
)
async def test_days_that_cannot_be_are_refused(api: Api, params: dict[str, str]) -> None:
    answer = await api.http.get("/v1/usage", params=params)
    assert problem_of(answer, 422, "invalid-request")["errors"]
