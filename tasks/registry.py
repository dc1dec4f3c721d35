"""All tasks by name: the built-in tasks and the department tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

from tasks.task import Task

_PACKAGES = (
    "summarize",
    "extract",
    "classify",
    "parse",
    "format_check",
    "format_fix",
    "redact",
    "disclosure_review",
    "compare",
    "cite_check",
    "proofread",
    "dispatch",
    "minutes",
    "translate",
    "draft",
    "qa",
)


class _Tasks(Mapping[str, Task[Any, Any]]):
    """The built-in tasks, each imported when it is first used, and `own`, of departments.

    Importing all of them takes 0.4 s, and a process uses some or none.
    """

    def __init__(self, own: Mapping[str, Task[Any, Any]]) -> None:
        self._own = own

    def __getitem__(self, name: str) -> Task[Any, Any]:
        if name not in _PACKAGES:
            return self._own[name]
        task: Task[Any, Any] = import_module(f"tasks.{name}").TASK
        return task

    def __contains__(self, name: object) -> bool:
        return name in _PACKAGES or name in self._own

    def __iter__(self) -> Iterator[str]:
        yield from _PACKAGES
        yield from self._own

    def __len__(self) -> int:
        return len(_PACKAGES) + len(self._own)


_own: dict[str, Task[Any, Any]] = {}
BUILT_IN: Mapping[str, Task[Any, Any]] = _Tasks({})
TASKS: Mapping[str, Task[Any, Any]] = _Tasks(_own)


def offer(department_tasks: Iterable[Task[Any, Any]]) -> None:
    """Offer the built-in tasks and exactly these department tasks.

    Call it once when a process starts, before `TASKS` is used. Raises `ValueError` for a name that
    is already in use.
    """
    _own.clear()
    for task in department_tasks:
        if task.name in TASKS:
            raise ValueError(f"two tasks are named {task.name}")
        _own[task.name] = task


def load_built_in() -> None:
    """Import all built-in tasks now."""
    for name in _PACKAGES:
        import_module(f"tasks.{name}")


def tasks_for(department: str) -> Mapping[str, Task[Any, Any]]:
    """The tasks that a department may ask for."""
    return _Tasks({name: task for name, task in _own.items() if task.is_for(department)})
