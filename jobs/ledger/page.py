"""Pages of lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from jobs.ledger.server.connection import Connection
from jobs.model.problems import ProblemError

T = TypeVar("T")


class Order(StrEnum):
    """Order by time of creation. `desc`: newest first."""

    asc = "asc"
    desc = "desc"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next_cursor` is None on the last page."""

    items: Sequence[T]
    next_cursor: str | None


def check_after(after: str | None, is_id: Callable[[str], bool], of: str) -> None:
    """Raise `ProblemError("invalid-request")` if `after` is not the id of such an object."""
    if after is not None and not is_id(after):
        raise ProblemError(
            "invalid-request",
            f"`after` must be the `id` of a {of} from a list.",
            errors=[{"pointer": "#/query/after", "detail": f"This is not the id of a {of}."}],
        )


def check_cursor(cursor: str | None, is_id: Callable[[str], bool], of: str) -> None:
    """Raise `ProblemError("invalid-request")` if `cursor` is not of a page of such objects."""
    if cursor is not None and not is_id(cursor):
        detail = f"`cursor` is not the `next_cursor` of a page of {of}."
        raise ProblemError(
            "invalid-request", detail, errors=[{"pointer": "#/query/cursor", "detail": detail}]
        )


async def read_ids(
    connection: Connection, index: str, *, after: str | None, count: int, order: Order
) -> Sequence[str]:
    """At most `count` ids of an index of ULIDs with score 0, which sort by time of creation.

    `after` is the last id of the page before. It need not exist any more.
    """
    redis = connection.redis
    if order is Order.asc:
        ids = redis.zrangebylex(index, f"({after}" if after else "-", "+", 0, count)
    else:
        ids = redis.zrevrangebylex(index, f"({after}" if after else "+", "-", 0, count)
    return list(await connection.ask(ids))
