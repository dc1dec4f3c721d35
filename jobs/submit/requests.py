"""Request bodies of the api. A batch line for `/v1/jobs` has a `JobRequest` too."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError, to_json

from jobs.model.lanes import Lane
from jobs.model.roles import ModelChoice
from jobs.submit.request_model import RequestModel

_METADATA_MAX_BYTES = 16 * 1024


class JobInput(RequestModel):
    """Either a text or an uploaded document."""

    text: str | None = Field(None, description="The text itself.")
    document_id: str | None = Field(None, description="The id of an uploaded document.")

    @model_validator(mode="after")
    def _one_of_two(self) -> JobInput:
        if (self.text is None) == (self.document_id is None):
            raise PydanticCustomError("input", "Give either `text` or `document_id`.")
        return self


class JobRequest(RequestModel):
    """One task on one document."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "task": "summarize",
                "input": {"text": "The water supply in Mill Street is interrupted on 5 March."},
                "options": {"max_words": 60},
                "callback_url": "http://oa.tax.intranet/hooks/chancery",
                "metadata": {"case": "2026-1187"},
            }
        },
    )

    task: str = Field(description="The name of a task, as in `GET /v1/tasks`.")
    input: JobInput | None = Field(None, description="Omit it if a file is sent with the job.")
    options: dict[str, Any] = Field(default_factory=dict, description="The task's options.")
    callback_url: Annotated[str, Field(max_length=2048)] | None = Field(
        None, description="The URL that gets the callback; must be on the allow-list."
    )
    lane: Lane = Field(
        Lane.interactive, description="`interactive`, or `bulk` for work that can wait."
    )
    model: ModelChoice | None = Field(
        None,
        description="`fast`, `full`, or `auto`: the fast model's answer if it passes the task's "
        "checks, otherwise the full model's. Default: the operator's choice.",
    )
    not_before: AwareDatetime | None = Field(
        None, description="The job does not start before this time."
    )
    deadline: AwareDatetime | None = Field(
        None, description="The job expires at this time if it has not ended."
    )
    metadata: dict[str, Any] = Field(
        default_factory=dict, description="Stored and returned unchanged; at most 16 KiB."
    )

    @model_validator(mode="after")
    def _fits(self) -> JobRequest:
        if len(to_json(self.metadata)) > _METADATA_MAX_BYTES:
            raise PydanticCustomError("metadata", "`metadata` may have at most 16 KiB.")
        if self.not_before and self.deadline and self.deadline <= self.not_before:
            raise PydanticCustomError("deadline", "`deadline` must be after `not_before`.")
        return self


class RedeliverRequest(RequestModel):
    """The callbacks to send again."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "dead",
                "from": "2026-11-20T00:00:00+08:00",
                "to": "2026-11-23T00:00:00+08:00",
            }
        },
    )

    status: Literal["dead"] = Field(description="Only dead callbacks can be selected.")
    since: AwareDatetime = Field(alias="from", description="Created at or after this time.")
    until: AwareDatetime | None = Field(
        None, alias="to", description="Created before this time. Default: now."
    )

    @model_validator(mode="after")
    def _in_order(self) -> RedeliverRequest:
        if self.until and self.until <= self.since:
            raise PydanticCustomError("to", "`to` must be after `from`.")
        return self
