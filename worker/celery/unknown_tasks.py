"""Accepts messages whose task this worker does not offer, so that their jobs fail with `task-gone`.

Celery would discard them, and the scheduler would send them again for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from celery import Celery, bootsteps
from celery.worker.consumer.tasks import Tasks

from jobs.model.lanes import CELERY_TASK_PREFIX, WAKE_TASK

log = structlog.get_logger()


def accept_unknown_tasks(app: Celery, register: Callable[[str], None]) -> None:
    """Have the consumer of `app` call `register` with an unknown task's name and then process the
    message. The number of names is bounded: the api accepts jobs of existing tasks only.
    """

    class UnknownTasks(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        requires = (Tasks,)

        def start(self, consumer: Any) -> None:
            def on_unknown_task(body: Any, message: Any, error: Exception) -> None:
                name = message.headers["task"]
                if not name.startswith(CELERY_TASK_PREFIX) or name == WAKE_TASK:
                    type(consumer).on_unknown_task(consumer, body, message, error)
                    return
                log.warning("task.unknown", task=name.removeprefix(CELERY_TASK_PREFIX))
                register(name)
                consumer.update_strategies()
                consumer.create_task_handler()(message)

            consumer.on_unknown_task = on_unknown_task

    app.steps["consumer"].add(UnknownTasks)
