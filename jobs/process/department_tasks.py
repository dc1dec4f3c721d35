"""Loads departments' own tasks when a process starts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from jobs.process.settings import TaskSettings
from tasks.department_tasks.problems import TaskFilesRefused
from tasks.registry import BUILT_IN, load_built_in, offer
from tasks.task import Task

log = structlog.get_logger()


def offer_own_tasks(settings: TaskSettings) -> None:
    """Offer the tasks in `CHANCERY_TASKS_DIR` in addition to the built-in ones.

    Raises `TaskFilesRefused` if any file is invalid; then no task of the folder is offered.
    """
    own = _read_tasks(settings.tasks_dir) if settings.tasks_dir is not None else ()
    offer(own)
    if own:
        log.info("tasks.offered", tasks={task.name: task.version for task in own})


def _read_tasks(folder: Path) -> Sequence[Task[Any, Any]]:
    # Here because the checks take 0.15 s to import, and most installations have no such folder.
    from tasks.department_tasks.file import read_folder  # noqa: PLC0415
    from tasks.department_tasks.run import task_of  # noqa: PLC0415

    return [task_of(file.definition, file.digest) for file in read_folder(folder, BUILT_IN)]


def offer_in_process() -> None:
    """As `offer_own_tasks`, for a process of a pool, whose environment has `CHANCERY_TASKS_DIR`.

    A folder that has become invalid since its parent started adds no task: it must not stop work
    that needs none of them.
    """
    load_built_in()
    offer_own_in_process()


def offer_own_in_process() -> None:
    """As `offer_in_process`, but leave the built-in tasks to be imported when they are used."""
    with suppress(TaskFilesRefused):
        offer_own_tasks(TaskSettings())


def offer_or_exit(settings: TaskSettings) -> None:
    """As `offer_own_tasks`, but print the errors and exit with status 1: a process must not run
    without a task that departments use.
    """
    try:
        offer_own_tasks(settings)
    except TaskFilesRefused as refused:
        sys.exit(f"Departments' own tasks cannot be used; nothing was started.\n{refused}")
