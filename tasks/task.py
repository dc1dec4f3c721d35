"""A task: a version, an options model, a result model and the work itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from pydantic import BaseModel

from documents.document import Document
from tasks.engine import Engine

Options = TypeVar("Options", bound=BaseModel)
Result = TypeVar("Result", bound=BaseModel)


class Origin(StrEnum):
    """Where a task comes from: a file of a department's own, or Chancery itself."""

    built_in = "built-in"
    department = "department"


@dataclass(frozen=True, slots=True)
class Task(Generic[Options, Result]):
    """`doubts` looks at a result without a model: codes that say why it should not be relied on
    before a larger model has done the work too, in a fixed order; none where nothing speaks against
    it. A task without it cannot be tried on a fast model first.

    `takes_unread` is of a task that says in its result which pages were not read. Any other fails
    over a document with such pages, so that nobody takes a part for the whole.

    `departments` are those that it is for; None: all.
    """

    name: str
    version: str
    description: str
    options: type[Options]
    result: type[Result]
    run: Callable[[Document, Options, Engine], Awaitable[Result]]
    doubts: Callable[[Document, Options, Result], Sequence[str]] | None = None
    takes_unread: bool = False
    origin: Origin = Origin.built_in
    departments: frozenset[str] | None = None

    def is_for(self, department: str) -> bool:
        return self.departments is None or department in self.departments
