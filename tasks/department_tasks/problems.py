"""What is wrong with a task's file, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Steps = tuple[str | int, ...]
"""Names and indexes that lead from the top of the file to a value."""


@dataclass(frozen=True, slots=True)
class Position:
    """A line and a column in a file, both from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with the value at `steps`, and what to do about it.

    `of_key`: the flaw is in the name, not in the value. `words`: the flaw is at their `nth`
    occurrence in the value, from 0.
    """

    steps: Steps
    detail: str
    of_key: bool = False
    words: str = ""
    nth: int = 0


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A flaw with its position. `file` is the file's name, `field` the path to the value."""

    file: str
    line: int
    column: int
    field: str
    detail: str

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        return f"{self.file}:{self.line}:{self.column}: {field}{self.detail}"


class TaskFilesRefused(ValueError):
    """Task files cannot be used; `problems` has every problem of every file, in order."""

    def __init__(self, problems: Iterable[FileProblem]) -> None:
        ordered = sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))
        self.problems: Sequence[FileProblem] = tuple(dict.fromkeys(ordered))
        super().__init__("\n".join(map(str, self.problems)))
