"""A system with a master key: nothing that departments send is on the disk in clear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from standardwebhooks.webhooks import Webhook

from jobs.model.states import JobStatus
from standin.documents.builders import PARAGRAPH, as_docx
from tests.contents import contents
from tests.integration.processes.caller import (
    JOBS,
    Caller,
    calling,
    chat_lines,
    custom_ids,
    job_line,
    text_of,
    words_of,
)
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.receiver import Receiver
from tests.integration.processes.system import System, until
from tests.sealing import master_key

ROLES = ("worker", "courier", "scheduler")
TEXT = "The water is off in the street of the mill."
WORDS = "The bridge at the weir is closed."


def in_clear(folder: Path, *texts: str) -> list[str]:
    """Files of the data dir, except logs, in which one of the texts is."""
    return [
        str(path)
        for path, data in contents(folder)
        if path.suffix != ".log" and any(text.encode() in data for text in texts)
    ]


@pytest.mark.timeout(300)
async def test_documents_results_and_batches_are_encrypted_from_end_to_end(
    empty_system: System, open_desk: OpenDesk, receiver: Receiver
) -> None:
    empty_system.env = {"CHANCERY_MASTER_KEY": master_key()}
    desk = await open_desk(empty_system)
    empty_system.up(*[empty_system.start(role) for role in ROLES])
    api_url = empty_system.start_api()
    await until(lambda: _secret_is_sealed(empty_system, desk.name, desk.secret))
    async with calling(desk, api_url) as caller:
        job_id = await _job(caller, {"text": TEXT}, callback_url=receiver.url())
        await desk.settled(job_id)
        (received,) = receiver.to("/hook")
        Webhook(desk.secret).verify(received.body, dict(received.headers))
        await _check_docx(caller)
        await _check_batches(caller)
    assert in_clear(empty_system.folder, TEXT, WORDS, text_of("c1"), text_of("one")) == []


async def _check_docx(caller: Caller) -> None:
    docx = as_docx([(PARAGRAPH, WORDS)])
    upload = await caller.http.post("/v1/documents?filename=notice.docx", content=docx)
    document_id = upload.raise_for_status().json()["id"]
    job_id = await _job(caller, {"document_id": document_id}, task="parse", options={})
    result = await caller.http.get(f"/v1/jobs/{job_id}/result")
    assert WORDS in result.raise_for_status().text
    content = await caller.http.get(f"/v1/documents/{document_id}/content")
    assert content.content == docx
    part = {"range": "bytes=10-19"}
    content = await caller.http.get(f"/v1/documents/{document_id}/content", headers=part)
    assert content.content == docx[10:20]


async def _check_batches(caller: Caller) -> None:
    chats = await caller.ended(await caller.submit(chat_lines(3)))
    words = {words_of(line) for line in await caller.output(chats)}
    assert words == {text_of(f"c{number}") for number in range(3)}
    jobs = await caller.ended(await caller.submit([job_line("one"), b"no json"], JOBS))
    counts = jobs.request_counts
    assert counts is not None
    assert (counts.completed, counts.failed) == (1, 1)
    assert custom_ids(await caller.output(jobs)) == ["one"]


async def _job(caller: Caller, job_input: dict[str, Any], **more: Any) -> str:
    answer = await caller.http.post(
        "/v1/jobs", json={"task": "summarize", "input": job_input, **more}
    )
    assert answer.status_code == 202, answer.text
    job = await caller.desk.ended(answer.json()["id"])
    assert job.status is JobStatus.succeeded, job.error
    assert job.result is None
    assert job.result_blob is not None
    return job.id


def _secret_is_sealed(system: System, name: str, secret: str) -> bool:
    with Redis.from_url(system.redis_url, decode_responses=True) as redis:
        return secret not in str(redis.hget(f"chancery:department:{name}", "callback_secrets"))


@pytest.mark.parametrize("role", [*ROLES, "api"])
async def test_no_process_starts_with_another_master_key_or_without(
    empty_system: System, role: str
) -> None:
    empty_system.up(empty_system.start("scheduler", CHANCERY_MASTER_KEY=master_key(1)))
    for env in ({"CHANCERY_MASTER_KEY": master_key(2)}, {}, {"CHANCERY_MASTER_KEY": "short"}):
        child = empty_system.start(role, **env)
        assert child.wait() == 1
        (line,) = [line for line in child.log.read_text().splitlines() if "master key" in line]
        assert line.startswith("Nothing was started: ")


async def test_a_job_waits_while_a_worker_lacks_its_master_key(
    empty_system: System, open_desk: OpenDesk
) -> None:
    old, both = master_key(1), f"{master_key(2)}\n{master_key(1)}"
    # As if the worker had not been restarted since the file got its new first line.
    worker = empty_system.start("worker", CHANCERY_MASTER_KEY=old)
    empty_system.up(worker)
    empty_system.env = {"CHANCERY_MASTER_KEY": both}
    empty_system.up(*[empty_system.start(role) for role in ("courier", "scheduler")])
    async with calling(await open_desk(empty_system), empty_system.start_api()) as caller:
        request = {"task": "summarize", "input": {"text": TEXT}}
        job_id = (await caller.http.post("/v1/jobs", json=request)).json()["id"]
        await until(lambda: worker.events("job.requeued"))
        (requeued,) = worker.events("job.requeued")
        assert requeued["code"] == "storage-locked"
        assert (await caller.desk.job(job_id)).status is JobStatus.scheduled
        worker.kill()
        empty_system.up(empty_system.start("worker"))
        with Redis.from_url(empty_system.redis_url) as redis:
            redis.zadd("chancery:scheduled", {job_id: 0})  # do not wait for the next try
        assert (await caller.desk.ended(job_id)).status is JobStatus.succeeded
