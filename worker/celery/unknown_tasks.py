"""Messages of jobs whose task this worker does not have: they are run, and say so in their error.

Celery would throw them away, and their jobs would be sent again and again without an ending.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from celery import Celery, bootsteps
from celery.worker.consumer.tasks import Tasks

from jobs.model.lanes import CALLBACK_TASK, CELERY_TASK_PREFIX

log = structlog.get_logger()


def take_unknown_tasks(app: Celery, register: Callable[[str], None]) -> None:
    """Have the consumer of `app` call `register` with the name of a task that it does not know,
    once, and then go on with its message. Names are those of jobs that were accepted: no more than
    there ever were tasks.
    """

    class UnknownTasks(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        requires = (Tasks,)

        def start(self, consumer: Any) -> None:
            def on_unknown_task(body: Any, message: Any, error: Exception) -> None:
                name = message.headers["task"]
                if not name.startswith(CELERY_TASK_PREFIX) or name == CALLBACK_TASK:
                    type(consumer).on_unknown_task(consumer, body, message, error)
                    return
                log.warning("task.unknown", task=name.removeprefix(CELERY_TASK_PREFIX))
                register(name)
                consumer.update_strategies()
                consumer.create_task_handler()(message)

            consumer.on_unknown_task = on_unknown_task

    app.steps["consumer"].add(UnknownTasks)
