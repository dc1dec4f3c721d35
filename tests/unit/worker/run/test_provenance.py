"""Provenance, and the hash of prompts as docs/provenance.md computes it."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs.model.digests import combined
from jobs.model.provenance import (
    EngineRequests,
    Provenance,
    Reference,
    Sampling,
    provenance_members,
    to_provenance,
)
from jobs.model.roles import Role
from worker.engine.requests.request import ChatRequest, to_body
from worker.run.task import seed_of

PAGE = (Path(__file__).parents[4] / "docs/provenance.md").read_text("utf-8")
REQUEST = {
    "model": "m",
    "messages": [{"role": "user", "content": "市场“开放”\n\u2028\x7f\\ 0.5"}],
    "max_tokens": 20,
    "seed": 7,
    "temperature": 0.0,
    "response_format": {"b": {"minimum": 0.0}, "a": 1e30},
}


def by_the_page(bodies: list[str]) -> str:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    return str(names["prompt_sha256"](bodies))


def digest_of(*requests: dict[str, Any]) -> str:
    return combined(ChatRequest.of(request).digest.hex() for request in requests)


def test_a_request_is_sent_whole() -> None:
    body = ChatRequest.of(REQUEST).body(priority=10)
    assert json.loads(body) == {**REQUEST, "priority": 10}
    assert json.loads(ChatRequest.of(REQUEST).body(priority=0)) == REQUEST


def test_the_page_computes_the_hash_of_the_prompts() -> None:
    other = {**REQUEST, "max_tokens": 21}
    bodies = [ChatRequest.of(one).body(10).decode() for one in (REQUEST, other, REQUEST)]
    assert by_the_page(bodies) == by_the_page(bodies[:2][::-1]) == digest_of(REQUEST, other)


NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers()
VALUES = st.recursive(
    NUMBERS | st.booleans() | st.none() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), VALUES))
@example({"a": 1e-7, "b": -1.5e-9, "c": 1e-10, "d": 1e16, "e": 5e-324})
@example({"a": "1e-7, NaN, Infinity \x00\x1f\x7f\u2028"})
def test_a_body_has_the_bytes_of_the_standard_library(value: dict[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    assert to_body(value) == text.encode()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "\ud800"])
def test_what_json_does_not_have_is_an_error(value: Any) -> None:
    with pytest.raises(ValueError, match=r"JSON compliant|surrogates not allowed"):
        to_body({"a": [value]})


@pytest.mark.parametrize("name", ["model", "seed", "temperature", "top_p", "priority"])
def test_sampling_and_model_are_not_part_of_the_prompt(name: str) -> None:
    assert digest_of({**REQUEST, name: 1}) == digest_of(REQUEST)


@pytest.mark.parametrize("name", ["messages", "max_tokens", "response_format", "tools", "n"])
def test_everything_else_is_part_of_the_prompt(name: str) -> None:
    assert digest_of({**REQUEST, name: [{"x": 1}]}) != digest_of(REQUEST)


def test_the_order_of_a_schemas_properties_is_part_of_the_prompt() -> None:
    turned = {**REQUEST, "response_format": {"a": 1e30, "b": {"minimum": 0.0}}}
    assert digest_of(turned) != digest_of(REQUEST)


@pytest.mark.parametrize("odd", ["hot", None, True, [], 10**400])
def test_invalid_sampling_in_a_callers_request_is_ignored(odd: Any) -> None:
    names = ("temperature", "seed", "top_p", "max_tokens")
    chat = ChatRequest.of({"model": "m", "messages": [], **dict.fromkeys(names, odd)})
    assert chat.sampling == Sampling()


def test_sampling_is_recorded_as_sent() -> None:
    assert ChatRequest.of(REQUEST).sampling == Sampling(0.0, 7, None, 20)
    longest = {"model": "m", "messages": [], "max_completion_tokens": 9, "top_p": 1}
    assert ChatRequest.of(longest).sampling == Sampling(top_p=1.0, max_tokens=9)


def test_the_seed_depends_on_the_input_and_the_failed_tries() -> None:
    assert seed_of("a" * 64, 0) == seed_of("a" * 64, 0)
    assert len({seed_of("a" * 64, 0), seed_of("b" * 64, 0), seed_of("a" * 64, 1)}) == 3


WHOLE = Provenance(
    task_version="2",
    model="large",
    input_sha256="0" * 64,
    role=Role.full,
    escalated=True,
    doubts=("too-long",),
    engine_model="org/large",
    engine_version="1.0",
    requests=3,
    prompt_sha256="1" * 64,
    sampling=Sampling(0.0, 7, None, 20),
    references=(Reference("2" * 64, document_id="doc_1"), Reference("3" * 64, library="laws")),
    seconds=1.5,
    fast=EngineRequests("small", 1, "4" * 64, Sampling(0.0, 7, None, 20)),
)
BY_RULES = Provenance("1", None, "0" * 64, role=None, seconds=0.01)


@pytest.mark.parametrize("origin", [WHOLE, BY_RULES])
def test_a_record_can_be_read_back(origin: Provenance) -> None:
    assert to_provenance(provenance_members(origin)) == origin


def test_a_result_without_a_model_has_a_short_record() -> None:
    record = provenance_members(BY_RULES)
    assert set(record) == {"task_version", "model", "input_sha256", "role", "seconds"}


def test_a_record_of_a_newer_release_can_be_read() -> None:
    record = provenance_members(WHOLE) | {"later": 1}
    assert to_provenance(record) == WHOLE


def test_a_priority_in_the_callers_request_is_ignored() -> None:
    asking = ChatRequest.of({**REQUEST, "priority": -1000})
    assert json.loads(asking.body(priority=0)) == REQUEST
    assert json.loads(asking.body(priority=10))["priority"] == 10
