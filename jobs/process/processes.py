"""The processes with limits that an api, a worker or a scheduler starts for work on input."""

from __future__ import annotations

from typing import Any

from documents.isolation.pool import ReaderPool
from jobs.process.department_tasks import offer_in_process
from jobs.process.settings import TaskSettings
from tasks.file_work import IN_PROCESSES

_OFFER = f"{offer_in_process.__module__}:{offer_in_process.__name__}"


def task_processes(tasks: TaskSettings, **limits: Any) -> ReaderPool:
    """A pool whose processes have all tasks, departments' own ones too. `limits`: `ReaderPool`."""
    folder = tasks.tasks_dir
    return ReaderPool(
        file_work=IN_PROCESSES,
        preload=(_OFFER,),
        environment={"CHANCERY_TASKS_DIR": str(folder.absolute())} if folder else {},
        **limits,
    )
