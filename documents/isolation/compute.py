"""CPU-bound work on callers' input, in a process that can be killed."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, Protocol, TypeVar

from documents.isolation.scoped import Scoped

P = ParamSpec("P")
R = TypeVar("R")

INLINE_BYTES = 16_384
INLINE_SECONDS = 0.005


class Processes(Protocol):
    """Where `compute` runs work: processes with limits of time and memory."""

    async def call(self, function: Callable[..., Any], arguments: bytes) -> Any:
        """Call `function` with the pickled pair of positional and keyword arguments."""


# Of functions that took longer than `INLINE_SECONDS`: many parts of a document are often ready at
# the same time, and would hold the event loop one after another.
_inline_bytes: dict[Callable[..., Any], int] = {}
_processes: ContextVar[Processes | None] = ContextVar("processes", default=None)


def computing_in(processes: Processes | None) -> Scoped[Processes | None]:
    """Within the block, also in tasks created in it, `compute` uses `processes`; None: none."""
    return Scoped(_processes, processes)


async def compute(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call `function`, in a process of its own where the arguments are large.

    Arguments of up to `INLINE_BYTES`, pickled, are worked on inline. A function that takes more
    than `INLINE_SECONDS` of processor time is from then on given to a process where its arguments
    are more than half as large. Without `computing_in` all work is inline.

    Args:
        function: A function at the top level of a module of `documents`, `tasks` or `jobs`. Its
            arguments are plain values that can be pickled, and its return annotation is a type
            that pydantic can validate: the result comes back as JSON. It raises nothing but
            `WorkError`, made from one message.

    Raises:
        WorkError: What the function raises; `ComputeTimeout` or `ComputeTooLarge` at a limit.
    """
    processes = _processes.get()
    if processes is None:
        return function(*args, **kwargs)
    arguments = pickle.dumps((args, kwargs), pickle.HIGHEST_PROTOCOL)
    if len(arguments) <= _inline_bytes.get(function, INLINE_BYTES):
        began = time.thread_time()
        try:
            return function(*args, **kwargs)
        finally:
            if time.thread_time() - began > INLINE_SECONDS:
                _inline_bytes[function] = len(arguments) // 2
    result: R = await processes.call(function, arguments)
    return result
