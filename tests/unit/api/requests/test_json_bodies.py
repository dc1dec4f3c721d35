"""JSON texts are refused before they are parsed if they are too deep or have too many values."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.requests.json_bodies import MAX_DEPTH, check_bounds, parse, without_mark
from jobs.batches.request import BatchRequest
from jobs.model.problems import ProblemError
from jobs.submit.requests import JobRequest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a"\\,:[]{}é'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='b"\\,:[]{}'), inner),
    max_leaves=40,
)


def amount(value: Any) -> int:
    """The values and names of members in a JSON value; an empty list or object counts as two."""
    match value:
        case dict() | list() if not value:
            return 2
        case dict():
            return 1 + sum(1 + amount(each) for each in value.values())
        case list():
            return 1 + sum(map(amount, value))
    return 1


def refused(text: bytes, most: int) -> bool:
    with suppress(ProblemError):
        check_bounds(text, most)
        return False
    return True


@given(JSON, st.sampled_from([True, False]))
def test_values_are_counted_as_a_parser_would(value: Any, ascii_only: Any) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert not refused(text, amount(value))
    assert refused(text, amount(value) - 1)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_depth_is_bounded(opening: str) -> None:
    closing = "]" if opening == "[" else "}"

    def nested(depth: int) -> bytes:
        return (opening * depth + "1" + closing * depth).encode()

    assert not refused(nested(MAX_DEPTH), 1_000)
    assert refused(nested(MAX_DEPTH + 1), 1_000)
    brackets_in_text = json.dumps(["[" * 1_000, '\\"[{' * 100]).encode()
    assert not refused(brackets_in_text, 1_000)


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert not refused(json.dumps([[]] * 1_000).encode(), 5_000)


@pytest.mark.parametrize(
    "text",
    [
        "{" + ",".join(f'"k{each}":1' for each in range(300_000)) + ',"task":"summarize"}',
        "[" + "[]," * 1_300_000 + "1]",
        "[" + '"",' * 1_300_000 + '""]',
        '["' + '\\"' * 2_000_000 + '"' + ",1" * 200_000 + "]",
        "[" * 2_000_000,
        '"' + "," * 4_000_000,
    ],
    ids=["names", "lists", "texts", "escapes", "depth", "commas"],
)
def test_the_check_of_the_largest_body_takes_a_fraction_of_a_second(text: str) -> None:
    began = time.process_time()
    refused(text.encode(), 200_000)
    assert time.process_time() - began < 1.5


@pytest.mark.parametrize(
    "body",
    [
        {f"k{each}": 1 for each in range(90_000)},
        {"task": "a", "input": {f"k{each}": 1 for each in range(90_000)}},
    ],
    ids=["request", "input"],
)
def test_many_unknown_members_are_one_error(body: dict[str, Any]) -> None:
    with pytest.raises(ProblemError) as raised:
        parse(JobRequest, json.dumps(body).encode())
    errors = raised.value.problem.extra["errors"]
    assert len(errors) < 5
    assert "90000 members" in errors[-1]["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"documents": [1] * 90_000, "task": "a"},
        {"documents": [{"x": 1}] * 90_000, "task": "a"},
        {"input_file_id": "f", "metadata": {f"k{each}": 1 for each in range(90_000)}},
    ],
    ids=["values", "documents", "metadata"],
)
def test_many_errors_in_a_batch_are_few(body: dict[str, Any]) -> None:
    with pytest.raises(ProblemError) as raised:
        parse(BatchRequest, json.dumps(body).encode())
    assert len(raised.value.problem.extra["errors"]) < 5


def test_a_byte_order_mark_is_ignored() -> None:
    body = b'\xef\xbb\xbf{"task": "summarize", "input": {"text": "a"}}'
    assert parse(JobRequest, without_mark(body)).task == "summarize"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_json_does_not_have_is_refused(number: str) -> None:
    body = f'{{"task": "summarize", "input": {{"text": "a"}}, "metadata": {{"a": {number}}}}}'
    with pytest.raises(ProblemError) as raised:
        parse(JobRequest, body.encode())
    (error,) = raised.value.problem.extra["errors"]
    assert (error["pointer"], error["detail"][:13]) == ("#", "Invalid JSON:")
