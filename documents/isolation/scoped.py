"""A context variable that has a value within a block."""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Scoped(AbstractContextManager[None], Generic[Value]):
    """Within the block, also in tasks created in it, `variable` has `value`.

    A class, because a generator with `contextmanager` costs three times as much, for each job.
    """

    __slots__ = ("_token", "_value", "_variable")

    def __init__(self, variable: ContextVar[Value], value: Value) -> None:
        self._variable = variable
        self._value = value
        self._token: Token[Value]

    def __enter__(self) -> None:
        self._token = self._variable.set(self._value)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._variable.reset(self._token)
