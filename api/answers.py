"""Answers in JSON, and what the OpenAPI document says of them."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.responses import Response

from api.errors import MEDIA_TYPE
from api.rate_limits import DESCRIBED, RETRY_AFTER
from jobs.model.problems import PROBLEM_TYPES

Item = TypeVar("Item")


class ListView(BaseModel, Generic[Item]):
    """One page, newest first; `next_cursor` is null on the last."""

    object: Literal["list"] = "list"
    data: Sequence[Item]
    next_cursor: str | None


class ErrorView(BaseModel):
    """One thing in a request that does not fit."""

    pointer: str = Field(description="Its place: a JSON pointer into the body, or `#/query/NAME`.")
    detail: str = Field(description="What is wrong with it.")


class ProblemView(BaseModel):
    """A problem (RFC 9457). `type` is stable and can be followed for what to do."""

    type: str = Field(examples=["/problems/unknown-task"])
    title: str = Field(examples=["There is no such task"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["The tasks are: classify, extract, summarize."])
    errors: Sequence[ErrorView] | None = Field(None, description="For requests that do not fit.")


def json(value: Any, status: int = 200) -> Response:
    """`value` as JSON; models, dataclasses and times included."""
    return Response(to_json(value), status, media_type="application/json")


def as_json(body: bytes) -> Response:
    """JSON that is bytes already."""
    return Response(body, media_type="application/json")


def page(data: Sequence[BaseModel], next_cursor: str | None) -> Response:
    return json({"object": "list", "data": data, "next_cursor": next_cursor})


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer, for the OpenAPI document."""
    described: dict[int | str, dict[str, Any]] = {}
    for code in ("unauthorized", "unavailable", *codes):
        status, title, _ = PROBLEM_TYPES[code]
        line = f"`{code}`: {title}."
        if status in described:
            described[status]["description"] += f" {line}"
        else:
            schema = {"$ref": "#/components/schemas/ProblemView"}
            described[status] = {"description": line, "content": {MEDIA_TYPE: {"schema": schema}}}
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            described[status]["headers"] = {**RETRY_AFTER, **DESCRIBED}
    return described
