"""Lists as OpenAI's API gives them: the last id of a page leads to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Generic, Literal, Protocol, TypeVar

from fastapi import Query
from pydantic import BaseModel
from starlette.responses import Response

from api.answers import json

Item = TypeVar("Item")

AfterId = Annotated[
    str | None, Query(description="The `last_id` of the page before.", max_length=64)
]


class Identified(Protocol):
    id: str


class OpenAIListView(BaseModel, Generic[Item]):
    """One page. With `has_more`, ask for what comes `after` its `last_id`."""

    object: Literal["list"] = "list"
    data: Sequence[Item]
    first_id: str | None
    last_id: str | None
    has_more: bool


def openai_list(data: Sequence[Identified], *, has_more: bool) -> Response:
    return json(
        {
            "object": "list",
            "data": data,
            "first_id": data[0].id if data else None,
            "last_id": data[-1].id if data else None,
            "has_more": has_more,
        }
    )
