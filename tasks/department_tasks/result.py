"""The result model of departments' own tasks."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from tasks.department_tasks.checking import CheckReport, PlacedQuote
from tasks.model.caller_schema import Schema


class OwnResult(BaseModel):
    """What the model gave, and what the checks say of it."""

    data: dict[str, Any] = Field(description="What the task gives; it fits the task's schema.")
    made_by: Literal["model"] = Field(
        "model", description="`data` is the model's; `checks` and `quotes` are by rules."
    )
    checks: list[CheckReport] = Field(description="What came of each of the task's checks.")
    quotes: list[PlacedQuote] = Field(
        description="For every value that is to be a quote of the source: where it stands."
    )
    repaired: int = Field(
        description="How often the model was told what was wrong, and answered anew."
    )
    parts: int = Field(description="In how many parts the document was worked on.")


def result_model(name: str, schema: Schema) -> type[OwnResult]:
    """The model whose own schema says that `data` fits `schema`."""

    class Result(OwnResult):
        @classmethod
        def model_json_schema(cls, *_: Any, **given: Any) -> dict[str, Any]:
            whole = OwnResult.model_json_schema(mode=given.get("mode", "validation"))
            # With an address of its own, references within it lead to its own definitions.
            data = {"$id": f"urn:chancery:task:{name}:result", **schema}
            return whole | {"title": "Result", "properties": whole["properties"] | {"data": data}}

    return Result
