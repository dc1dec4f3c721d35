"""The processes with limits that an api, a worker or a scheduler starts for work on input."""

from __future__ import annotations

from typing import Any

from documents.isolation.pool import ReaderPool
from jobs.process.department_tasks import offer_in_process
from jobs.process.settings import TaskSettings
from tasks import FILE_WORK_PATH

# The processes of a pool load after the processes of the system, whose start they would slow down.
WARM_UP_SECONDS = 4.0
_OFFER = f"{offer_in_process.__module__}:{offer_in_process.__name__}"


def task_processes(tasks: TaskSettings, **limits: Any) -> ReaderPool:
    """A pool whose processes have all tasks, departments' own ones too. `limits`: `ReaderPool`."""
    folder = tasks.tasks_dir
    return ReaderPool(
        file_work=FILE_WORK_PATH,
        preload=(_OFFER,),
        environment={"CHANCERY_TASKS_DIR": str(folder.absolute())} if folder else {},
        **limits,
    )
