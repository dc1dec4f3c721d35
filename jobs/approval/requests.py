"""The body of a decision."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from jobs.submit.request_model import RequestModel

_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class ApprovalRequest(RequestModel):
    """A person's decision about a result."""

    decision: Literal["approve", "reject"]
    by: _Name = Field(description="Who decides. It is in the job's provenance with the key's id.")
    reason: _Reason | None = Field(
        None, description="Why; required to reject. The caller of the job gets it too."
    )
    result: dict[str, Any] | None = Field(
        None,
        description="The whole corrected result; it has to fit the task's `result_schema`. Without "
        "it the result is approved as it is.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.decision == "reject" and self.reason is None:
            raise PydanticCustomError("reason", "Give a `reason` to reject a result.")
        if self.decision == "reject" and self.result is not None:
            raise PydanticCustomError("result", "A rejected result cannot be corrected.")
        return self
