"""What all responses of the api have in common, and pages of a list."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, PlainSerializer

# The Files and Batch API gives times in whole seconds since 1970; JSON output keeps that form.
UnixTime = Annotated[
    datetime,
    PlainSerializer(lambda time: int(time.timestamp()), return_type=int, when_used="json"),
]


Item = TypeVar("Item", bound=BaseModel)


class Answer(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class Page(Answer, Generic[Item]):
    data: tuple[Item, ...]
    next_cursor: str | None = None


class OpenAIPage(Answer, Generic[Item]):
    """A page as the Files and Batch API returns it."""

    data: tuple[Item, ...]
    last_id: str | None = None
    has_more: bool = False

    def as_page(self) -> Page[Item]:
        return Page(data=self.data, next_cursor=self.last_id if self.has_more else None)


class Deleted(Answer):
    id: str
    deleted: bool
