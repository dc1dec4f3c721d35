"""Answers of a model that nothing bounds but the number of tokens, and documents to match."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from standin.scripted_engine import ScriptedEngine
from tasks.errors import OutputError
from tasks.extract import (
    MOST_EVIDENCE,
    MOST_MISSING,
    ExtractOptions,
    PartAnswer,
    doubts,
    extract,
    result_of,
)
from tasks.extract.evidence import merge, values_node
from tasks.model.reasoning import strip_reasoning
from tests.unit.tasks.documents import document

PATIENCE = 20


def leaf(value: Any, quote: str = "") -> dict[str, Any]:
    return {"quote": quote, "value": value}


def rows(**item: Any) -> dict[str, Any]:
    """A schema of a list of items."""
    return {"type": "object", "properties": {"rows": {"type": "array", "items": item}}}


async def error_of(text: str) -> str:
    options = ExtractOptions.model_validate({"schema": rows(type="string")})
    with pytest.raises(OutputError) as caught:
        await extract(document("text"), options, ScriptedEngine(lambda _: text))
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"rows": ' + "[" * 100_000,
        '{"rows": NaN}',
        '{"rows": [{"quote": "", "value": "\\ud800"}]}',
        '{"rows": ' + "1" * 10_000 + "}",
        '{"a":"</think>' * 20_000,
        "<think>" * 50_000 + "</think>" * 50_000,
    ],
    ids=["nested", "not a number", "half a character", "digits", "tags", "reasoning"],
)
async def test_an_answer_that_cannot_be_read_fails_its_job_at_once(text: str) -> None:
    started = time.process_time()
    await error_of(text)
    assert time.process_time() - started < PATIENCE


async def test_an_answer_that_is_deep_or_long_says_so() -> None:
    assert "deeper than 100" in await error_of('{"rows": ' + "[" * 150 + "]" * 150 + "}")
    assert "longer than 1000000" in await error_of('"' + "x" * 1_000_000 + '"')


def test_reasoning_of_many_tags_is_removed_in_linear_time() -> None:
    started = time.process_time()
    assert strip_reasoning("<think>x</think>" * 40 + '{"a": 1}') == '{"a": 1}'
    strip_reasoning("x</think>" * 100_000)
    assert time.process_time() - started < PATIENCE


def test_answers_for_many_parts_are_merged_in_linear_time() -> None:
    answers = [{"rows": [{"a": f"{part} {n}"} for n in range(100)]} for part in range(600)]
    started = time.process_time()
    merged = merge([values_node(one) for one in answers])
    assert time.process_time() - started < PATIENCE
    assert isinstance(merged, dict)
    assert len(merged["rows"]) == 60_000  # type: ignore[arg-type]


def test_quotes_beyond_the_limit_are_counted_and_doubtful() -> None:
    source = document("天" * 100_000)
    schema = rows(type="string")
    answers = [
        PartAnswer(0, 100_000, {"rows": [leaf(f"{part}-{n}", "地" * 200) for n in range(100)]})
        for part in range(60)
    ]
    started = time.process_time()
    result = result_of(source, schema, answers)
    assert time.process_time() - started < PATIENCE
    assert (len(result.evidence), result.not_listed) == (MOST_EVIDENCE, 6_000 - MOST_EVIDENCE)
    assert len(result.data["rows"]) == 6_000
    options = ExtractOptions.model_validate({"schema": schema})
    all_found = result.model_copy(update={"unverified": [], "missing": []})
    assert "quote-not-found" in doubts(source, options, all_found)


def test_missing_values_beyond_the_limit_are_counted() -> None:
    schema = rows(type="object", properties={"a": {}, "b": {"type": "string"}}, required=["a", "b"])
    answer = {"rows": [{"a": leaf(n), "b": None} for n in range(3_000)]}
    result = result_of(document("text"), schema, [PartAnswer(0, 4, answer)])
    assert result.missing[:2] == ["/rows/0/b", "/rows/1/b"]
    assert (len(result.missing), result.not_listed) == (MOST_MISSING, 3_000 - MOST_MISSING)
    assert not result.valid


def test_a_broken_rule_is_found_beside_many_alternatives() -> None:
    alternatives = [{"const": f"value {n}"} for n in range(500)]
    schema = rows(anyOf=alternatives)
    answer = {"rows": [leaf(f"other {n}") for n in range(3_000)]}
    started = time.process_time()
    with pytest.raises(OutputError, match="does not fit the schema's rule at /properties/rows"):
        result_of(document("text"), schema, [PartAnswer(0, 4, answer)])
    assert time.process_time() - started < PATIENCE


def test_doubts_of_many_values_and_choices_take_linear_time() -> None:
    choices = [f"c{n}" for n in range(3_000)]
    schema = rows(enum=choices)
    assert len(json.dumps(schema)) < 32_768
    answer = {"rows": [leaf(choices[-1]) for _ in range(MOST_EVIDENCE)]}
    result = result_of(document("text"), schema, [PartAnswer(0, 4, answer)])
    options = ExtractOptions.model_validate({"schema": schema})
    started = time.process_time()
    for _ in range(10):
        doubts(document("text"), options, result)
    assert time.process_time() - started < PATIENCE / 4
