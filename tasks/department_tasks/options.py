"""The options model of a task whose options are described by a JSON Schema."""

from __future__ import annotations

from itertools import islice
from typing import Any, Self

from jsonschema import Draft202012Validator
from pydantic import RootModel, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from tasks.department_tasks.meaning import with_defaults
from tasks.model.caller_schema import Schema

_MOST_ERRORS = 20


class OwnOptions(RootModel[dict[str, Any]]):
    """Options that fit a schema, with its defaults filled in."""


def options_model(schema: Schema) -> type[OwnOptions]:
    """A model that takes what `schema` takes, and gives `schema` for its own."""
    validator = Draft202012Validator(schema)

    class Options(OwnOptions):
        @model_validator(mode="after")
        def _fits(self) -> Self:
            self.root = with_defaults(schema, self.root)
            errors = [
                InitErrorDetails(
                    type=PydanticCustomError("schema", "{detail}", {"detail": error.message[:300]}),
                    loc=tuple(error.absolute_path),
                    input=None,
                )
                for error in islice(validator.iter_errors(self.root), _MOST_ERRORS)
            ]
            if errors:
                raise ValidationError.from_exception_data("options", errors)
            return self

        @classmethod
        def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
            return dict(schema)

    return Options
