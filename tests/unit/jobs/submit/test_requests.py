"""The members of requests are bounded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from jobs.batches.request import BatchRequest
from jobs.submit.requests import JobRequest
from tests.unit.tasks.test_option_bounds import unbounded

# Bounded where they are checked: by settings, by the task's options, by their length as JSON.
ELSEWHERE = {"text", "options", "metadata"}
JOB = {"task": "summarize", "input": {"text": "The water is off."}}


@pytest.mark.parametrize("model", [JobRequest, BatchRequest])
def test_every_member_is_bounded(model: type[BaseModel]) -> None:
    paths = set(unbounded(model.model_json_schema(), ("request",)))
    assert {path for path in paths if not ELSEWHERE & set(path)} == set()


def nested(depth: int) -> dict[str, Any]:
    return {"a": nested(depth - 1)} if depth > 1 else {}


@pytest.mark.parametrize(
    "metadata",
    [{"a": "x" * 17_000}, nested(33), {"a": float("nan")}, {"a": [float("-inf")]}],
    ids=["long", "deep", "nan", "inf"],
)
def test_metadata_that_cannot_be_given_back_is_refused(metadata: Any) -> None:
    with pytest.raises(ValidationError) as raised:
        JobRequest.model_validate_json(json.dumps({**JOB, "metadata": metadata}))
    assert [error["loc"] for error in raised.value.errors()] == [("metadata",)]


def test_metadata_is_kept_as_sent() -> None:
    metadata = {"a": [1, 2.5, None, {"b": 10**400}], "c": nested(31)}
    request = JobRequest.model_validate_json(json.dumps({**JOB, "metadata": metadata}))
    assert request.metadata == metadata
