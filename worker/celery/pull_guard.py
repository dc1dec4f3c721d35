"""Stops Celery from pulling messages of a queue while the process can run nothing more of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any

from celery import Celery, bootsteps
from celery.worker.consumer.tasks import Tasks

# How long one BRPOP waits, and how often `may_pull` is asked after it refused all queues. Each
# BRPOP lists the queues again. Fractions need Redis 6.0.
PULL_SECONDS = 0.1


def install_pull_guard(app: Celery, may_pull: Callable[[str], bool]) -> None:
    """Have the consumer of `app` call `may_pull` with each queue's name before it pulls from Redis.

    So wake-ups go to processes that have room.
    """

    class PullGuard(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        requires = (Tasks,)
        _again: Any = None

        def start(self, consumer: Any) -> None:
            """Wrap kombu's own check, once for each connection."""
            channel = consumer.task_consumer.channel
            qos, cycle = channel.qos, channel._queue_cycle  # noqa: SLF001 - the list of each BRPOP
            kombu_may_pull, kombu_queues = qos.can_consume, cycle.consume

            def can_consume(_: Any) -> bool:
                return any(map(may_pull, channel.active_queues)) and bool(kombu_may_pull())

            def queues(most: int) -> Sequence[str]:
                return [queue for queue in kombu_queues(most) if may_pull(queue)]

            # A lost wake-up costs a second. kombu 5.7 would try to restore it over the broken
            # connection, fail, and write it to a file.
            qos.restore_at_shutdown = False
            channel.brpop_timeout = PULL_SECONDS
            qos.can_consume = MethodType(can_consume, qos)
            cycle.consume = queues
            # Nothing else makes the hub look again soon when no BRPOP is under way.
            self._again = consumer.hub.call_repeatedly(PULL_SECONDS, _do_nothing)

        def stop(self, consumer: Any) -> None:  # noqa: ARG002 - as bootsteps call it
            # Also called where the connection broke before `start`.
            if self._again is not None:
                self._again.cancel()

    app.steps["consumer"].add(PullGuard)


def _do_nothing() -> None:
    """Each call is a round of the hub, which starts a BRPOP where one is wanted."""
