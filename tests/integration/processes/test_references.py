"""Tasks on several documents, through api, clerk and worker."""

from __future__ import annotations

from typing import Any

from tests.integration.processes.caller import JOBS, Caller, job_line

OLD = "第一条 市场每日开放。\n第二条 摊位费为每日45元。"
NEW = OLD.replace("45", "50")
RULES = "市场管理办法\n第一条 市场每日开放。"


async def result(caller: Caller, **body: Any) -> Any:
    answer = await caller.http.post(JOBS, json=body)
    job_id = answer.raise_for_status().json()["id"]
    job = (await caller.http.get(f"{JOBS}/{job_id}", params={"wait": 30})).json()
    assert job["status"] == "succeeded", job
    return job["result"]


async def test_two_documents_are_compared(caller: Caller) -> None:
    old = await caller.document(OLD)
    for reference in ({"document_id": old}, {"text": OLD}):
        found = await result(
            caller, task="compare", input={"text": NEW}, options={"old": reference}
        )
        assert [edit["new"] for edit in found["patch"]] == ["50"]


async def test_a_library_is_what_it_is_when_the_job_runs(caller: Caller) -> None:
    rules = await caller.document(RULES)
    await caller.http.put(f"/v1/libraries/laws/documents/{rules}")
    given = {
        "task": "cite_check",
        "input": {"text": "依据《市场管理办法》第二条。"},
        "options": {"library": "laws"},
    }
    assert (await result(caller, **given))["counts"]["no-such-article"] == 1
    more = await caller.document(f"{RULES}\n第二条 市场内禁止吸烟。")
    await caller.http.put(f"/v1/libraries/laws/documents/{more}")
    await caller.http.delete(f"/v1/libraries/laws/documents/{rules}")
    assert (await result(caller, **given))["counts"]["ok"] == 1


async def test_lines_of_a_batch_name_documents_too(caller: Caller) -> None:
    old, rules = await caller.document(OLD), await caller.document(RULES)
    await caller.http.put(f"/v1/libraries/laws/documents/{rules}")
    lines = {
        "by-id": ("compare", {"old": {"document_id": old}}),
        "by-text": ("compare", {"old": {"text": OLD}}),
        "library": ("cite_check", {"library": "laws"}),
        "no-document": ("compare", {"old": {"document_id": "doc_1"}}),
        "no-library": ("cite_check", {"library": "none"}),
        "no-text": ("compare", {"old": {"text": " "}}),
    }
    batch = await caller.submit(
        [
            job_line(name, task, input={"text": NEW}, options=options)
            for name, (task, options) in lines.items()
        ],
        JOBS,
    )
    ended = await caller.ended(batch)
    done = {line["custom_id"] for line in await caller.output(ended)}
    assert done == {"by-id", "by-text", "library"}
    refused = {line["custom_id"]: line["error"]["code"] for line in await caller.errors(ended)}
    assert refused == {
        "no-document": "not-found",
        "no-library": "not-found",
        "no-text": "document-empty",
    }
