"""Events for Flower while Redis is away."""

from __future__ import annotations

from celery import Celery

from jobs.ledger import Ledger
from standin.ports import reserved_port
from worker.celery.flower_events import FlowerEvents


def test_events_that_cannot_be_published_do_not_end_the_scheduler(ledger: Ledger) -> None:
    """Also where kombu wraps the error, as while it opens a connection."""
    app = Celery("away", broker=f"redis://127.0.0.1:{reserved_port()}/0")
    app.conf.broker_transport_options = {"max_retries": 0}
    FlowerEvents(app, ledger)._publish([{"type": "task-received"}])
