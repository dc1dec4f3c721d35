"""Divides work between the threads of a pool whose tasks themselves divide their work."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import count
from typing import Any, TypeVar

Result = TypeVar("Result")


def shared(
    pool: ThreadPoolExecutor | None,
    helpers: int,
    call: Callable[..., Result],
    *items: Iterable[Any],
) -> list[Result]:
    """Return `map(call, *items)`, of which up to `helpers` threads of a pool take a share.

    The calling thread does all of it while the pool is busy, so that a task of the pool may call
    this and never waits for a task that has not begun. An error of `call` is raised when all
    threads have ended their share.
    """
    given = list(zip(*items, strict=False))
    results: list[Any] = [None] * len(given)
    numbers = count()

    def work() -> None:
        # `next` is atomic: no item is taken twice.
        while (number := next(numbers)) < len(given):
            results[number] = call(*given[number])

    wanted = min(helpers, len(given) - 1)
    helping = [pool.submit(work) for _ in range(wanted)] if pool else []
    try:
        work()
    finally:
        begun = [one for one in helping if not one.cancel()]
        wait(begun)
    for one in begun:
        one.result()
    return results
