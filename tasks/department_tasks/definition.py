"""A task's file as it is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import StringConstraints as Text

from tasks.department_tasks.check_rules import Check, Pointer
from tasks.model.caller_schema import check_caller_schema

NAME = r"^[a-z][a-z0-9_]{1,39}$"
DEPARTMENT = r"^[a-z0-9][a-z0-9-]{0,62}$"
OPTION = r"[A-Za-z_][A-Za-z0-9_]{0,59}"
MOST_CASES = 50
MOST_CASE_CHARACTERS = 60_000

_PROMPT = Text(min_length=1, max_length=20_000)


class Written(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _is_taken(schema: dict[str, Any]) -> dict[str, Any]:
    check_caller_schema(schema)
    return schema


def _without_others(schema: Any) -> Any:
    """Options that the file does not name are refused, unless it says otherwise."""
    if isinstance(schema, dict) and not {"additionalProperties", "patternProperties"} & set(schema):
        return {**schema, "additionalProperties": False}
    return schema


JsonSchema = Annotated[dict[str, Any], AfterValidator(_is_taken)]
OptionsSchema = Annotated[JsonSchema, BeforeValidator(_without_others)]
NO_OPTIONS = {"type": "object", "properties": {}, "additionalProperties": False}


class Prompt(Written):
    """What the model is told: `system` beside what every task says; `user`, with the document."""

    system: Annotated[str, _PROMPT] | None = None
    user: Annotated[str, _PROMPT]


class Expectation(Written):
    """`equal` and `contains` are by place in the result's `data`; `passes` names checks."""

    equal: dict[Pointer, Any] = {}
    contains: dict[Pointer, list[str]] = {}
    passes: list[str] = []


class Case(Written):
    """A test case: its document is a `text`, or a `file` beside the task's own."""

    name: Annotated[str, Text(min_length=1, max_length=60)]
    text: Annotated[str, Text(min_length=1, max_length=MOST_CASE_CHARACTERS)] | None = None
    file: Annotated[str, Text(min_length=1, max_length=200)] | None = None
    options: dict[str, Any] = {}
    expect: Expectation = Expectation()


class TaskFile(Written):
    """One task of a department's."""

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
    long_documents: Literal["refuse", "by_section"] = "refuse"
    checks: Annotated[list[Check], Field(max_length=50)] = []
    cases: Annotated[list[Case], Field(max_length=MOST_CASES)] = []
