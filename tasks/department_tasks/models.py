"""The options model and the result model of a task that a JSON Schema describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, RootModel, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from tasks.department_tasks.checks import CheckReport, LocatedQuote
from tasks.model.caller_schema import check_caller_schema
from tasks.model.schema_parts import Schema

_MOST_ERRORS = 20


class OwnOptions(RootModel[dict[str, Any]]):
    """Options that fit the task's schema, with its defaults."""


class OwnResult(BaseModel):
    """The model's answer, and the outcome of the task's checks."""

    data: dict[str, Any] = Field(description="The model's answer. It fits the task's schema.")
    made_by: Literal["model"] = Field(
        "model", description="`data` is from the model; `checks` and `quotes` are from rules."
    )
    checks: list[CheckReport] = Field(description="The outcome of each of the task's checks.")
    quotes: list[LocatedQuote] = Field(
        description="Each value that must be a quote of the source, with its position there."
    )
    not_listed: int = Field(0, description="How many further values have no entry in `quotes`.")
    repaired: int = Field(
        description="How many answers failed a check and were then corrected by the model."
    )
    parts: int = Field(description="The number of parts into which the document was split.")


def options_model(schema: Schema) -> type[OwnOptions]:
    """A model that validates against `schema`, and that has `schema` as its JSON Schema."""
    validator = check_caller_schema(schema)

    class Options(OwnOptions):
        @model_validator(mode="after")
        def _fits(self) -> Self:
            self.root = with_defaults(schema, self.root)
            errors = [
                InitErrorDetails(
                    type=PydanticCustomError("schema", "{detail}", {"detail": error.message[:300]}),
                    loc=tuple(error.instance_path),
                    input=None,
                )
                for error in validator.errors(self.root)[:_MOST_ERRORS]
            ]
            if errors:
                raise ValidationError.from_exception_data("options", errors)
            return self

        @classmethod
        def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
            return dict(schema)

    return Options


def result_model(name: str, schema: Schema) -> type[OwnResult]:
    """A result model whose JSON Schema has `schema` for `data`."""

    class Result(OwnResult):
        @classmethod
        def model_json_schema(cls, *_: Any, **arguments: Any) -> dict[str, Any]:
            whole = OwnResult.model_json_schema(mode=arguments.get("mode", "validation"))
            # With an $id of its own, references in `schema` resolve to its own definitions.
            data = {"$id": f"urn:chancery:task:{name}:result", **schema}
            return whole | {"title": "Result", "properties": whole["properties"] | {"data": data}}

    return Result


def with_defaults(schema: Schema, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, with defaults for those that are absent."""
    defaults = {
        name: part["default"]
        for name, part in schema.get("properties", {}).items()
        if isinstance(part, Mapping) and "default" in part
    }
    return {**defaults, **options}
