"""Each task has a page in `docs/tasks`, whose example is a valid request and result."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.quality.laws import of_text
from standin.scripted_engine import ScriptedEngine
from tasks.references import DocumentRef, references_in
from tasks.registry import TASKS

DOCS = Path(__file__).parents[3] / "docs"


def example_of(task: str) -> tuple[dict[str, Any], dict[str, Any]]:
    page = (DOCS / "tasks" / f"{task}.md").read_text()
    request, result = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    return json.loads(request), json.loads(result)


EXAMPLES = [example_of(task) for task in TASKS]


def quotes(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        found = [value] if "match" in value else []
        return found + [quote for child in value.values() for quote in quotes(child)]
    return [quote for child in value for quote in quotes(child)] if isinstance(value, list) else []


RULES_ALONE = [
    example
    for example in EXAMPLES
    if example[0]["task"] in ("compare", "cite_check", "proofread", "dispatch")
]


@pytest.mark.parametrize(("request_body", "result"), RULES_ALONE)
async def test_an_example_without_a_model_is_the_actual_result(
    request_body: dict[str, Any], result: dict[str, Any]
) -> None:
    task = TASKS[request_body["task"]]
    options = task.options.model_validate(request_body["options"])
    for reference in references_in(options):
        assert isinstance(reference, DocumentRef)
        reference.give(of_text(reference.text or ""))
    document = of_text(request_body["input"]["text"])
    given = await task.run(document, options, ScriptedEngine(lambda _: ""))
    assert given.model_dump(mode="json") == result


def test_every_task_has_a_page_with_its_example_and_no_other_has() -> None:
    assert [request["task"] for request, _ in EXAMPLES] == list(TASKS)
    assert sorted(page.stem for page in (DOCS / "tasks").iterdir()) == sorted(TASKS)
    index = (DOCS / "tasks.md").read_text()
    assert [task for task in TASKS if f"[`{task}`](tasks/{task}.md)" not in index] == []


@pytest.mark.parametrize("task", TASKS)
def test_a_page_names_every_option_of_its_task(task: str) -> None:
    page = (DOCS / "tasks" / f"{task}.md").read_text()
    options = TASKS[task].options.model_json_schema()["properties"]
    assert [name for name in options if f"`{name}`" not in page] == []


@pytest.mark.parametrize(("request_body", "result"), EXAMPLES)
def test_an_example_is_valid_and_its_quotes_are_in_its_text(
    request_body: dict[str, Any], result: dict[str, Any]
) -> None:
    task = TASKS[request_body["task"]]
    task.options.model_validate(request_body["options"])
    dumped = task.result.model_validate(result).model_dump(mode="json")
    assert dumped == result
    for quote in quotes(result):
        assert request_body["input"]["text"][quote["start"] : quote["end"]] == quote["text"]
