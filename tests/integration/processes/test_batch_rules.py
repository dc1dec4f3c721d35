"""Listing, deleting, callbacks, idempotency and validation of batches and files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import openai
import pytest

from chancery import Batch, Job, verify
from standin.engine_process import StandInControl
from tests.integration.processes.caller import (
    JOBS,
    Caller,
    calling,
    chat_lines,
    custom_ids,
    job_line,
    text_of,
)
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.receiver import Receiver
from tests.integration.processes.system import System, until


async def test_batches_and_files_are_listed_retrieved_and_deleted_with_openais_client(
    caller: Caller,
) -> None:
    submitted = [await caller.submit(chat_lines(2), note=str(number)) for number in range(3)]
    ended = [await caller.ended(batch) for batch in submitted]

    page = await caller.openai.batches.list(limit=2)
    assert (len(page.data), page.has_more) == (2, True)
    listed = [batch async for batch in caller.openai.batches.list(limit=2)]
    assert [batch.id for batch in listed] == [batch.id for batch in reversed(submitted)]
    assert listed == list(reversed(ended))
    assert listed[0].metadata == {"note": "2"}

    files = [file async for file in caller.openai.files.list(limit=2)]
    purposes = [file.purpose for file in files]
    assert (purposes.count("batch"), purposes.count("batch_output")) == (3, 3)
    output_id = ended[0].output_file_id
    assert output_id is not None
    output = await caller.openai.files.retrieve(output_id)
    assert output.filename == f"{submitted[0].id}_output.jsonl"
    content = await caller.openai.files.content(output_id)
    assert (output.bytes, content.text.count("\n")) == (len(content.content), 2)

    assert (await caller.openai.files.delete(output_id)).deleted
    for gone in (caller.openai.files.retrieve, caller.openai.files.content):
        with pytest.raises(openai.NotFoundError):
            await gone(output_id)
    assert (await caller.openai.batches.retrieve(submitted[0].id)).output_file_id == output_id


async def test_files_of_a_batch_cannot_be_deleted_before_it_has_ended(
    caller: Caller, engine: StandInControl
) -> None:
    engine.control(holds=text_of("c1"))
    batch = await caller.submit([b"{bad", *chat_lines(2)])
    await caller.has_done(batch, 1)
    running = await caller.openai.batches.retrieve(batch.id)
    for file_id in (batch.input_file_id, running.error_file_id):
        assert file_id is not None
        with pytest.raises(openai.ConflictError):
            await caller.openai.files.delete(file_id)
    engine.control(holds="")
    ended = await caller.ended(batch)
    assert ended.status == "completed"
    for file_id in (ended.input_file_id, ended.output_file_id, ended.error_file_id):
        assert file_id is not None
        assert (await caller.openai.files.delete(file_id)).deleted


async def test_a_batch_has_a_callback_and_so_do_lines_with_a_callback_url(
    caller: Caller, receiver: Receiver
) -> None:
    with_url = job_line("with-url", callback_url=receiver.url("/line"), metadata={"case": "1"})
    batch = await caller.ended(
        await caller.submit(
            [with_url, job_line("without")], JOBS, callback_url=receiver.url("/batch"), case="2"
        )
    )
    await until(lambda: len(receiver.received) == 2)

    secret = caller.desk.secret
    (received,) = receiver.to("/batch")
    event = verify(secret, received.headers, received.body)
    assert event.type == "batch.completed"
    assert isinstance(event.data, Batch)
    assert (event.data.id, event.data.status) == (batch.id, "completed")
    assert event.data.output_file_id == batch.output_file_id
    assert event.data.metadata["case"] == "2"
    (received,) = receiver.to("/line")
    event = verify(secret, received.headers, received.body)
    assert event.type == "job.succeeded"
    assert isinstance(event.data, Job)
    assert (event.data.custom_id, event.data.batch_id) == ("with-url", batch.id)
    assert event.data.metadata == {"case": "1"}
    assert event.data.result
    # A job with a callback stays in the ledger; the others are in the output file only.
    jobs = (await caller.http.get("/v1/jobs", params={"batch_id": batch.id})).json()["data"]
    assert custom_ids(jobs) == ["with-url"]
    assert (await caller.http.get(f"/v1/jobs/{event.data.id}/result")).json() == event.data.result
    assert sorted(custom_ids(await caller.output(batch))) == ["with-url", "without"]


async def test_a_failed_batch_has_a_callback(caller: Caller, receiver: Receiver) -> None:
    batch = await caller.submit([b""], callback_url=receiver.url())
    await until(lambda: receiver.received)
    (received,) = receiver.received
    event = verify(caller.desk.secret, received.headers, received.body)
    assert (event.type, event.data.id) == ("batch.failed", batch.id)


async def test_an_idempotency_key_creates_one_batch(caller: Caller) -> None:
    file_id = await caller.upload(chat_lines(3))
    key = {"Idempotency-Key": "evening-1"}
    first = await caller.create(file_id, extra_headers=key)
    again = await caller.create(file_id, extra_headers=key)
    assert again.id == first.id
    with pytest.raises(openai.UnprocessableEntityError) as other:
        await caller.create(file_id, window="12h", extra_headers=key)
    assert _problem(other.value)["type"] == "/problems/idempotency-mismatch"
    await caller.ended(first)
    assert [batch.id async for batch in caller.openai.batches.list()] == [first.id]


async def test_a_repeated_key_is_answered_even_if_the_request_is_no_longer_valid(
    caller: Caller,
) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=6)
    file_id = await caller.upload(chat_lines(1))
    request: dict[str, Any] = {
        "metadata": {"deadline": soon.isoformat()},
        "extra_headers": {"Idempotency-Key": "evening-3"},
    }
    first = await caller.create(file_id, **request)
    await caller.ended(first)
    assert (await caller.openai.files.delete(file_id)).deleted
    await until(lambda: datetime.now(UTC) > soon)
    again = await caller.create(file_id, **request)
    assert (again.id, again.status) == (first.id, "validating")
    with pytest.raises(openai.UnprocessableEntityError) as other:
        await caller.create(file_id, window="12h", **request)
    assert _problem(other.value)["type"] == "/problems/idempotency-mismatch"


async def test_an_idempotency_key_with_documents_creates_one_batch_and_one_file(
    caller: Caller,
) -> None:
    document = await caller.document("The well is dry.")
    request = {"documents": [document], "task": "summarize"}
    ids = set()
    for _ in range(2):
        headers = {"Idempotency-Key": "evening-2"}
        answer = await caller.http.post("/v1/batches", json=request, headers=headers)
        ids.add(answer.raise_for_status().json()["id"])
    assert len(ids) == 1
    uploads = await caller.openai.files.list(purpose="batch")
    assert len(uploads.data) == 1


async def test_another_department_cannot_see_a_batch(
    caller: Caller, system: System, open_desk: OpenDesk, api_url: str
) -> None:
    batch = await caller.ended(await caller.submit(chat_lines(2)))
    document = await caller.document("The well is dry.")
    assert batch.output_file_id is not None
    async with calling(await open_desk(system), api_url) as other:
        for file_id in (batch.input_file_id, batch.output_file_id):
            for call in (other.openai.files.retrieve, other.openai.files.content):
                with pytest.raises(openai.NotFoundError):
                    await call(file_id)
            with pytest.raises(openai.NotFoundError):
                await other.openai.files.delete(file_id)
            with pytest.raises(openai.NotFoundError):
                await other.create(file_id)
        for batch_call in (other.openai.batches.retrieve, other.openai.batches.cancel):
            with pytest.raises(openai.NotFoundError):
                await batch_call(batch.id)
        assert [batch.id async for batch in other.openai.batches.list()] == []
        assert [file.id async for file in other.openai.files.list()] == []
        other_batch = await other.submit_documents(documents=[document], task="summarize")
        assert (await other.ended(other_batch)).status == "completed"
        (refused,) = await other.errors(await other.openai.batches.retrieve(other_batch.id))
        assert refused["error"]["code"] == "not-found"
    assert (await caller.openai.batches.retrieve(batch.id)).status == "completed"


@pytest.mark.parametrize(
    ("metadata", "pointer"),
    [
        ({"window": "sometimes"}, "#/metadata/window"),
        ({"deadline": "tomorrow"}, "#/metadata/deadline"),
        ({"deadline": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}, "#/metadata/deadline"),
        ({"lane": "express"}, "#/metadata/lane"),
    ],
)
async def test_metadata_with_a_meaning_is_validated(
    caller: Caller, metadata: dict[str, str], pointer: str
) -> None:
    file_id = await caller.upload(chat_lines(1))
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        await caller.create(file_id, metadata=metadata)
    problem = _problem(refused.value)
    assert problem["type"] == "/problems/invalid-request"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert [batch.id async for batch in caller.openai.batches.list()] == []
    assert (await caller.openai.files.delete(file_id)).deleted


async def test_a_batch_without_a_predictable_end_is_accepted_with_a_warning(caller: Caller) -> None:
    file_id = await caller.upload(chat_lines(1))
    batch = await caller.create(file_id, window="1h", metadata={"window": "never"})
    assert batch.model_extra is not None
    assert batch.model_extra["expected_at"] is None
    assert "cannot be estimated" in batch.model_extra["warnings"][0]


@pytest.mark.parametrize("window", ["", "soon", "31d", "-1h", "0s"])
async def test_a_completion_window_is_a_duration(caller: Caller, window: str) -> None:
    file_id = await caller.upload(chat_lines(1))
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        await caller.create(file_id, window=window)
    assert _problem(refused.value)["errors"][0]["pointer"] == "#/completion_window"


async def test_a_callback_that_is_not_allowed_is_refused_at_once(caller: Caller) -> None:
    file_id = await caller.upload(chat_lines(1))
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        await caller.create(file_id, metadata={"callback_url": "http://10.9.9.9/"})
    assert _problem(refused.value)["type"] == "/problems/callback-not-allowed"


def _problem(error: openai.APIStatusError) -> dict[str, Any]:
    return dict(error.response.json())
