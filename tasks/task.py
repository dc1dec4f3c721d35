"""A task: a version, an options model, a result model and the work itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from pydantic import BaseModel

from documents.document import Document
from tasks.engine import Engine

Options = TypeVar("Options", bound=BaseModel)
Result = TypeVar("Result", bound=BaseModel)
ResultFault = tuple[tuple[str | int, ...], str]


class Origin(StrEnum):
    """Where a task is defined: in Chancery, or in a department's task file."""

    built_in = "built-in"
    department = "department"


@dataclass(frozen=True, slots=True)
class Task(Generic[Options, Result]):
    """One kind of work on a document. `run` does it; `options` and `result` are its models.

    `doubts` checks a result without a model and returns codes, in a fixed order, for why it should
    be confirmed by a larger model. A task without it cannot run on a fast model first.

    `takes_unread`: the task reports unread pages in its result. Any other task fails on a document
    with unread pages, so that a partial result is not mistaken for a whole one.

    `accepts`: the media types of the documents that it works on; None means all that have a reader.
    `result_faults` says where a result that a person corrected does not fit the options, such as a
    schema in them: the steps to a value, and what is wrong with it.

    `reasons`: a model that can reason should do so for this task; for others it only takes time.

    `departments` may use the task; None means all.
    """

    name: str
    version: str
    description: str
    options: type[Options]
    result: type[Result]
    run: Callable[[Document, Options, Engine], Awaitable[Result]]
    doubts: Callable[[Document, Options, Result], Sequence[str]] | None = None
    result_faults: Callable[[Options, Result], Iterable[ResultFault]] | None = None
    takes_unread: bool = False
    reasons: bool = False
    accepts: frozenset[str] | None = None
    origin: Origin = Origin.built_in
    departments: frozenset[str] | None = None

    def is_for(self, department: str) -> bool:
        return self.departments is None or department in self.departments
