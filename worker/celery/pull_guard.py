"""Stops Celery from pulling messages of a queue while the process can run nothing more of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any

from celery import Celery, bootsteps
from celery.worker.consumer.tasks import Tasks

# How long one BRPOP waits. Each lists the queues again. Fractions need Redis 6.0.
PULL_SECONDS = 0.5
# The same while a queue is refused, and how often `may_pull` is asked while all are.
REFUSED_SECONDS = 0.1


class _Again:
    """Has a hub look again soon: nothing else does when no BRPOP is under way."""

    def __init__(self, hub: Any) -> None:
        self._hub = hub
        self._timer: Any = None

    def soon(self) -> None:
        if self._timer is None:
            self._timer = self._hub.call_later(REFUSED_SECONDS, self._done)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _done(self) -> None:
        self._timer = None  # a round of the hub starts a BRPOP where one is wanted


def install_pull_guard(app: Celery, may_pull: Callable[[str], bool]) -> None:
    """Have the consumer of `app` call `may_pull` with each queue's name before it pulls from Redis.

    So wake-ups go to processes that have room.
    """

    class PullGuard(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        requires = (Tasks,)
        _again: _Again | None = None

        def start(self, consumer: Any) -> None:
            """Wrap kombu's own check, once for each connection."""
            channel = consumer.task_consumer.channel
            again = self._again = _Again(consumer.hub)
            qos, cycle = channel.qos, channel._queue_cycle  # noqa: SLF001 - the list of each BRPOP
            kombu_may_pull, kombu_queues = qos.can_consume, cycle.consume

            def can_consume(_: Any) -> bool:
                """Also called before each BRPOP."""
                accepted = [may_pull(queue) for queue in channel.active_queues]
                channel.brpop_timeout = PULL_SECONDS if all(accepted) else REFUSED_SECONDS
                if not any(accepted):
                    again.soon()
                    return False
                return bool(kombu_may_pull())

            def queues(most: int) -> Sequence[str]:
                accepted = [queue for queue in kombu_queues(most) if may_pull(queue)]
                if not accepted:  # since `can_consume`
                    again.soon()
                return accepted

            # A lost wake-up costs a second. kombu 5.7 would try to restore it over the broken
            # connection, fail, and write it to a file.
            qos.restore_at_shutdown = False
            qos.can_consume = MethodType(can_consume, qos)
            cycle.consume = queues

        def stop(self, consumer: Any) -> None:  # noqa: ARG002 - as bootsteps call it
            # Also called where the connection broke before `start`.
            if self._again is not None:
                self._again.cancel()

    app.steps["consumer"].add(PullGuard)
