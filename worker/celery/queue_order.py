"""Celery pulls interactive jobs before bulk ones, and bulk ones only with room for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kombu.utils.scheduling import priority_cycle

from jobs.model.lanes import Queue

# Where kombu finds the class: it makes one for each connection.
QUEUE_ORDER = "worker.celery.queue_order:LanesInOrder"


def _always() -> bool:
    return True


class LanesInOrder(priority_cycle):
    """Leaves `bulk` out while this process has enough of it in hand, so that others get it, and
    interactive jobs find a thread.
    """

    has_bulk_room: Callable[[], bool] = staticmethod(_always)

    def consume(self, count: int) -> Sequence[str]:
        queues: Sequence[str] = self.items[:count]
        if LanesInOrder.has_bulk_room():
            return queues
        return [queue for queue in queues if queue != Queue.bulk.value]
