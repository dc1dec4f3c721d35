"""The Celery app: the transport of wake-ups, and what Flower shows.

The ledger sends the messages, in the step that queues work. There is no result backend: results
are in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from celery import Celery
from kombu.entity import Queue as KombuQueue

from jobs.ledger.server.sentinels import sentinel_options
from jobs.model.lanes import WAKE_TASK, Queue
from jobs.process.settings import RedisSettings


def celery_settings() -> dict[str, Any]:
    """Celery calls this when a process first uses the app. Flower only imports the app, so there
    is no earlier place to read the settings.
    """
    redis = RedisSettings()
    return {
        "broker_url": _broker_url(redis),
        # Without it kombu would accept any certificate.
        "broker_use_ssl": redis.tls() or None,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            # A lost wake-up costs a second: see docs/decisions/no-acks.md.
            "ack_emulation": False,
            "socket_connect_timeout": 2,
            # Without it a process cannot stop while the answer to a BRPOP does not come.
            "socket_timeout": 10,
            "socket_keepalive": True,
            "health_check_interval": 15,
            **_sentinel_options(redis),
        },
        "task_acks_late": False,
        "task_ignore_result": True,
        "task_default_queue": Queue.interactive.value,
        # Flower shows these until it has asked the workers for theirs.
        "task_queues": [
            KombuQueue(each.value, routing_key=each.value)  # type: ignore[no-untyped-call]
            for each in Queue
        ],
        # No limit: a message that is not processed yet must not keep the next one waiting.
        "worker_prefetch_multiplier": 0,
        # The scheduler sends the events of jobs: see worker/celery/flower_events.py.
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_enable_remote_control": True,
        "enable_utc": True,
        "timezone": "UTC",
    }


def _broker_url(redis: RedisSettings) -> str:
    """kombu's URL with Sentinels has one part for each, all with the login of the servers."""
    if not redis.sentinels:
        return redis.full_url()
    parts = urlsplit(redis.full_url())
    login, mark, _ = parts.netloc.rpartition("@")
    return ";".join(f"sentinel://{login}{mark}{each}{parts.path}" for each in redis.sentinels)


def _sentinel_options(redis: RedisSettings) -> dict[str, Any]:
    if not redis.sentinels:
        return {}
    return {"master_name": redis.group, "sentinel_kwargs": sentinel_options(redis)}


app = Celery("chancery", set_as_current=False)
app.add_defaults(celery_settings)


def register_wake_ups(wake: Callable[[], None]) -> None:
    """Have Celery call `wake` for each message that says that work waits."""
    app.task(wake, name=WAKE_TASK)
