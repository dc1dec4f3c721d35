"""A request's task and options are checked once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import BaseModel

from jobs.model.problems import ProblemError
from jobs.submit.checks import check_options, check_task
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


async def test_a_task_that_does_not_exist_is_a_problem() -> None:
    with pytest.raises(ProblemError) as caught:
        await check_task("paint", {}, "tax")
    assert caught.value.problem.code == "unknown-task"
