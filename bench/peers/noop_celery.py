"""A Celery task that does nothing, with the settings that Celery recommends for Redis."""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import os
import time

from celery import Celery

from bench.peers import counting

app = Celery("noop", broker=os.environ["BROKER"])
app.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1)


@app.task
def noop(count: int) -> None:
    counting.done(count)


def enqueue(total: int) -> None:
    print(time.time(), flush=True)
    for _ in range(total):
        noop.delay(total)
