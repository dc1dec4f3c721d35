"""The gate before Celery's consumer, and what it does when a connection breaks."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from celery import Celery
from kombu.connection import Connection
from kombu.transport.virtual import Message

from worker.celery.app import celery_settings
from worker.celery.gate import install_gate

MESSAGE = {
    "body": "",
    "properties": {
        "delivery_tag": "1",
        "delivery_info": {"exchange": "", "routing_key": "interactive"},
    },
}


def test_a_channel_closes_over_a_message_that_nobody_acknowledged(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """As when Redis dies just after a message was pulled; it is neither put back nor kept."""
    app = Celery("gated", broker=redis_url)
    install_gate(app, lambda: True)
    [gate] = [step for step in app.steps["consumer"] if step.__name__ == "Gate"]
    options = celery_settings()["broker_transport_options"]
    with Connection(redis_url, transport_options=options) as connection:
        channel = connection.default_channel
        consumer = SimpleNamespace(task_consumer=SimpleNamespace(channel=channel))
        gate(consumer).start(consumer)
        channel.qos.append(Message(MESSAGE, channel), "1")

        connection.transport.client = None  # as Celery does first with a connection that broke
        channel.close()
    assert caplog.messages == []
