"""Has Flower list all queues, also while not all processes have answered it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flower.views import BaseHandler  # type: ignore[import-untyped]


def list_all_queues() -> None:
    """Flower lists the queues of the processes that answered, and all only if none did."""
    answered = BaseHandler.get_active_queue_names

    def all_queues(handler: Any) -> Sequence[str]:
        configured = (queue.name for queue in handler.capp.conf.task_queues)
        return sorted({*answered(handler), *configured})

    BaseHandler.get_active_queue_names = all_queues
