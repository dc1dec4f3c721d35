"""The fields of a result have names for people, and not JSON pointers."""

from __future__ import annotations

import time
from typing import Any

import pytest

from api.console.approvals.labels import Labels
from api.console.pages import with_code
from jobs.texts import Language, texts
from tasks.registry import BUILT_IN

SCHEMA = {
    "type": "object",
    "properties": {
        "applicant": {"title": "申请人", "type": "string"},
        "amount": {"description": "申请金额（元）", "type": "number"},
        "note": {"description": "x" * 100},
        "people": {"type": "array", "items": {"$ref": "#/$defs/person"}},
    },
    "$defs": {"person": {"properties": {"name": {"title": "姓名"}}}},
}


def labels(task: str = "extract", language: Language = Language.zh, **options: Any) -> Labels:
    return Labels.of_job(texts(language), task, options)


@pytest.mark.parametrize(
    ("steps", "label"),
    [
        (("data", "applicant"), "提取内容 › 申请人"),
        (("data", "amount"), "提取内容 › 申请金额（元）"),
        (("data", "note"), "提取内容 › note"),
        (("data", "other"), "提取内容 › other"),
        (("data", "people", 1, "name"), "提取内容 › people 2 › 姓名"),
        (("valid",), "符合要求"),
        (("evidence", 0, "quotes", 1, "text"), "依据 1 › 引文 2 › 文字"),
    ],
)
def test_a_value_has_the_name_that_its_schema_gives_it(
    steps: tuple[str | int, ...], label: str
) -> None:
    assert labels(schema=SCHEMA).of(steps) == label


def test_a_problem_names_its_value_in_the_same_words() -> None:
    known = labels(schema=SCHEMA)
    assert known.of_pointer("#/result/data/people/1/name") == "提取内容 › people 2 › 姓名"
    assert known.of_pointer("#/reason") == "#/reason"
    assert known.of_pointer("#/result") == "#/result"
    assert known.of_pointer("#/result/data/a~1b") == "提取内容 › a/b"


def test_schemas_that_describe_nothing_are_no_error() -> None:
    schemas: list[Any] = [None, 1, [], {"properties": 1}, {"properties": {"a": 1}}, {"anyOf": 1}]
    for schema in schemas:
        assert labels(schema=schema).of(("data", "a", 0, "b")).startswith("提取内容")
    assert labels("no-such-task").of(("data", "a")) == "提取内容 › a"


def test_a_schema_that_refers_to_itself_many_times_takes_no_time() -> None:
    many = {"anyOf": [{"$ref": "#/$defs/a"}] * 10}
    schema = {"properties": {"x": {"$ref": "#/$defs/a"}}, "$defs": {"a": many}}
    started = time.process_time()
    for _ in range(120):
        labels(schema=schema).of(("data", "x", "y", 0, "z"))
    assert time.process_time() - started < 5


def members(schema: Any, root: Any, seen: set[str]) -> set[str]:
    """The names of all members of the values that a schema allows."""
    if isinstance(schema, list):
        return set().union(*(members(each, root, seen) for each in schema))
    if not isinstance(schema, dict):
        return set()
    found = set(schema.get("properties", {}))
    reference = schema.get("$ref")
    if reference and reference not in seen:
        seen.add(reference)
        found |= members(root["$defs"][reference.rpartition("/")[2]], root, seen)
    nested = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("anyOf", [])]
    return found | members(nested, root, seen)


@pytest.mark.parametrize("task", BUILT_IN)
def test_every_member_of_a_built_in_task_s_result_has_a_name(task: str) -> None:
    schema = BUILT_IN[task].result.model_json_schema()
    known = labels(task)
    names = members(schema, schema, set())
    assert names
    assert [name for name in sorted(names) if known.of((name,)) == name] == []


def test_backticks_are_code_and_everything_else_is_escaped() -> None:
    shown = with_code("use `chancery up <x>` & <b>")
    assert shown == "use <code>chancery up &lt;x&gt;</code> &amp; &lt;b&gt;"
    assert with_code("one ` <b>") == "one ` &lt;b&gt;"
