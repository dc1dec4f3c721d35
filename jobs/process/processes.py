"""The processes with limits that an api, a worker or a scheduler starts for work on input."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from documents.isolation.pool import ReaderPool
from jobs.process.department_tasks import offer_in_process
from jobs.process.settings import TaskSettings
from tasks import FILE_WORK_PATH
from tasks.registry import load_built_in

# After the start of all processes of the system, which it would slow down.
_WARM_UP_SECONDS = 4.0
log = structlog.get_logger()
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


async def warm_up(processes: ReaderPool, after_seconds: float = _WARM_UP_SECONDS) -> None:
    """Import all tasks here, beside the event loop, and start the pool's server.

    What a request needs earlier is imported or started then. Raises what the import of a task
    raises.
    """
    await asyncio.sleep(after_seconds)
    try:
        await asyncio.to_thread(load_built_in)
    except Exception as error:
        log.error("tasks.not_imported", error=f"{type(error).__name__}: {error}")  # noqa: TRY400
        raise
    await processes.start()
