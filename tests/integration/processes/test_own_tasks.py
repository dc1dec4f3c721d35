"""Departments' own tasks, through every process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from standin.engine_process import StandInControl
from tests.integration.processes.caller import JOBS, Caller, calling, job_line
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import PATIENCE, System
from tests.unit.tasks.department_tasks.own_tasks import written

TEXT = "The street lamp in Mill Lane is broken."


def _folder(system: System, name: str, **files: str) -> dict[str, str]:
    """Write task files; returns the environment that makes processes use them."""
    folder = system.folder / name
    folder.mkdir()
    for file, text in files.items():
        (folder / f"{file}.yaml").write_text(text, encoding="utf-8")
    return {"CHANCERY_TASKS_DIR": str(folder)}


async def _job(caller: Caller, **request: Any) -> dict[str, Any]:
    body = {"task": "permit", "input": {"text": TEXT}, "options": {"language": "en"}, **request}
    answer = await caller.http.post("/v1/jobs", json=body)
    assert answer.status_code == 202, answer.text
    ended = await caller.http.get(f"/v1/jobs/{answer.json()['id']}?wait=30", timeout=PATIENCE)
    return dict(ended.json())


async def test_a_departments_task_is_listed_and_run_like_any_other(
    empty_system: System, open_desk: OpenDesk, engine: StandInControl
) -> None:
    owner = await open_desk(empty_system)
    own = written(departments=[owner.name])
    system = empty_system
    system.env = _folder(system, "tasks", permit=own)
    children = [system.start(role) for role in ("worker", "courier", "scheduler")]
    api_url = system.start_api()
    system.up(*children)
    engine.control(answer=json.dumps({"summary": "A lamp.", "items": [{"quote": "Mill Lane"}]}))
    async with calling(owner, api_url) as caller:
        listed = (await caller.http.get("/v1/tasks")).json()["data"]
        assert {task["name"] for task in listed if task["origin"] == "department"} == {"permit"}
        (task,) = [task for task in listed if task["name"] == "permit"]
        job = await _job(caller)
        assert (job["status"], job["error"]) == ("succeeded", None)
        assert job["result"]["data"]["summary"] == "A lamp."
        (quote,) = job["result"]["quotes"]
        assert TEXT[quote["quote"]["start"] : quote["quote"]["end"]] == "Mill Lane"
        assert job["provenance"]["task_version"] == task["version"]
        lines = [job_line("a", "permit", input={"text": TEXT}, options={"language": "en"})]
        batch = await caller.ended(await caller.submit(lines, JOBS))
        (line,) = await caller.output(batch)
        assert line["response"]["body"]["result"] == job["result"]
    async with calling(await open_desk(system), api_url) as others:
        await _check_unknown(others)


async def _check_unknown(others: Caller) -> None:
    """The responses equal those for a task that does not exist."""
    named, none = [
        await others.http.post("/v1/jobs", json={"task": task, "input": {"text": TEXT}})
        for task in ("permit", "nothing")
    ]
    assert named.status_code == none.status_code == 422
    assert named.json() == none.json()
    assert named.json()["type"] == "/problems/unknown-task"
    assert "permit" not in named.text
    one, other = [await others.http.get(f"/v1/tasks/{name}") for name in ("permit", "nothing")]
    assert (one.status_code, one.json()) == (404, other.json())
    batch = await others.ended(await others.submit([job_line("a", "permit")], JOBS))
    (line,) = await others.errors(batch)
    assert line["error"]["code"] == "unknown-task"


async def test_jobs_of_a_removed_task_fail_with_task_gone(
    empty_system: System, open_desk: OpenDesk
) -> None:
    system = empty_system
    system.env = _folder(system, "before", permit=written())
    without = _folder(system, "after", other=written(name="other"))
    children = [
        system.start("worker", **without),
        system.start("courier"),
        system.start("scheduler"),
    ]
    api_url = system.start_api()
    system.up(*children)
    async with calling(await open_desk(system), api_url) as caller:
        lines = [job_line(one, "permit", options={"language": "en"}) for one in ("a", "b")]
        batch = await caller.submit(lines, JOBS)
        job = await _job(caller)
        assert job["status"] == "failed"
        assert job["error"]["type"] == "/problems/task-gone"
        assert job["provenance"]["task_version"] == ""
        ended = await caller.ended(batch)
        errors = await caller.errors(ended)
        assert {line["custom_id"] for line in errors} == {"a", "b"}
        assert {line["error"]["code"] for line in errors} == {"task-gone"}


async def test_options_that_a_changed_task_refuses_fail_the_job(
    empty_system: System, open_desk: OpenDesk
) -> None:
    system = empty_system
    system.env = _folder(system, "before", permit=written())
    changed = written(options_schema={"type": "object", "properties": {}}, user="${document}")
    worker = system.start("worker", **_folder(system, "after", permit=changed))
    children = [worker, system.start("courier"), system.start("scheduler")]
    api_url = system.start_api()
    system.up(*children)
    async with calling(await open_desk(system), api_url) as caller:
        job = await _job(caller)
    assert job["status"] == "failed"
    assert job["error"]["type"] == "/problems/options-misfit"
    assert TEXT not in json.dumps(job["error"])


@pytest.mark.parametrize("role", ["api", "worker", "scheduler"])
async def test_a_process_with_an_invalid_task_exits_with_the_reasons(
    empty_system: System, role: str
) -> None:
    system = empty_system
    env = _folder(system, "tasks", good=written(), bad="name: permit2\nversoin: x\n")
    child = system.start(role, **env)
    assert child.wait() == 1
    log = child.log.read_text()
    assert "bad.yaml:2:1: versoin: unknown field" in log
    assert "bad.yaml:1:1: prompt: is missing" in log
