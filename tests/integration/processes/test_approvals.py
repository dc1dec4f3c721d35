"""Sign-off with real workers, courier and scheduler: nothing leaves before a person decides."""

from __future__ import annotations

import json
from typing import Any

from jobs.model.approval import ApprovalPolicy
from jobs.model.states import JobStatus
from tests.integration.processes.caller import JOBS, Caller, job_line
from tests.integration.processes.receiver import Receiver
from tests.integration.processes.system import Desk, until

POLICY = ApprovalPolicy({"summarize": None})


async def waiting(caller: Caller, count: int) -> list[dict[str, Any]]:
    """The jobs that wait, when there are so many."""
    found: list[dict[str, Any]] = []

    async def enough() -> bool:
        found[:] = (await caller.http.get("/v1/approvals")).json()["data"]
        return len(found) == count

    await until(enough)
    return found


async def decide(caller: Caller, job_id: str, **decision: Any) -> None:
    body = {"decision": "approve", "by": "韩梅梅", **decision}
    answer = await caller.http.post(f"/v1/jobs/{job_id}/approval", json=body)
    assert answer.is_success, answer.text


async def test_a_result_leaves_the_worker_and_is_sent_when_it_is_approved(
    desk: Desk, caller: Caller, receiver: Receiver
) -> None:
    await desk.ledger.departments.set_approval(desk.name, POLICY)
    job_id = await desk.submit(callback_url=receiver.url())
    (job,) = await waiting(caller, 1)
    assert (job["id"], job["status"], job["result"]) == (job_id, "running", None)
    assert receiver.received == []
    review = (await caller.http.get(f"/v1/jobs/{job_id}/approval")).json()
    assert review["source"]["text"] == "The water is off on 5 March."
    corrected = review["result"] | {"summary": "停水。"}
    await decide(caller, job_id, result=corrected)
    await desk.settled(job_id)
    (callback,) = receiver.received
    data = json.loads(callback.body)["data"]
    assert (data["status"], data["result"]) == ("succeeded", corrected)
    assert data["provenance"]["approval"]["changed"] == ["/summary"]
    assert (await desk.job(job_id)).status is JobStatus.succeeded


async def test_a_batch_waits_for_its_lines(desk: Desk, caller: Caller) -> None:
    await desk.ledger.departments.set_approval(desk.name, POLICY)
    lines = [job_line(f"line-{number}", options={"max_words": 30}) for number in range(3)]
    batch = await caller.submit(lines, endpoint=JOBS)
    first, second, third = await waiting(caller, 3)
    review = (await caller.http.get(f"/v1/jobs/{second['id']}/approval")).json()
    assert review["options"] == {"max_words": 30}
    counts = (await caller.openai.batches.retrieve(batch.id)).request_counts
    assert counts is not None
    assert (counts.completed, counts.failed) == (0, 0)
    await decide(caller, first["id"])
    await decide(caller, second["id"], result=review["result"] | {"summary": "停水。"})
    await decide(caller, third["id"], decision="reject", reason="no")
    ended = await caller.ended(batch)
    output = {line["custom_id"]: line for line in await caller.output(ended)}
    assert set(output) == {first["custom_id"], second["custom_id"]}
    body = output[second["custom_id"]]["response"]["body"]
    assert body["result"]["summary"] == "停水。"
    assert body["provenance"]["approval"]["by"] == "韩梅梅"
    (error,) = await caller.errors(ended)
    assert (error["custom_id"], error["error"]["code"]) == (third["custom_id"], "rejected")
    (case,) = (await caller.http.get("/v1/approvals/cases?task=summarize")).json()["cases"]
    assert (case["name"], case["expect"]) == (second["id"], {"equal": {"/summary": "停水。"}})
    assert case["text"]
