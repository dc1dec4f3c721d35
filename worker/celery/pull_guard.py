"""Stops Celery from pulling messages while the process can run nothing more."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

from celery import Celery, bootsteps
from celery.worker.consumer.tasks import Tasks

# How long one BRPOP waits. Each one lists the queues again. Fractions need Redis 6.0.
PULL_SECONDS = 0.1


def install_pull_guard(app: Celery, may_pull: Callable[[], bool]) -> None:
    """Have the consumer of `app` call `may_pull` before each pull from Redis.

    So wake-ups go to processes that have room.
    """

    class PullGuard(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        requires = (Tasks,)

        def start(self, consumer: Any) -> None:
            """Wrap kombu's own check, once for each connection."""
            qos = consumer.task_consumer.channel.qos
            kombu_may_pull = qos.can_consume

            def can_consume(_: Any) -> bool:
                return may_pull() and bool(kombu_may_pull())

            # A lost wake-up costs a second. kombu 5.7 would try to restore it over the broken
            # connection, fail, and write it to a file.
            qos.restore_at_shutdown = False
            consumer.task_consumer.channel.brpop_timeout = PULL_SECONDS
            qos.can_consume = MethodType(can_consume, qos)

    app.steps["consumer"].add(PullGuard)
