"""JSON responses, and their description in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.responses import Response

from api.limits.rate_limits import RATE_LIMIT_HEADERS, RETRY_AFTER_HEADER
from api.responses.problems import MEDIA_TYPE
from jobs.model.problems import PROBLEM_TYPES

Item = TypeVar("Item")

_ALWAYS = (
    "unauthorized",
    "key-expired",
    "key-revoked",
    "scope-missing",
    "network-not-allowed",
    "too-many-failures",
    "unavailable",
    "audit-unavailable",
)
AfterId = Annotated[
    str | None, Query(description="The `last_id` of the previous page.", max_length=64)
]


class HasId(Protocol):
    id: str


class ListView(BaseModel, Generic[Item]):
    """A page, newest first. `next_cursor` is null on the last page."""

    object: Literal["list"] = "list"
    data: Sequence[Item]
    next_cursor: str | None


class OpenAIListView(BaseModel, Generic[Item]):
    """A page as in OpenAI's API. If `has_more`, the next page is `after` its `last_id`."""

    object: Literal["list"] = "list"
    data: Sequence[Item]
    first_id: str | None
    last_id: str | None
    has_more: bool


class ErrorView(BaseModel):
    """One error in a request. `part`: the part of a multipart form that `pointer` leads into."""

    part: str | None = None
    pointer: str = Field(description="A JSON pointer into the body, or `#/query/NAME`.")
    detail: str = Field(description="What is wrong there.")


class OpenAIErrorView(BaseModel):
    """The reason as OpenAI's API gives it; its clients print `message`."""

    message: str
    type: str = Field(examples=["invalid_request_error"])
    param: str | None = Field(description="The first invalid member, as a path with dots.")
    code: str = Field(examples=["unknown-task"], description="The last part of the problem's type.")


class ProblemView(BaseModel):
    """A problem (RFC 9457). `type` is stable; its address explains what to do."""

    type: str = Field(examples=["/problems/unknown-task"])
    title: str = Field(examples=["There is no such task"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["The tasks are: classify, extract, summarize."])
    errors: Sequence[ErrorView] | None = Field(
        None, description="Set if the request is invalid; at most 20."
    )
    error: OpenAIErrorView
    more_errors: int | None = Field(None, description="How many more errors there are, if any.")


def json(value: Any, status: int = 200) -> Response:
    """`value` as JSON. It may contain models, dataclasses and times."""
    return Response(to_json(value), status, media_type="application/json")


def as_json(body: bytes) -> Response:
    """A response whose body is already JSON."""
    return Response(body, media_type="application/json")


def page(data: Sequence[BaseModel], next_cursor: str | None) -> Response:
    return json({"object": "list", "data": data, "next_cursor": next_cursor})


def openai_page(data: Sequence[HasId], *, has_more: bool) -> Response:
    return json(
        {
            "object": "list",
            "data": data,
            "first_id": data[0].id if data else None,
            "last_id": data[-1].id if data else None,
            "has_more": has_more,
        }
    )


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may return, for the OpenAPI document.

    Those of every call with an API key are always included.
    """
    described: dict[int | str, dict[str, Any]] = {}
    for code in dict.fromkeys((*_ALWAYS, *codes)):
        status, title, _ = PROBLEM_TYPES[code]
        line = f"`{code}`: {title}."
        if status in described:
            described[status]["description"] += f" {line}"
        else:
            schema = {"$ref": "#/components/schemas/ProblemView"}
            described[status] = {"description": line, "content": {MEDIA_TYPE: {"schema": schema}}}
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            described[status]["headers"] = {**RETRY_AFTER_HEADER, **RATE_LIMIT_HEADERS}
    return described
