"""The request for a batch: OpenAI's, with extensions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from jobs.batches.batch import LineUrl
from jobs.model.lanes import Lane
from jobs.model.roles import ModelChoice
from jobs.process.settings import BulkSettings
from jobs.submit.request_model import RequestModel
from jobs.windows.window import WindowError

# OpenAI's limits, except for the length of a value, which may be a URL here.
MOST_METADATA = 16
MOST_KEY_CHARS, MOST_VALUE_CHARS = 64, 2_048
LONGEST_WINDOW = timedelta(days=30)
# CHANCERY_BATCH_MAX_LINES is checked too.
MOST_DOCUMENTS = 1_000_000
_DURATION = re.compile(r"([1-9][0-9]{0,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_MOMENT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


class BatchDocument(RequestModel):
    """An uploaded document. The default `custom_id` of its line is the document's id."""

    document_id: str = Field(max_length=128)
    custom_id: str | None = Field(None, min_length=1, max_length=512)
    metadata: dict[str, Any] = Field(default_factory=dict)


class OutputExpiry(BaseModel):
    anchor: Literal["created_at"]
    seconds: int = Field(ge=3_600, le=2_592_000)


class BatchRequest(RequestModel):
    """A file of lines, or one task on many documents."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "input_file_id": "file_01j00000000000000000000000",
                "endpoint": "/v1/jobs",
                "completion_window": "24h",
                "metadata": {"callback_url": "http://oa.tax.intranet/hooks/chancery"},
            }
        },
    )

    input_file_id: str | None = Field(
        None, max_length=128, description="A file uploaded for purpose `batch`."
    )
    documents: list[Annotated[str, Field(max_length=128)] | BatchDocument] | None = Field(
        None,
        min_length=1,
        max_length=MOST_DOCUMENTS,
        fail_fast=True,
        description="Uploaded documents, instead of a file.",
    )
    task: str | None = Field(
        None, max_length=128, description="With `documents`: the task on each of them."
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="With `documents`: the task's options."
    )
    model: ModelChoice | None = Field(
        None, description="With `documents`: the model, as for a job."
    )
    endpoint: LineUrl = Field(LineUrl.jobs, description="The `url` of the file's lines.")
    completion_window: str = Field(
        "24h",
        max_length=16,
        description="How long the batch may take: `24h`, `90m`, `2d`; at most 30 days.",
    )
    metadata: dict[str, str] = Field(
        default_factory=dict,
        description="Stored and returned unchanged. Keys with a meaning: `callback_url`, `lane`, "
        "`window` (a calendar window that narrows the department's), `deadline` (RFC 3339).",
    )
    output_expires_after: OutputExpiry | None = Field(
        None, description="Remove the output and error files before the retention time of files."
    )

    @field_validator("completion_window")
    @classmethod
    def _is_duration(cls, text: str) -> str:
        if duration(text) is None:
            raise PydanticCustomError(
                "duration", "Give a number and a unit, such as `24h`, `90m` or `2d`; at most `30d`."
            )
        return text

    @field_validator("metadata", mode="before")
    @classmethod
    def _few_or_none(cls, metadata: object) -> object:
        """OpenAI's client sends `null` for `None`. The count is checked before the values."""
        if isinstance(metadata, dict) and len(metadata) > MOST_METADATA:
            raise PydanticCustomError("metadata", "`metadata` may have at most 16 keys.")
        return {} if metadata is None else metadata

    @field_validator("metadata")
    @classmethod
    def _metadata_fits(cls, metadata: dict[str, str]) -> dict[str, str]:
        for key, value in metadata.items():
            if len(key) > MOST_KEY_CHARS or len(value) > MOST_VALUE_CHARS:
                raise PydanticCustomError(
                    "metadata", "A key may have at most 64 characters, a value 2,048."
                )
        return metadata

    @model_validator(mode="after")
    def _one_of_two(self) -> BatchRequest:
        if (self.input_file_id is None) == (self.documents is None):
            raise PydanticCustomError("input", "Give either `input_file_id` or `documents`.")
        if (self.documents is None) != (self.task is None):
            raise PydanticCustomError("task", "Give `task` with `documents`, and only with them.")
        if self.documents and self.endpoint is not LineUrl.jobs:
            raise PydanticCustomError("endpoint", "With `documents` it must be `/v1/jobs`.")
        return self


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings in a batch's metadata."""

    callback_url: str | None
    lane: Lane
    window: str | None
    deadline: datetime | None


class InvalidMetadata(Exception):
    """A setting in the metadata has an invalid value."""

    def __init__(self, key: str, detail: str) -> None:
        super().__init__(detail)
        self.key = key


def terms_of(metadata: Mapping[str, str], bulk: BulkSettings) -> Terms:
    """Raises `InvalidMetadata`. `bulk` has the time zone of a window without one."""
    try:
        lane = Lane(metadata.get("lane", Lane.bulk))
    except ValueError:
        raise InvalidMetadata("lane", "It must be `bulk` or `interactive`.") from None
    window = metadata.get("window")
    try:
        window = str(bulk.checked(window, bulk.zone)) if window is not None else None
    except WindowError as error:
        raise InvalidMetadata("window", str(error)) from None
    try:
        deadline = _MOMENT.validate_python(metadata["deadline"]) if "deadline" in metadata else None
    except ValidationError:
        example = "`2026-12-01T08:00:00+08:00`"
        detail = f"Give a time with its offset from UTC (RFC 3339), such as {example}."
        raise InvalidMetadata("deadline", detail) from None
    return Terms(metadata.get("callback_url"), lane, window, deadline)


def duration(text: str) -> timedelta | None:
    """Parse a duration such as `24h`; None if it is invalid or longer than 30 days."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    length = timedelta(**{_UNITS[match[2]]: int(match[1])})
    return length if length <= LONGEST_WINDOW else None
