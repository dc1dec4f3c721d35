"""A request's task and options are checked once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel

from jobs.model.problems import ProblemError
from jobs.submit.checks import check_options, check_task, validate_options
from tasks.registry import TASKS, offer


class Options(BaseModel):
    words: int = 5
    text: str = ""


@pytest.fixture(autouse=True)
def task() -> Iterator[None]:
    offer([replace(TASKS["summarize"], name="count", options=Options)])
    yield
    offer([])


async def test_equal_options_are_validated_once_for_requests_and_lines() -> None:
    first = await check_task("count", {"words": 7}, "tax")
    assert check_options("count", {"words": 7}) is first
    assert first.model == Options(words=7)
    assert first.canonical == b'{"words":7,"text":""}'
    assert await check_task("count", {"words": 8}, "tax") is not first


async def test_invalid_options_are_a_problem_with_pointers() -> None:
    with pytest.raises(ProblemError) as caught:
        await check_task("count", {"words": "many"}, "tax")
    assert caught.value.problem.code == "invalid-request"
    (error,) = caught.value.problem.extra["errors"]
    assert error["pointer"] == "#/options/words"


@pytest.mark.parametrize(
    ("task", "options", "pointer"),
    [
        ("format_check", {"kind": "letter"}, "#/options/kind"),  # an enum or "auto"
        ("redact", {"masks": {"a": "*"}}, "#/options/masks/a"),
        ("classify", {"labels": [{"name": "a"}, {"a~b/c": 1}]}, "#/options/labels/1/name"),
        ("classify", {"labels": [], "a~b/c": 1}, "#/options/a~0b~1c"),
    ],
)
async def test_pointers_name_what_is_in_the_options_or_missing_there(
    task: str, options: dict[str, Any], pointer: str
) -> None:
    checked = await validate_options(task, options)
    assert pointer in [error["pointer"] for error in checked.errors]
    assert not [error for error in checked.errors if "[" in error["pointer"]]


async def test_a_task_that_does_not_exist_is_a_problem() -> None:
    with pytest.raises(ProblemError) as caught:
        await check_task("paint", {}, "tax")
    assert caught.value.problem.code == "unknown-task"
