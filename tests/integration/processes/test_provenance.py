"""The provenance of results, compared with the requests that the engine received."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from jobs.model.digests import combined
from jobs.model.job import Job
from jobs.model.lanes import Lane
from jobs.model.provenance import Provenance, Reference, Sampling
from jobs.model.states import JobStatus
from standin.engine import MODEL, ROOT, VERSION
from standin.engine_process import StandInControl
from tests.integration.processes.caller import JOBS, Caller, chat_line, job_line
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import Desk, System
from tests.unit.worker.run.test_provenance import by_the_page

# Longer than the stand-in's context.
LONG = "\n\n".join(
    f"Article {number}. " + f"The market opens at {number}. " * 150 for number in range(1, 10)
)


async def run_job(desk: Desk, engine: StandInControl, **request: Any) -> tuple[Job, list[str]]:
    """Run a job; returns it with the bodies of its requests to the engine."""
    before = engine.counts()["started"]
    job = await desk.ended(await desk.submit(**request))
    return job, engine.asked(engine.counts()["started"] - before)


def provenance_of(job: Job) -> Provenance:
    assert job.provenance is not None
    return job.provenance


def without_salt(body: str) -> str:
    return re.sub(r',"cache_salt":"[0-9a-f]{64}"', "", body)


def without_priority(bodies: list[str]) -> list[str]:
    """Sorted, because concurrent requests arrive in any order."""
    return sorted(body.replace(',"priority":10', "") for body in bodies)


async def test_the_same_input_and_options_give_the_same_prompts(
    desk: Desk, engine: StandInControl
) -> None:
    first, sent = await run_job(desk, engine, text=LONG, metadata={"case": "1"})
    second, again = await run_job(desk, engine, text=LONG, lane=Lane.bulk)
    assert len(sent) > 2
    assert without_priority(sent) == without_priority(again)
    assert sent != again, "a bulk job has its priority"
    assert (
        provenance_of(first).prompt_sha256
        == provenance_of(second).prompt_sha256
        == by_the_page(sent)
    )
    assert provenance_of(first).requests == len(sent)

    other, asked = await run_job(desk, engine, text=LONG, options={"max_words": 30})
    assert provenance_of(other).prompt_sha256 == by_the_page(asked) != by_the_page(sent)
    assert len({json.loads(body)["seed"] for body in asked + sent}) == 1


async def test_provenance_has_the_input_the_model_and_the_sampling(
    desk: Desk, engine: StandInControl
) -> None:
    engine.control(latency=0.2)
    text = "The water is off on 5 March."
    job, (body,) = await run_job(desk, engine, text=text)
    sent, origin = json.loads(body), provenance_of(job)
    assert origin.input_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (origin.model, origin.engine_model, origin.engine_version) == (MODEL, ROOT, VERSION)
    assert origin.sampling == Sampling(0.0, sent["seed"], None, sent["max_tokens"])
    assert job.started_at is not None
    assert job.finished_at is not None
    assert origin.seconds is not None
    took = (job.finished_at - job.started_at).total_seconds()
    assert 0.2 <= origin.seconds <= took + 0.01
    assert (origin.references, origin.fast) == ((), None)


async def test_a_retry_has_its_own_sampling_in_its_provenance(
    desk: Desk, engine: StandInControl
) -> None:
    engine.control(mode="400")
    refused, (body,) = await run_job(desk, engine)
    assert provenance_of(refused).prompt_sha256 == by_the_page([body])
    engine.control(mode="500")
    failed, bodies = await run_job(desk, engine)
    assert (failed.status, len(bodies)) == (JobStatus.failed, 2)
    assert provenance_of(failed).prompt_sha256 == provenance_of(refused).prompt_sha256
    last = provenance_of(failed).sampling
    assert last is not None
    assert (last.temperature, provenance_of(failed).requests) == (0.4, 1)
    assert last.seed != json.loads(bodies[0])["seed"]


async def test_a_task_without_a_model_has_references_but_no_model_in_its_provenance(
    desk: Desk, engine: StandInControl
) -> None:
    old, new = "第一条 市场每日开放。", "第一条 市场每周开放。"
    job, bodies = await run_job(
        desk, engine, text=new, task="compare", options={"old": {"text": old}}
    )
    origin = provenance_of(job)
    assert (origin.model, origin.role, origin.requests, bodies) == (None, None, 0, [])
    assert (origin.prompt_sha256, origin.sampling) == (None, None)
    stored = await desk.upload(old.encode(), "old.txt")
    assert origin.references == (Reference(stored.sha256, document_id=stored.id),)


async def test_a_library_has_one_hash_of_its_documents(caller: Caller) -> None:
    rules = ["市场管理办法\n第一条 市场每日开放。", "公园管理办法\n第一条 公园免费。"]
    for text in rules:
        document_id = await caller.document(text)
        await caller.http.put(f"/v1/libraries/laws/documents/{document_id}")
    body = {
        "task": "cite_check",
        "input": {"text": "依据《市场管理办法》第二条。"},
        "options": {"library": "laws"},
    }
    job_id = (await caller.http.post(JOBS, json=body)).raise_for_status().json()["id"]
    job = (await caller.http.get(f"{JOBS}/{job_id}", params={"wait": 30})).json()
    digest = combined(hashlib.sha256(text.encode()).hexdigest() for text in rules)
    library = {"sha256": digest, "document_id": None, "library": "laws", "documents": 2}
    assert job["provenance"]["references"] == [library]


async def test_batch_lines_have_provenance_too(caller: Caller, engine: StandInControl) -> None:
    given = chat_line("c1", "The water is off.", max_tokens=9, temperature=0.5)
    (chat,) = await caller.output(await caller.ended(await caller.submit([given])))
    (body,) = engine.asked(1)
    assert set(chat["response"]["body"]) >= {"choices", "usage"}
    origin = chat["provenance"]
    assert origin["prompt_sha256"] == by_the_page([body])
    assert (origin["model"], origin["engine_model"], origin["role"]) == (MODEL, ROOT, "full")
    assert origin["sampling"] == {"temperature": 0.5, "seed": None, "top_p": None, "max_tokens": 9}
    sent = json.dumps(given["body"], ensure_ascii=False, separators=(",", ":")).encode()
    assert origin["input_sha256"] == hashlib.sha256(sent).hexdigest()

    (line,) = await caller.output(await caller.ended(await caller.submit([job_line("j1")], JOBS)))
    assert "provenance" not in line
    (body,) = engine.asked(1)
    assert line["response"]["body"]["provenance"]["prompt_sha256"] == by_the_page([body])


async def test_a_text_in_a_lines_options_is_referenced_by_its_hash(caller: Caller) -> None:
    given = {"input": {"text": "第一条 无。"}, "options": {"old": {"text": "第一条 有。"}}}
    line = job_line("j1", "compare", **given)
    (done,) = await caller.output(await caller.ended(await caller.submit([line], JOBS)))
    (named,) = done["response"]["body"]["provenance"]["references"]
    digest = hashlib.sha256("第一条 有。".encode()).hexdigest()
    assert (named["sha256"], named["document_id"]) == (digest, None)


async def test_the_same_document_of_another_department_gives_the_same_prompts(
    desk: Desk, system: System, open_desk: OpenDesk, engine: StandInControl
) -> None:
    other = await open_desk(system)
    _, sent = await run_job(desk, engine)
    _, again = await run_job(other, engine)
    assert [without_salt(body) for body in sent] == [without_salt(body) for body in again]
    assert sent != again, "each department has its own salt"
