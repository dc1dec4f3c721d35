"""The base of models for what callers send: unknown members are errors, few of them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

MAX_MEMBERS = 100


class RequestModel(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_members(cls, value: Any) -> Any:
        """One error instead of one for each of 100,000 unknown members, which takes seconds."""
        if isinstance(value, dict) and len(value) > MAX_MEMBERS:
            raise PydanticCustomError(
                "members",
                "The object has {count} members; at most {most} are allowed here.",
                {"count": len(value), "most": MAX_MEMBERS},
            )
        return value
