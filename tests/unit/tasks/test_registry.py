from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from tasks.registry import TASKS


def test_tasks_are_known_by_their_names() -> None:
    assert [name for name, task in TASKS.items() if name == task.name] == [
        "summarize",
        "extract",
        "classify",
        "parse",
        "format_check",
        "format_fix",
        "redact",
        "disclosure_review",
        "compare",
        "cite_check",
        "proofread",
        "dispatch",
        "minutes",
        "translate",
        "draft",
        "qa",
    ]


@pytest.mark.parametrize("name", TASKS)
def test_the_examples_of_a_task_fit_its_own_schemas(name: str) -> None:
    models: tuple[type[BaseModel], ...] = (TASKS[name].options, TASKS[name].result)
    for model in models:
        schema = model.model_json_schema()
        Draft202012Validator(schema).validate(schema["example"])
        model.model_validate(schema["example"])


@pytest.mark.parametrize("name", TASKS)
def test_every_field_of_a_task_is_described(name: str) -> None:
    models: tuple[type[BaseModel], ...] = (TASKS[name].options, TASKS[name].result)
    for model in models:
        schema = model.model_json_schema()
        for part in [schema, *schema.get("$defs", {}).values()]:
            for field in part.get("properties", {}).values():
                assert field.get("description"), (model, field)
