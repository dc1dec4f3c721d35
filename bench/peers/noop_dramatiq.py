"""A dramatiq actor that does nothing."""

# mypy: disable-error-code="import-not-found, untyped-decorator"

from __future__ import annotations

import os
import time

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from bench.peers import counting

dramatiq.set_broker(RedisBroker(url=os.environ["BROKER"]))


@dramatiq.actor
def noop(count: int) -> None:
    counting.done(count)


def enqueue(total: int) -> None:
    print(time.time(), flush=True)
    for _ in range(total):
        noop.send(total)
