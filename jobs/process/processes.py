"""The processes with limits that an api, a worker or a scheduler starts for work on input."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from documents.isolation.pool import ReaderPool
from jobs.process.collector import collecting_later
from jobs.process.department_tasks import offer_in_process, offer_own_in_process
from jobs.process.settings import TaskSettings
from tasks import FILE_WORK_PATH
from tasks.registry import load_built_in

# After the start of all processes of the system, which it would slow down.
WARM_UP_SECONDS = 4.0
log = structlog.get_logger()
_OFFER = f"{offer_in_process.__module__}:{offer_in_process.__name__}"
_OFFER_OWN = f"{offer_own_in_process.__module__}:{offer_own_in_process.__name__}"


def task_processes(tasks: TaskSettings, **limits: Any) -> ReaderPool:
    """A pool whose processes have all tasks, departments' own ones too. `limits`: `ReaderPool`."""
    return ReaderPool(
        file_work=FILE_WORK_PATH, preload=(_OFFER,), environment=_environment(tasks), **limits
    )


def computing_processes(tasks: TaskSettings, *modules: str, **limits: Any) -> ReaderPool:
    """A pool that starts in half a second, for functions of `modules`. Its processes read no
    documents, and import a task when it is first used. `limits`: `ReaderPool`.
    """
    return ReaderPool(
        preload=(_OFFER_OWN, *modules),
        reads=False,
        environment=_environment(tasks),
        **limits,
    )


def _environment(tasks: TaskSettings) -> Mapping[str, str]:
    folder = tasks.tasks_dir
    return {"CHANCERY_TASKS_DIR": str(folder.absolute())} if folder else {}


async def start_later(processes: ReaderPool, after_seconds: float = WARM_UP_SECONDS) -> None:
    """Start the pool's server, unless a request needs it earlier."""
    await asyncio.sleep(after_seconds)
    await processes.start()


async def warm_up(processes: ReaderPool, after_seconds: float = WARM_UP_SECONDS) -> None:
    """Import all tasks here, beside the event loop, and start the pool's server.

    What a request needs earlier is imported or started then. Raises what the import of a task
    raises.
    """
    await asyncio.sleep(after_seconds)
    try:
        with collecting_later():  # the tasks stay until the process ends
            await asyncio.to_thread(load_built_in)
    except Exception as error:
        log.error("tasks.not_imported", error=f"{type(error).__name__}: {error}")  # noqa: TRY400
        raise
    await processes.start()
