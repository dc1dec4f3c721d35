"""One page of a list, and the ids that are on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from jobs.ledger.connection import Connection

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
