"""Stops Celery from pulling messages while the worker cannot run jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import MethodType
from typing import Any

from celery import Celery, bootsteps
from celery.worker.consumer.tasks import Tasks

# How long one BRPOP waits. Each one lists the queues again. Fractions need Redis 6.0.
PULL_SECONDS = 0.1


def install_pull_guard(app: Celery, may_pull: Callable[[], bool]) -> threading.Event:
    """Have the consumer of `app` call `may_pull` before each pull from Redis.

    The returned event is set while no pull is outstanding at Redis; messages that are queued then
    go to other workers.
    """
    disconnected = threading.Event()
    disconnected.set()

    class PullGuard(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        requires = (Tasks,)

        def start(self, consumer: Any) -> None:
            """Wrap kombu's own check, once for each connection."""
            qos = consumer.task_consumer.channel.qos
            kombu_may_pull = qos.can_consume

            def can_consume(_: Any) -> bool:
                return may_pull() and bool(kombu_may_pull())

            disconnected.clear()
            # The scheduler sends lost messages again. kombu 5.7 would try to restore them over the
            # broken connection, fail, and write them to a file.
            qos.restore_at_shutdown = False
            consumer.task_consumer.channel.brpop_timeout = PULL_SECONDS
            qos.can_consume = MethodType(can_consume, qos)

        def stop(self, consumer: Any) -> None:
            """Close the connection: a message that a pending BRPOP returned would be lost."""
            tasks = consumer.task_consumer
            connection = tasks.channel.client.connection if tasks else None
            if connection:
                connection.disconnect()
            disconnected.set()

    app.steps["consumer"].add(PullGuard)
    return disconnected
