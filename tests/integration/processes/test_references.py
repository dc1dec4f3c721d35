"""Tasks with several documents, through api, scheduler and worker."""

from __future__ import annotations

from typing import Any

from tests.integration.processes.caller import JOBS, Caller, job_line

OLD = "第一条 市场每日开放。\n第二条 摊位费为每日45元。"
NEW = OLD.replace("45", "50")
RULES = "市场管理办法\n第一条 市场每日开放。"
TREE = "id,name\nlamps,路灯照明\nwater,供水"
LABELLED = "\n".join(
    f"{thing}{what},{label}"
    for thing, label in (("路灯", "lamps"), ("自来水", "water"))
    for what in ("坏了没人修", "又出问题", "请来看看", "好几天了", "怎么办")
)
MESSAGE = {"text": "新华路的路灯又坏了。"}


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


async def test_a_job_uses_the_library_as_it_is_at_its_run(caller: Caller) -> None:
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


async def test_dispatch_uses_the_documents_in_its_options(caller: Caller) -> None:
    given = {
        "tree": {"document_id": await caller.document(TREE)},
        "examples": {"document_id": await caller.document(f"text,label\n{LABELLED}")},
    }
    by_text = {"tree": {"text": TREE}, "examples": {"text": f"text,label\n{LABELLED}"}}
    for options in (given, by_text):
        found = await result(
            caller, task="dispatch", input=MESSAGE, options={**options, "method": "examples"}
        )
        assert (found["place"]["id"], found["by"]) == ("lamps", "examples")
        assert found["learnt"]["examples"] == 10
    by_model = await result(
        caller, task="dispatch", input=MESSAGE, options={**given, "method": "model"}
    )
    assert by_model["place"]["id"] in ("lamps", "water")
    assert by_model["by"] == "model"


async def test_examples_outside_the_tree_are_refused_with_their_line(caller: Caller) -> None:
    options = {
        "tree": {"text": TREE},
        "examples": {"text": f"text,label\n{LABELLED}\n公交车不来,bus"},
    }
    body = {"task": "dispatch", "input": MESSAGE, "options": options}
    answer = await caller.http.post(JOBS, json=body)
    job_id = answer.raise_for_status().json()["id"]
    job = (await caller.http.get(f"{JOBS}/{job_id}", params={"wait": 30})).json()
    assert job["status"] == "failed"
    assert job["error"]["type"].endswith("options-invalid")
    assert "line 12: its label is not in the tree" in job["error"]["detail"]
    assert job["attempts"] == 1
    batch = await caller.submit([job_line("a", "dispatch", input=MESSAGE, options=options)], JOBS)
    (line,) = await caller.errors(await caller.ended(batch))
    assert line["error"]["code"] == "options-invalid"


async def test_batch_lines_may_refer_to_documents(caller: Caller) -> None:
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
