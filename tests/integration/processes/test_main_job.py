"""The main job, end to end: submitted, run, called back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from jobs.model.states import CallbackStatus, JobStatus
from standin.engine_process import StandInControl
from tests.integration.processes.receiver import Receiver
from tests.integration.processes.system import Desk

OPTIONS: dict[str, dict[str, Any]] = {
    "summarize": {"max_words": 30},
    "extract": {"schema": {"type": "object", "properties": {"what": {"type": "string"}}}},
    "classify": {"labels": [{"name": "complaint"}, {"name": "question"}]},
}


@pytest.mark.parametrize("lane", ["interactive", "bulk"])
@pytest.mark.parametrize("task", OPTIONS)
async def test_a_job_of_each_task_and_lane_succeeds_and_is_called_back(
    desk: Desk, receiver: Receiver, task: str, lane: str
) -> None:
    job_id = await desk.submit(
        task=task, lane=lane, options=OPTIONS[task], callback_url=receiver.url("/hook?a=1")
    )
    job = await desk.ended(job_id)
    assert (job.status, job.error) == (JobStatus.succeeded, None)
    callback = await desk.settled(job_id)
    (received,) = receiver.received
    # Verifies the received bytes: any difference from the signed ones fails here.
    verified = Webhook(desk.secret).verify(received.body, received.headers)
    assert verified["type"] == "job.succeeded"
    assert verified["data"]["result"] == job.result
    assert verified["data"]["id"] == job_id
    assert received.path == "/hook?a=1"
    assert received.headers["webhook-id"] == callback.id
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert received.headers["content-type"] == "application/json"


async def test_a_callback_with_changed_bytes_does_not_verify(
    desk: Desk, receiver: Receiver
) -> None:
    await desk.settled(await desk.submit(callback_url=receiver.url()))
    (received,) = receiver.received
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(desk.secret).verify(received.body + b" ", received.headers)


@pytest.mark.parametrize(("answer_chars", "inside"), [(100, True), (6_000, False)])
async def test_a_large_result_is_replaced_by_its_url_in_the_callback(
    desk: Desk, receiver: Receiver, engine: StandInControl, answer_chars: int, *, inside: bool
) -> None:
    engine.control(answer=json.dumps({"what": {"quote": "", "value": "x" * answer_chars}}))
    job_id = await desk.submit(
        task="extract", options=OPTIONS["extract"], callback_url=receiver.url()
    )
    await desk.settled(job_id)
    (received,) = receiver.received
    job = Webhook(desk.secret).verify(received.body, received.headers)["data"]
    if inside:
        assert "x" * answer_chars in json.dumps(job["result"])
        assert job["result_url"] is None
    else:
        assert job["result"] is None
        assert job["result_url"].endswith(f"/v1/jobs/{job_id}/result")
        assert len(received.body) < 4_000
        blob = (await desk.job(job_id)).result_blob
        assert blob is not None
        assert ("x" * answer_chars).encode() in await desk.store.read(blob)


async def test_a_job_without_a_callback_url_has_no_callback(desk: Desk) -> None:
    job_id = await desk.submit()
    assert (await desk.ended(job_id)).status is JobStatus.succeeded
    assert (await desk.ledger.callbacks.list(desk.name)).items == []


async def test_a_callback_is_recorded_in_the_ledger(desk: Desk, receiver: Receiver) -> None:
    callback = await desk.settled(await desk.submit(callback_url=receiver.url()))
    assert callback.status is CallbackStatus.delivered
    (attempt,) = callback.attempts
    assert (attempt.status_code, attempt.error) == (204, None)
    assert callback.next_attempt_at is None
