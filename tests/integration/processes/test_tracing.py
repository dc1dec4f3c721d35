"""Traces: from a submission to the answer of its callback's receiver, over OTLP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from standin.engine_process import StandInControl
from tests.integration.processes.collector import Collector, collecting
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.receiver import Receiver, status
from tests.integration.processes.system import Desk, System, until

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TEXT = "The water is off in Harbour Street on 5 March."


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture
def traced_system(
    redis_url: str, engine: StandInControl, tmp_path: Path, collector: Collector
) -> Iterator[System]:
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    system = System(redis_url, tmp_path, engine, env)
    try:
        system.up(system.start("worker"), system.start("courier"))
        yield system
    finally:
        system.stop()


async def submit(api_url: str, desk: Desk, callback_url: str) -> str:
    job = {"task": "summarize", "input": {"text": TEXT}, "callback_url": callback_url}
    headers = {
        "authorization": f"Bearer {desk.key}",
        "traceparent": f"00-{TRACE}-{PARENT}-01",
    }
    async with httpx.AsyncClient(base_url=api_url, headers=headers, timeout=30) as http:
        answer = await http.post("/v1/jobs", json=job)
        assert answer.status_code == 202, answer.text
        refused = await http.post("/v1/jobs", json={**job, "task": "nothing"})
        assert refused.status_code == 422
    return str(answer.json()["id"])


async def test_a_trace_leads_from_the_submission_to_the_receivers_answer(
    traced_system: System, open_desk: OpenDesk, receiver: Receiver, collector: Collector
) -> None:
    api_url = traced_system.start_api(answers="/healthz")
    desk = await open_desk(traced_system)
    receiver.answers.append(status(503))
    job_id = await submit(api_url, desk, receiver.url())
    await desk.settled(job_id)
    await until(lambda: len(collector.spans) >= 6)

    submitted, refused = sorted(
        (one for one in collector.spans if one.name == "submit job"), key=lambda one: one.failed
    )
    run, chat = collector.one("run summarize"), collector.one("chat")
    first, second = sorted(
        (one for one in collector.spans if one.name == "callback job.succeeded"),
        key=lambda one: one.attributes["chancery.callback.attempt"],
    )
    assert {one.trace_id for one in collector.spans} == {TRACE}
    assert submitted.parent_id == refused.parent_id == PARENT
    assert run.parent_id == first.parent_id == second.parent_id == submitted.id
    assert chat.parent_id == run.id
    assert (submitted.attributes["chancery.job.id"], run.attributes["chancery.job.id"]) == (
        job_id,
        job_id,
    )
    assert refused.failed == "unknown-task"
    assert (first.failed, second.failed) == ("503", "")
    assert second.attributes["http.response.status_code"] == "204"
    services = [one.service for one in (submitted, run, second)]
    assert services == ["chancery-api", "chancery-worker", "chancery-courier"]

    assert traced_system.engine.traceparent() == f"00-{TRACE}-{chat.id}-01"
    sent = [one.headers["traceparent"] for one in receiver.received]
    assert sent == [f"00-{TRACE}-{first.id}-01", f"00-{TRACE}-{second.id}-01"]
    assert "Harbour" not in str(collector.spans)
