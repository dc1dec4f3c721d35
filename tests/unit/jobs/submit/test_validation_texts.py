from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field, ValidationError

from jobs.model.problems import ProblemError
from jobs.submit.checks import check_task_name, invalid_request, validate_options
from jobs.submit.request_model import RequestModel
from jobs.submit.requests import JobRequest, RedeliverRequest


def errors_of(model: type[BaseModel], value: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(value)
    problem = invalid_request(raised.value.errors(), value, model).problem
    return {each["pointer"]: each["detail"] for each in problem.extra["errors"]}


def job(**members: Any) -> dict[str, Any]:
    return {"task": "summarize", "input": {"text": "x"}, **members}


@pytest.mark.parametrize(
    ("value", "pointer", "detail"),
    [
        (job(callback="http://oa/"), "#/callback", "There is no member `callback`. "
         "Did you mean `callback_url`?"),
        (job(Callback_URL="http://oa/"), "#/Callback_URL", "There is no member `Callback_URL`. "
         "Did you mean `callback_url`?"),
        (job(text="x"), "#/text", "There is no member `text`. It belongs into `input`."),
        (job(qqqqqqqq=1), "#/qqqqqqqq", "There is no member `qqqqqqqq`. The members are: task, "
         "input, options, callback_url, lane, model, not_before, deadline, metadata."),
        (job(**{"q" * 99: 1}), "#/" + "q" * 99, f"There is no member `{'q' * 59}…`. The members "
         "are: task, input, options, callback_url, lane, model, not_before, deadline, metadata."),
        (job(input="x"), "#/input", 'Expected an object, not a text. Example: {"text": "The water'),
        (job(input={"text": "x", "documentid": "d"}), "#/input/documentid",
         "There is no member `documentid`. Did you mean `document_id`?"),
        ({"input": {"text": "x"}}, "#/task", 'This member is required. Example: "summarize"'),
        (job(options=[]), "#/options", "Expected an object, not a list. Example: {"),
        (job(task=7), "#/task", 'Expected a text, not a number. Example: "summarize"'),
        (job(lane="bulky"), "#/lane", "It must be 'interactive' or 'bulk'. "
         "Did you mean `bulk`?"),
        (job(lane=["bulk"]), "#/lane", "It must be 'interactive' or 'bulk'."),
        (job(deadline="soon"), "#/deadline", "Expected a time with its zone, not a text. "
         'Example: "2026-03-02T18:00:00+08:00"'),
        (job(deadline="2026-03-02T18:00:00"), "#/deadline",
         "The time has no zone. Example: 2026-03-02T18:00:00+08:00"),
        (job(task="x" * 129), "#/task", "The text may have at most 128 characters."),
        (job(metadata={"a": "x" * 20_000}), "#/metadata", "`metadata` may have at most 16 KiB."),
        ([], "#", 'Expected an object, not a list.'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_what_would_be_right(
    value: Any, pointer: str, detail: str
) -> None:
    assert errors_of(JobRequest, value)[pointer].startswith(detail)


def test_names_are_those_of_the_json() -> None:
    value = {"status": "dead", "since": "2026-11-20T00:00:00+08:00"}
    errors = errors_of(RedeliverRequest, value)
    assert errors["#/since"] == ("There is no member `since`. The members are: status, from, to.")
    assert errors["#/from"].startswith("This member is required.")


async def test_options_have_hints_of_their_task() -> None:
    checked = await validate_options("summarize", {"max_word": 60})
    assert checked.errors == [
        {
            "pointer": "#/options/max_word",
            "detail": "There is no member `max_word`. Did you mean `max_words`?",
        }
    ]
    low = await validate_options("summarize", {"max_words": 1})
    assert low.errors[0]["detail"] == "The number must be at least 20."


def test_only_the_first_errors_have_hints() -> None:
    errors = errors_of(JobRequest, job(**{f"callback_url{n}": n for n in range(90)}))
    assert sum("Did you mean" in each for each in errors.values()) == 20


def test_a_similar_task_is_named() -> None:
    with pytest.raises(ProblemError) as raised:
        check_task_name("sumarize", None)
    assert raised.value.problem.detail.startswith("Did you mean `summarize`? The tasks are: ")


class Node(RequestModel):
    """Its schema refers to itself."""

    name: str
    children: list[Node] = Field(default_factory=list)
    by_key: dict[str, Node] = Field(default_factory=dict)


@pytest.mark.parametrize(
    ("value", "pointer", "detail"),
    [
        ({"name": "a", "children": [{"name": "b", "nam": 1}]}, "#/children/0/nam",
         "There is no member `nam`. Did you mean `name`?"),
        ({"name": "a", "by_key": {"k": {"name": "b", "childs": []}}}, "#/by_key/k/childs",
         "There is no member `childs`. Did you mean `children`?"),
        ({"name": "a", "children": "b"}, "#/children",
         'Expected a list, not a text. Example: [{"name": "…"}]'),
    ],
)  # fmt: skip
def test_nested_and_recursive_models_have_hints(value: Any, pointer: str, detail: str) -> None:
    assert errors_of(Node, value)[pointer] == detail
