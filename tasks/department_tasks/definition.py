"""The fields of a task's file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import StringConstraints as Text

from tasks.department_tasks.checks import Check, ResultPath
from tasks.department_tasks.limits import MOST_CASE_CHARACTERS, MOST_CASES
from tasks.model.caller_schema import check_caller_schema

NAME = r"^[a-z][a-z0-9_]{1,39}$"
DEPARTMENT = r"^[a-z0-9][a-z0-9-]{0,62}$"
OPTION = r"[A-Za-z_][A-Za-z0-9_]{0,59}"


_PROMPT = Text(min_length=1, max_length=20_000)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _accepted(schema: dict[str, Any]) -> dict[str, Any]:
    check_caller_schema(schema)
    return schema


def _closed(schema: Any) -> Any:
    """Forbid options that the file does not name, unless it says otherwise."""
    if isinstance(schema, dict) and not {"additionalProperties", "patternProperties"} & set(schema):
        return {**schema, "additionalProperties": False}
    return schema


JsonSchema = Annotated[dict[str, Any], AfterValidator(_accepted)]
OptionsSchema = Annotated[JsonSchema, BeforeValidator(_closed)]
NO_OPTIONS = {"type": "object", "properties": {}, "additionalProperties": False}


class Prompt(_Strict):
    """`system` is added to the system message of all tasks; `user` contains the document."""

    system: Annotated[str, _PROMPT] | None = None
    user: Annotated[str, _PROMPT]


class Expectation(_Strict):
    """`equal` and `contains` are by path in the result's `data`; `passes` names checks."""

    equal: dict[ResultPath, Any] = {}
    contains: dict[ResultPath, list[str]] = {}
    passes: list[str] = []


class Case(_Strict):
    """A test case. Its document is a `text`, or a `file` in the folder of the task's file."""

    name: Annotated[str, Text(min_length=1, max_length=60)]
    text: Annotated[str, Text(min_length=1, max_length=MOST_CASE_CHARACTERS)] | None = None
    file: Annotated[str, Text(min_length=1, max_length=200)] | None = None
    options: dict[str, Any] = {}
    expect: Expectation = Expectation()


class CaseFile(_Strict):
    """Test cases apart from their task's file, as `chancery approval cases` writes them."""

    cases: list[Case]


class TaskFile(_Strict):
    """One department task."""

    name: Annotated[str, Text(pattern=NAME)]
    version: Annotated[str, Text(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$")]
    description: Annotated[str, Text(min_length=1, max_length=500)]
    departments: (
        Annotated[
            list[Annotated[str, Text(pattern=DEPARTMENT)]], Field(min_length=1, max_length=200)
        ]
        | None
    ) = None
    prompt: Prompt
    options_schema: OptionsSchema = NO_OPTIONS
    result_schema: JsonSchema
    max_tokens: Annotated[int, Field(ge=16, le=8_192)] = 1_024
    reasons: bool = False
    long_documents: Literal["refuse", "by_section"] = "refuse"
    checks: Annotated[list[Check], Field(max_length=50)] = []
    cases: Annotated[list[Case], Field(max_length=MOST_CASES)] = []
