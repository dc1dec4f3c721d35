"""Every task that departments can ask for, by its name: the built-in ones, and departments' own."""

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


def offer(own: Iterable[Task[Any, Any]]) -> None:
    """Offer these tasks of departments', and no others, beside the built-in ones.

    For the edge of a process, once, before anything looks into `TASKS`. Raises `ValueError` for a
    name that is taken.
    """
    _offered.clear()
    _offered.update(BUILT_IN)
    for task in own:
        if task.name in _offered:
            raise ValueError(f"there are two tasks {task.name}")
        _offered[task.name] = task


def tasks_for(department: str) -> Mapping[str, Task[Any, Any]]:
    """The tasks that a department may ask for."""
    return {name: task for name, task in _offered.items() if task.is_for(department)}
