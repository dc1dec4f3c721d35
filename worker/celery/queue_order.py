"""The order in which Celery pulls from the queues: interactive jobs before bulk jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kombu.utils.scheduling import priority_cycle

from jobs.model.lanes import Queue

# kombu imports the class from this path and creates one instance for each connection.
QUEUE_ORDER = "worker.celery.queue_order:LanesInOrder"


def _always() -> bool:
    return True


class LanesInOrder(priority_cycle):
    """Omits `bulk` while this process has enough bulk jobs, so that other workers get them and
    threads stay free for interactive jobs.
    """

    takes_bulk: Callable[[], bool] = staticmethod(_always)

    def consume(self, count: int) -> Sequence[str]:
        queues: Sequence[str] = self.items[:count]
        if LanesInOrder.takes_bulk():
            return queues
        return [queue for queue in queues if queue != Queue.bulk.value]
