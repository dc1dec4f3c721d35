"""All tasks by name: the built-in tasks and the department tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from tasks import (
    cite_check,
    classify,
    compare,
    disclosure_review,
    dispatch,
    draft,
    extract,
    format_check,
    format_fix,
    minutes,
    parse,
    proofread,
    qa,
    redact,
    summarize,
    translate,
)
from tasks.task import Task

BUILT_IN: Mapping[str, Task[Any, Any]] = MappingProxyType(
    {
        "summarize": summarize.TASK,
        "extract": extract.TASK,
        "classify": classify.TASK,
        "parse": parse.TASK,
        "format_check": format_check.TASK,
        "format_fix": format_fix.TASK,
        "redact": redact.TASK,
        "disclosure_review": disclosure_review.TASK,
        "compare": compare.TASK,
        "cite_check": cite_check.TASK,
        "proofread": proofread.TASK,
        "dispatch": dispatch.TASK,
        "minutes": minutes.TASK,
        "translate": translate.TASK,
        "draft": draft.TASK,
        "qa": qa.TASK,
    }
)

_offered: dict[str, Task[Any, Any]] = dict(BUILT_IN)
TASKS: Mapping[str, Task[Any, Any]] = MappingProxyType(_offered)


def offer(department_tasks: Iterable[Task[Any, Any]]) -> None:
    """Offer the built-in tasks and exactly these department tasks.

    Call it once when a process starts, before `TASKS` is used. Raises `ValueError` for a name that
    is already in use.
    """
    _offered.clear()
    _offered.update(BUILT_IN)
    for task in department_tasks:
        if task.name in _offered:
            raise ValueError(f"two tasks are named {task.name}")
        _offered[task.name] = task


def tasks_for(department: str) -> Mapping[str, Task[Any, Any]]:
    """The tasks that a department may ask for."""
    return {name: task for name, task in _offered.items() if task.is_for(department)}
