"""Loads departments' own tasks when a process starts."""

from __future__ import annotations

import sys
from contextlib import suppress

import structlog

from jobs.process.settings import TaskSettings
from tasks.department_tasks.file import read_folder
from tasks.department_tasks.problems import TaskFilesRefused
from tasks.department_tasks.run import task_of
from tasks.registry import BUILT_IN, offer

log = structlog.get_logger()


def offer_own_tasks(settings: TaskSettings) -> None:
    """Offer the tasks in `CHANCERY_TASKS_DIR` in addition to the built-in ones.

    Raises `TaskFilesRefused` if any file is invalid; then no task of the folder is offered.
    """
    folder = settings.tasks_dir
    files = read_folder(folder, BUILT_IN) if folder is not None else ()
    own = [task_of(file.definition, file.digest) for file in files]
    offer(own)
    if own:
        log.info("tasks.offered", tasks={task.name: task.version for task in own})


def offer_in_process() -> None:
    """As `offer_own_tasks`, for a process of a pool, whose environment has `CHANCERY_TASKS_DIR`.

    A folder that has become invalid since its parent started adds no task: it must not stop work
    that needs none of them.
    """
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
