"""One page of a list, and the ids that are on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from jobs.ledger.connection import Connection
from jobs.model.problems import ProblemError

T = TypeVar("T")


class Order(StrEnum):
    """By when things were made: `desc` is newest first."""

    asc = "asc"
    desc = "desc"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next_cursor` is None on the last page."""

    items: Sequence[T]
    next_cursor: str | None


def check_after(after: str | None, is_id: Callable[[str], bool], of: str) -> None:
    """Raises `ProblemError("invalid-request")` where `after` is no id of such a thing."""
    if after is not None and not is_id(after):
        raise ProblemError(
            "invalid-request",
            f"`after` is the `id` of a {of}, as a list gave it.",
            errors=[{"pointer": "#/query/after", "detail": f"It is no {of}'s id."}],
        )


async def read_ids(
    connection: Connection, index: str, *, after: str | None, count: int, order: Order
) -> Sequence[str]:
    """At most `count` ids of an index whose ids sort by when they were made (ULIDs, score 0).

    `after` is the last id of the page before, whether it still exists or not.
    """
    redis = connection.redis
    if order is Order.asc:
        found = redis.zrangebylex(index, f"({after}" if after else "-", "+", 0, count)
    else:
        found = redis.zrevrangebylex(index, f"({after}" if after else "+", "-", 0, count)
    return list(await connection.ask(found))
