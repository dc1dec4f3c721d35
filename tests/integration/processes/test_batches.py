"""Batches submitted with OpenAI's client and run to their end."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from openai.types import Batch

from standin.engine_process import StandInControl
from tests.integration.processes.caller import (
    JOBS,
    Caller,
    calling,
    chat_line,
    chat_lines,
    custom_ids,
    job_line,
    text_of,
    words_of,
)
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import System, until

MANY = 10_000
SCHEMA = {"type": "object", "properties": {"what": {"type": "string"}}}
OPTIONS: dict[str, dict[str, Any]] = {
    "summarize": {"max_words": 30},
    "extract": {"schema": SCHEMA},
    "classify": {"labels": [{"name": "complaint"}, {"name": "question"}]},
}
RESULTS = {"summarize": {"summary"}, "extract": {"data", "evidence"}, "classify": {"label"}}


@pytest.mark.timeout(280)
async def test_ten_thousand_lines_each_get_their_own_answer_once(
    empty_system: System, open_desk: OpenDesk
) -> None:
    fast = {"CHANCERY_CONCURRENCY": "64"}
    children = [empty_system.start(role, **fast) for role in ("worker", "courier", "scheduler")]
    api_url = empty_system.start_api()
    empty_system.up(*children)
    async with calling(await open_desk(empty_system), api_url) as caller:
        batch = await caller.ended(await caller.submit(chat_lines(MANY)), seconds=200)
        await _check_output(caller, batch)
        await _check_only_files_remain(caller, empty_system, files=2)


async def _check_output(caller: Caller, batch: Batch) -> None:
    assert batch.status == "completed"
    counts = batch.request_counts
    assert counts is not None
    assert (counts.total, counts.completed, counts.failed) == (MANY, MANY, 0)
    output = await caller.output(batch)
    assert len(output) == MANY
    assert set(custom_ids(output)) == {f"c{number}" for number in range(MANY)}
    for line in output:
        assert words_of(line) == text_of(line["custom_id"])
        assert (line["response"]["status_code"], line["error"]) == (200, None)
    assert await caller.errors(batch) == []


async def _check_only_files_remain(caller: Caller, system: System, files: int) -> None:
    """Check that no job remains in the ledger, and no result in the store."""
    assert (await caller.desk.ledger.jobs.list(caller.desk.name)).items == []
    listed = (await caller.openai.files.list()).data
    assert len(listed) == files
    expected = set()
    for listed_file in listed:
        file = await caller.desk.ledger.files.get(caller.desk.name, listed_file.id)
        assert file is not None
        expected |= set(file.blobs)
    folder = system.folder / "store" / "blobs"

    def stored() -> set[str]:
        paths = (path for path in (folder / caller.desk.name).rglob("*") if path.is_file())
        return {str(path.relative_to(folder)) for path in paths}

    # Results are deleted after their file is stored, shortly after the batch has ended.
    with suppress(TimeoutError):
        await until(lambda: stored() == expected)
    assert stored() == expected


async def test_lines_may_have_different_tasks(caller: Caller) -> None:
    lines = [
        job_line(f"{task}-{number}", task, options=OPTIONS[task], metadata={"case": number})
        for number in range(5)
        for task in OPTIONS
    ]
    batch = await caller.ended(await caller.submit(lines, JOBS))

    assert (batch.status, await caller.errors(batch)) == ("completed", [])
    output = await caller.output(batch)
    assert sorted(custom_ids(output)) == sorted(custom_ids(lines))
    for line in output:
        job = line["response"]["body"]
        task, _, number = line["custom_id"].partition("-")
        assert (job["task"], job["status"], job["lane"]) == (task, "succeeded", "bulk")
        assert (job["batch_id"], job["custom_id"]) == (batch.id, line["custom_id"])
        assert job["metadata"] == {"case": int(number)}
        assert set(job["result"]) >= RESULTS[task]
        assert task != "summarize" or text_of(line["custom_id"]) in json.dumps(job["result"])


async def test_lines_may_name_documents_that_were_uploaded_before(caller: Caller) -> None:
    ids = [await caller.document(f"Well {number} is dry.") for number in range(3)]
    lines = [job_line(f"c{at}", input={"document_id": one}) for at, one in enumerate(ids)]
    lines.append(job_line("none", input={"document_id": "doc_" + "0" * 26}))
    batch = await caller.ended(await caller.submit(lines, JOBS))

    jobs = {line["custom_id"]: line["response"]["body"] for line in await caller.output(batch)}
    assert {key: job["document_id"] for key, job in jobs.items()} == {
        f"c{at}": one for at, one in enumerate(ids)
    }
    for number in range(3):
        assert f"Well {number} is dry." in json.dumps(jobs[f"c{number}"]["result"])
    (refused,) = await caller.errors(batch)
    assert (refused["custom_id"], refused["error"]["code"]) == ("none", "not-found")
    assert refused["error"]["line"] == 4


async def test_a_batch_is_made_from_documents_and_one_task(caller: Caller) -> None:
    first, second = [await caller.document(f"Well {number} is dry.") for number in range(2)]
    batch = await caller.ended(
        await caller.submit_documents(
            documents=[first, {"document_id": second, "custom_id": "2", "metadata": {"a": 1}}],
            task="summarize",
            options={"max_words": 20},
        )
    )
    assert (batch.status, batch.endpoint) == ("completed", JOBS)
    jobs = {line["custom_id"]: line["response"]["body"] for line in await caller.output(batch)}
    assert set(jobs) == {first, "2"}
    assert (jobs[first]["document_id"], jobs["2"]["document_id"]) == (first, second)
    assert jobs["2"]["metadata"] == {"a": 1}
    assert "Well 1" in json.dumps(jobs["2"]["result"])


async def test_results_in_the_store_are_complete_and_deleted_after_the_batch(
    caller: Caller, system: System, engine: StandInControl
) -> None:
    engine.control(answer="x" * 6_000)
    batch = await caller.ended(await caller.submit(chat_lines(30)))
    output = await caller.output(batch)
    assert len(output) == 30
    assert {words_of(line) for line in output} == {"x" * 6_000}
    await _check_only_files_remain(caller, system, files=2)


async def test_a_chat_may_use_parameters_that_only_the_engine_knows(
    caller: Caller, engine: StandInControl
) -> None:
    line = chat_line("c1", "The water is off.", top_k=7, max_tokens=9, seed=3, temperature=0.5)
    batch = await caller.ended(await caller.submit([line]))
    (answered,) = await caller.output(batch)
    assert words_of(answered) == "The water is off."
    sent = engine.last()
    assert {key: sent[key] for key in ("top_k", "max_tokens", "seed", "temperature")} == {
        "top_k": 7,
        "max_tokens": 9,
        "seed": 3,
        "temperature": 0.5,
    }
    assert sent["messages"] == line["body"]["messages"]
