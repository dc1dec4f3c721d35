"""Sign-off over HTTP: a held result is read, corrected, approved or rejected, and then sent."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import to_json

from jobs.deletion import Deletions
from jobs.ledger import Ledger
from jobs.ledger.runs import Ending, Finish
from jobs.model.api_key import KeyRules, Scope
from jobs.model.approval import ApprovalPolicy
from jobs.model.job import Usage
from jobs.model.provenance import Provenance
from jobs.model.states import JobStatus
from jobs.process.settings import StoreSettings
from jobs.store import Store
from tests.integration.api.access.test_access import with_key
from tests.integration.api.conftest import ALLOWED, Api, finish, problem_of

TEXT = "Please pay 12,000 yuan. Yours faithfully, Li Lei"
SCHEMA = {
    "type": "object",
    "properties": {"sender": {"type": "string"}, "amount": {"type": "number"}},
    "required": ["sender"],
    "additionalProperties": False,
}
RESULT: dict[str, Any] = {
    "data": {"sender": "Li Lei", "amount": 1200},
    "valid": True,
    "missing": [],
    "evidence": [],
    "unverified": [],
    "not_listed": 0,
}
CORRECTED = RESULT | {"data": {"sender": "Li Lei", "amount": 12000}}
PROVENANCE = Provenance("1", "m", "0" * 64, doubts=("value-missing",))


async def hold(api: Api, ledger: Ledger, result: dict[str, Any] = RESULT, **job: Any) -> str:
    """A job of tax whose result waits. Returns its id."""
    request = {"task": "extract", "input": {"text": TEXT}, "options": {"schema": SCHEMA}, **job}
    await ledger.departments.set_approval("tax", ApprovalPolicy({request["task"]: None}))
    submitted = await api.submit(**request)
    (claim,) = (await ledger.runs.claim([submitted["id"]], "w", 30)).granted
    data = to_json(result)
    blob = await store_of(api.folder).put(data, "tax", submitted["id"])
    ending = Ending(
        JobStatus.succeeded,
        result_blob=blob,
        result_bytes=len(data),
        provenance=PROVENANCE,
        usage=Usage(prompt_tokens=10),
    )
    assert await ledger.runs.finish(claim, ending) is Finish.held
    return str(submitted["id"])


def store_of(folder: Path) -> Store:
    return Store.opened(StoreSettings(data_dir=folder))


def approve(by: str = "韩梅梅", **more: Any) -> dict[str, Any]:
    return {"decision": "approve", "by": by, **more}


REJECT = {"decision": "reject", "by": "李雷", "reason": "金额有误"}


async def test_a_held_result_is_shown_to_reviewers_only_and_sends_no_callback(
    api: Api, ledger: Ledger
) -> None:
    job_id = await hold(api, ledger, callback_url=ALLOWED)
    job = (await api.http.get(f"/v1/jobs/{job_id}")).json()
    assert (job["status"], job["substatus"]) == ("running", "awaiting_approval")
    assert job["awaiting_until"] > job["created_at"]
    assert job["result"] is None
    problem_of(await api.http.get(f"/v1/jobs/{job_id}/result"), 409, "not-ended")
    assert (await api.http.get("/v1/callbacks")).json()["data"] == []
    review = (await api.http.get(f"/v1/jobs/{job_id}/approval")).json()
    assert review["result"] == RESULT
    assert review["source"]["text"] == TEXT
    assert review["options"] == {"schema": SCHEMA}
    assert review["doubts"] == ["value-missing"]
    waiting = (await api.http.get("/v1/approvals?task=extract")).json()["data"]
    assert [each["id"] for each in waiting] == [job_id]
    assert (await api.http.get("/v1/approvals?task=summarize")).json()["data"] == []
    assert (await api.other.get("/v1/approvals")).json()["data"] == []
    problem_of(await api.other.get(f"/v1/jobs/{job_id}/approval"), 404, "not-found")
    problem_of(await api.other.post(f"/v1/jobs/{job_id}/approval", json=REJECT), 404, "not-found")
    async with with_key(
        api, ledger, KeyRules(scopes=frozenset({Scope.read, Scope.submit, Scope.admin}))
    ) as other_key:
        problem_of(await other_key.get(f"/v1/jobs/{job_id}/approval"), 403, "scope-missing")


async def test_an_approved_result_is_sent_with_who_and_when(api: Api, ledger: Ledger) -> None:
    job_id = await hold(api, ledger, callback_url=ALLOWED)
    first = await api.http.post(f"/v1/jobs/{job_id}/approval", json=approve())
    assert first.status_code == 200, first.text
    again = await api.http.post(f"/v1/jobs/{job_id}/approval", json=approve())
    assert again.json() == first.json()
    job = (await api.http.get(f"/v1/jobs/{job_id}")).json()
    assert (job["status"], job["substatus"], job["result"]) == ("succeeded", None, RESULT)
    approval = job["provenance"]["approval"]
    assert approval["at"] == job["finished_at"]
    assert (approval["by"], approval["decision"], approval["changed"]) == (
        "韩梅梅",
        "approved",
        [],
    )
    assert approval["key_id"] in api.keys["tax"]
    events = (await api.http.get("/v1/callbacks")).json()["data"]
    assert [(event["type"], event["job_id"]) for event in events] == [("job.succeeded", job_id)]
    second = await api.http.post(f"/v1/jobs/{job_id}/approval", json=approve("李雷"))
    assert "韩梅梅" in problem_of(second, 409, "already-decided")["detail"]
    problem_of(await api.http.get(f"/v1/jobs/{job_id}/approval"), 409, "not-awaiting-approval")
    assert (await api.http.get("/v1/approvals")).json()["data"] == []


async def test_a_corrected_result_is_the_jobs_and_a_test_case(api: Api, ledger: Ledger) -> None:
    job_id = await hold(api, ledger)
    path = f"/v1/jobs/{job_id}/approval"
    body = approve(result=CORRECTED, reason="two zeros were missing")
    first = await api.http.post(path, json=body)
    assert first.status_code == 200, first.text
    assert (await api.http.post(path, json=body)).json() == first.json()
    problem_of(await api.http.post(path, json=approve(result=RESULT)), 409, "already-decided")
    job = (await api.http.get(f"/v1/jobs/{job_id}")).json()
    # RESULT is of a release without `unread`.
    assert job["result"] == CORRECTED | {"unread": []}
    assert job["provenance"]["approval"]["changed"] == ["/data/amount"]
    cases = (await api.http.get("/v1/approvals/cases?task=extract")).json()
    assert cases["cases"] == [
        {
            "name": job_id,
            "text": TEXT,
            "options": {"schema": SCHEMA},
            "expect": {"equal": {"/amount": 12000}},
        }
    ]
    assert (await api.http.get("/v1/approvals/cases?task=summarize")).json()["cases"] == []
    assert len(api.files()) == 3  # the run's result, the corrected one, the case
    assert (await api.http.delete(f"/v1/jobs/{job_id}")).status_code == 200
    assert api.files() == []
    assert (await api.http.get("/v1/approvals/cases?task=extract")).json()["cases"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"data": {"amount": 12000}}, "#/result/data"),
        ({"data": {"sender": 5}}, "#/result/data/sender"),
        ({"valid": "yes"}, "#/result/valid"),
        ({"note": "checked"}, "#/result/note"),
    ],
)
async def test_a_correction_that_does_not_fit_the_task_changes_nothing(
    api: Api, ledger: Ledger, change: dict[str, Any], pointer: str
) -> None:
    job_id = await hold(api, ledger)
    before = api.files()
    body = approve(result=RESULT | change)
    answer = await api.http.post(f"/v1/jobs/{job_id}/approval", json=body)
    problem = problem_of(answer, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert sorted(api.files()) == sorted(before)
    assert (await api.http.get(f"/v1/jobs/{job_id}/approval")).status_code == 200


async def test_a_rejected_result_fails_the_job_with_the_reason(api: Api, ledger: Ledger) -> None:
    job_id = await hold(api, ledger, callback_url=ALLOWED)
    path = f"/v1/jobs/{job_id}/approval"
    problem_of(
        await api.http.post(path, json={"decision": "reject", "by": "李雷"}),
        422,
        "invalid-request",
    )
    assert (await api.http.post(path, json=REJECT)).status_code == 200
    job = (await api.http.get(f"/v1/jobs/{job_id}")).json()
    assert (job["status"], job["result"]) == ("failed", None)
    assert job["error"]["type"] == "/problems/rejected"
    assert "李雷" in job["error"]["detail"]
    assert "金额有误" in job["error"]["detail"]
    assert job["provenance"]["approval"]["decision"] == "rejected"
    assert (await api.http.get("/v1/callbacks")).json()["data"][0]["type"] == "job.failed"
    problem_of(await api.http.post(path, json=approve()), 409, "already-decided")


async def test_of_two_reviewers_at_one_time_one_decides(api: Api, ledger: Ledger) -> None:
    job_id = await hold(api, ledger)
    answers = await asyncio.gather(
        api.http.post(f"/v1/jobs/{job_id}/approval", json=approve(result=CORRECTED)),
        api.http.post(f"/v1/jobs/{job_id}/approval", json=approve("李雷", result=CORRECTED)),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(api.files()) == 3


async def test_a_job_that_waits_can_be_cancelled_and_expires(api: Api, ledger: Ledger) -> None:
    cancelled, expired = await hold(api, ledger), await hold(api, ledger, metadata={"n": 2})
    problem_of(await api.http.delete(f"/v1/jobs/{cancelled}"), 409, "not-ended")
    answer = await api.http.post(f"/v1/jobs/{cancelled}/cancel")
    assert answer.json()["status"] == "cancelled"
    problem_of(
        await api.http.post(f"/v1/jobs/{cancelled}/approval", json=approve()),
        409,
        "not-awaiting-approval",
    )
    await ledger.departments.set_approval("tax", ApprovalPolicy({"extract": None}, timedelta()))
    late = await late_job(api, ledger)
    await ledger.upkeep.run_due_work()
    job = (await api.http.get(f"/v1/jobs/{late}")).json()
    assert (job["status"], job["error"]["type"]) == ("expired", "/problems/approval-expired")
    deletions = Deletions(ledger, store_of(api.folder))
    for job_id in (cancelled, late):
        assert await deletions.job("tax", job_id)
    assert len([name for name in api.files() if expired in name]) == 1


async def late_job(api: Api, ledger: Ledger) -> str:
    submitted = await api.submit(task="extract", options={"schema": SCHEMA})
    (claim,) = (await ledger.runs.claim([submitted["id"]], "w", 30)).granted
    blob = await store_of(api.folder).put(b"{}", "tax", submitted["id"])
    ending = Ending(JobStatus.succeeded, result_blob=blob, result_bytes=2, provenance=PROVENANCE)
    assert await ledger.runs.finish(claim, ending) is Finish.held
    return str(submitted["id"])


async def test_only_results_below_the_confidence_wait(api: Api, ledger: Ledger) -> None:
    await ledger.departments.set_approval("tax", ApprovalPolicy({"summarize": 0.8}))
    for confidence, held in ((0.8, False), (0.79, True), (None, True)):
        job = await api.submit()
        (claim,) = (await ledger.runs.claim([job["id"]], "w", 30)).granted
        ending = Ending(JobStatus.succeeded, result="{}", confidence=confidence)
        stands = await ledger.runs.finish(claim, ending)
        assert stands is (Finish.unstored if held else Finish.ended)


async def test_without_the_setting_nothing_waits(api: Api, ledger: Ledger) -> None:
    job = await api.submit()
    await finish(ledger, job["id"])
    answer = await api.http.post(f"/v1/jobs/{job['id']}/approval", json=approve())
    problem_of(answer, 409, "not-awaiting-approval")
