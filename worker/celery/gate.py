"""Keeps Celery from pulling while there is nothing to run jobs on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import MethodType
from typing import Any

from celery import Celery, bootsteps
from celery.worker.consumer.tasks import Tasks

# How long one pull listens to the queues that it was told of. Redis takes fractions from 6.0 on.
PULL_SECONDS = 0.1


def install_gate(app: Celery, is_open: Callable[[], bool]) -> threading.Event:
    """Have the consumer of `app` ask `is_open` before each pull from Redis.

    The event is set while nothing is asked of Redis, not even by an earlier pull: from then on
    whatever is queued goes to others.
    """
    withdrawn = threading.Event()
    withdrawn.set()

    class Gate(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        requires = (Tasks,)

        def start(self, consumer: Any) -> None:
            """Wrap what kombu asks before it pulls, anew for each connection."""
            qos = consumer.task_consumer.channel.qos
            may_pull = qos.can_consume

            def can_consume(_: Any) -> bool:
                return is_open() and bool(may_pull())

            withdrawn.clear()
            # The scheduler resends what was lost here. kombu would put it back over a connection
            # that has just broken, fail, and leave the message in a file (kombu 5.7).
            qos.restore_at_shutdown = False
            consumer.task_consumer.channel.brpop_timeout = PULL_SECONDS
            qos.can_consume = MethodType(can_consume, qos)

        def stop(self, consumer: Any) -> None:
            """Withdraw the request for messages that is still with Redis: what it would get now
            would be lost with this process.
            """
            tasks = consumer.task_consumer
            connection = tasks.channel.client.connection if tasks else None
            if connection:
                connection.disconnect()
            withdrawn.set()

    app.steps["consumer"].add(Gate)
    return withdrawn
