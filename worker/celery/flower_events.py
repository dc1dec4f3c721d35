"""Sends what the ledger noted as Celery's events, so that Flower shows the ledger's truth.

Celery's own events describe messages: a message whose job failed is a success to Celery. Events are
sent together, because one publication costs as much as a small job.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from celery import Celery
from celery.events.event import get_exchange
from kombu.exceptions import OperationalError
from kombu.messaging import Producer

from jobs.batches.batch import Batch
from jobs.batches.views import batch_view
from jobs.ledger import Ledger
from jobs.ledger.activity import Activity, Event
from jobs.ledger.processes import Process
from jobs.model.lanes import CELERY_TASK_PREFIX

TAKE_MOST = 2_000
_ROUTING_KEY = "task.multi"


class FlowerEvents:
    """Takes the ledger's activity and publishes it. Create it in the process that calls it."""

    def __init__(self, app: Celery, ledger: Ledger) -> None:
        self._app = app
        self._ledger = ledger
        self._own_name = f"scheduler@{socket.gethostname()}"
        self._producer: Producer | None = None

    async def send(self) -> int:
        """Publish the activity since the last call, in one message; returns how many events.

        Raises `ProblemError` while the ledger is away. Events that cannot be published are lost:
        they show what has happened, and change nothing.
        """
        activity = await self._ledger.activity.take(TAKE_MOST)
        if not activity:
            return 0
        names = node_names(await self._ledger.processes.list())
        events = [
            event for each in activity for event in self._events(each, names.get(each.process))
        ]
        await asyncio.to_thread(self._publish, events)
        return len(events)

    async def send_batches(self) -> None:
        """Publish a row for each open batch, with how many of its lines wait."""
        batches = await self._ledger.batches.open()
        if batches:
            events = [event for batch in batches for event in self._batch_events(batch)]
            await asyncio.to_thread(self._publish, events)

    def _events(self, activity: Activity, node: str | None) -> Iterator[dict[str, Any]]:
        yield self._event(
            activity.event,
            activity.id,
            activity.name,
            timestamp=activity.at,
            hostname=node or self._own_name,
            **_details(activity),
        )

    def _batch_events(self, batch: Batch) -> Iterator[dict[str, Any]]:
        counts = batch_view(batch).request_counts
        waiting = counts.total - counts.completed - counts.failed
        shown = f"{{'waiting': {waiting}, 'done': {counts.completed}, 'failed': {counts.failed}}}"
        fields = {"kwargs": shown, "timestamp": batch.created_at.timestamp()}
        yield self._event(Event.received, batch.id, "batch", **fields)
        yield self._event(Event.started, batch.id, "batch", **fields)

    def _event(self, event: Event, id_: str, name: str, **fields: Any) -> dict[str, Any]:
        return {
            "type": f"task-{event.value}",
            "uuid": id_,
            "name": CELERY_TASK_PREFIX + name,
            "args": f"('{id_}',)",
            "kwargs": "{}",
            "hostname": self._own_name,
            "utcoffset": 0,
            "pid": os.getpid(),
            "clock": self._app.clock.forward(),
            **fields,
        }

    def _publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        try:
            self._connected().publish(  # type: ignore[no-untyped-call]
                list(events), routing_key=_ROUTING_KEY, serializer="json"
            )
        except (OperationalError, *self._app.connection_for_write().connection_errors):
            self._producer = None

    def _connected(self) -> Producer:
        if self._producer is None:
            connection = self._app.connection_for_write()
            exchange = get_exchange(connection)
            self._producer = Producer(connection, exchange=exchange)  # type: ignore[no-untyped-call]
        return self._producer


def node_names(processes: Sequence[Process]) -> dict[str, str]:
    """The name of each process in Celery, by its name in the ledger."""
    return {process.name: node_name(process) for process in processes}


def node_name(process: Process) -> str:
    lanes = process.detail.get("lanes", ())
    role = f"{process.role}-{lanes[0]}" if len(lanes) == 1 else process.role
    return f"{role}@{process.host}"


def _details(activity: Activity) -> dict[str, Any]:
    match activity.event:
        case Event.succeeded:
            return {"result": repr(activity.detail), "runtime": activity.seconds}
        case Event.failed | Event.retried:
            return {"exception": activity.detail, "traceback": ""}
        case Event.revoked:
            expired = activity.detail == "expired"
            return {"terminated": not expired, "signum": None, "expired": expired}
    return {}
