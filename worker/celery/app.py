"""The Celery app: the transport of ids, and what Flower shows.

The ledger sends the messages, in the step that queues a job. There is no result backend: results
are in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from celery import Celery
from kombu.entity import Queue as KombuQueue

from jobs.batches.input.lines import CHAT_TASK
from jobs.model.lanes import CELERY_TASK_PREFIX, WAKE_TASK, Queue
from jobs.process.settings import RedisSettings
from tasks.registry import TASKS
from worker.celery.queue_order import QUEUE_ORDER
from worker.celery.unknown_tasks import accept_unknown_tasks


def celery_settings() -> dict[str, Any]:
    """Celery calls this when a process first uses the app. Flower only imports the app, so there
    is no earlier place to read the settings.
    """
    redis = RedisSettings()
    return {
        "broker_url": redis.full_url(),
        # Without it kombu would accept any certificate.
        "broker_use_ssl": redis.tls() or None,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "queue_order_strategy": QUEUE_ORDER,
            # The ledger knows the state of a message's jobs: see docs/decisions/no-acks.md.
            "ack_emulation": False,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 15,
        },
        # Acknowledged at once: after the claim the lease in the ledger protects the job.
        "task_acks_late": False,
        "task_ignore_result": True,
        "task_default_queue": Queue.interactive.value,
        # Flower shows these until it has asked the workers for theirs.
        "task_queues": [
            KombuQueue(each.value, routing_key=each.value)  # type: ignore[no-untyped-call]
            for each in Queue
        ],
        "worker_disable_prefetch": True,
        "worker_prefetch_multiplier": 1,
        # The scheduler sends the events of jobs: see worker/celery/flower_events.py.
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_enable_remote_control": True,
        "enable_utc": True,
        "timezone": "UTC",
    }


app = Celery("chancery", set_as_current=False)
app.add_defaults(celery_settings)


def register_jobs(run: Callable[[Queue, Sequence[str]], str]) -> None:
    """Have Celery call `run` with the queue and the job ids of each message. Flower shows the
    message under its task's name.
    """

    def run_message(message: Any, *job_ids: str) -> str:
        return run(Queue(message.request.delivery_info["routing_key"]), job_ids)

    def register(name: str) -> None:
        app.task(run_message, name=name, bind=True)

    for name in (*TASKS, CHAT_TASK):
        register(CELERY_TASK_PREFIX + name)
    accept_unknown_tasks(app, register)


def register_wake_ups(wake: Callable[[], None]) -> None:
    """Have Celery call `wake` for each message that says that work waits."""
    app.task(wake, name=WAKE_TASK)
