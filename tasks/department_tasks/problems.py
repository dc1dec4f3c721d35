"""What is wrong with a task's file, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file; both from 1, as editors count."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with the value that `steps` lead to, and what to do about it.

    With `of_key` it is about the name, not what stands under it. `words` are looked for in the
    value: the flaw is where they stand for the `nth` time, from 0.
    """

    steps: Steps
    detail: str
    of_key: bool = False
    words: str = ""
    nth: int = 0


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A flaw with its place. `file` is the file's name, `field` the path to the value."""

    file: str
    line: int
    column: int
    field: str
    detail: str

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        return f"{self.file}:{self.line}:{self.column}: {field}{self.detail}"


class TaskFilesRefused(ValueError):
    """Files of departments' own tasks cannot be used; `problems` are all of theirs, in order."""

    def __init__(self, problems: Iterable[FileProblem]) -> None:
        found = sorted(problems, key=lambda one: (one.file, one.line, one.column))
        self.problems: Sequence[FileProblem] = tuple(dict.fromkeys(found))
        super().__init__("\n".join(map(str, self.problems)))
