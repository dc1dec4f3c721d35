"""Request bodies of the api. A batch line for `/v1/jobs` has a `JobRequest` too."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError, to_json

from jobs.model.lanes import Lane
from jobs.model.roles import ModelChoice
from jobs.submit.request_model import RequestModel

_METADATA_MAX_BYTES = 16 * 1024
_METADATA_MAX_DEPTH = 32
LONGEST_AHEAD = timedelta(days=366)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _in_range(moment: datetime) -> datetime:
    """Refuse a time before 1970 or more than a year ahead. Returns it in UTC."""
    # Compare before the conversion, which fails for an instant outside the years 1 to 9999.
    if not _EPOCH <= moment <= datetime.now(UTC) + LONGEST_AHEAD:
        raise PydanticCustomError(
            "moment", "Give a time from 1970 on that is at most a year (366 days) ahead."
        )
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_range)]


class JobInput(RequestModel):
    """Either a text or an uploaded document."""

    text: str | None = Field(None, description="The text itself.")
    document_id: str | None = Field(
        None, max_length=128, description="The id of an uploaded document."
    )

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

    task: str = Field(max_length=128, description="The name of a task, as in `GET /v1/tasks`.")
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
    not_before: Moment | None = Field(
        None, description="The job does not start before this time; at most a year ahead."
    )
    deadline: Moment | None = Field(
        None,
        description="The job expires at this time if it has not ended; at most a year ahead.",
    )
    metadata: dict[str, Any] = Field(
        default_factory=dict, description="Stored and returned unchanged; at most 16 KiB."
    )

    @field_validator("metadata")
    @classmethod
    def _metadata_fits(cls, metadata: dict[str, Any]) -> dict[str, Any]:
        if len(to_json(metadata)) > _METADATA_MAX_BYTES:
            raise PydanticCustomError("metadata", "`metadata` may have at most 16 KiB.")
        if _depth(metadata) > _METADATA_MAX_DEPTH:
            raise PydanticCustomError("metadata", "`metadata` may be nested at most 32 deep.")
        try:
            json.dumps(metadata, allow_nan=False)
        except ValueError:
            raise PydanticCustomError("metadata", "JSON has no NaN and no Infinity.") from None
        return metadata

    @model_validator(mode="after")
    def _fits(self) -> JobRequest:
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


def _depth(value: Any) -> int:
    """How deep objects and lists are nested; 0 for a scalar."""
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [part for one in level for part in (one.values() if isinstance(one, dict) else one)]
    return depth
