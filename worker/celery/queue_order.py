"""The order in which Celery pulls from the queues: interactive jobs before bulk jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kombu.utils.scheduling import priority_cycle

# kombu imports the class from this path and creates one instance for each connection.
QUEUE_ORDER = "worker.celery.queue_order:LanesInOrder"


def _any(_: str) -> bool:
    return True


class LanesInOrder(priority_cycle):
    """Omits the queues for which this process has no room, so that other workers get their messages
    and threads stay free for interactive jobs.
    """

    takes: Callable[[str], bool] = staticmethod(_any)

    def consume(self, count: int) -> Sequence[str]:
        return [queue for queue in self.items[:count] if LanesInOrder.takes(queue)]
