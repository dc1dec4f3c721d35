"""The guard of Celery's pulls, and what it does when a connection breaks."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event, Semaphore
from time import monotonic, sleep
from types import SimpleNamespace

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from kombu.asynchronous import Hub
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.transport.virtual import Message
from redis import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from standin.valkey import start_valkey
from worker.celery.app import celery_settings
from worker.celery.pull_guard import PULL_SECONDS, REFUSED_SECONDS, install_pull_guard

PATIENCE = 60.0
MESSAGE = {
    "body": "",
    "properties": {
        "delivery_tag": "1",
        "delivery_info": {"exchange": "", "routing_key": "interactive"},
    },
}


def test_a_channel_closes_over_an_unacknowledged_message(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """As when Redis dies just after a message was pulled; kombu neither restores nor saves it."""
    app = Celery("guarded", broker=redis_url)
    install_pull_guard(app, lambda _: True)
    [guard] = [step for step in app.steps["consumer"] if step.__name__ == "PullGuard"]
    options = celery_settings()["broker_transport_options"]
    with Connection(redis_url, transport_options=options) as connection:
        channel = connection.default_channel
        consumer = SimpleNamespace(task_consumer=SimpleNamespace(channel=channel), hub=Hub())
        guard(consumer).start(consumer)
        channel.qos.append(Message(MESSAGE, channel), "1")

        connection.transport.client = None  # as Celery does first with a connection that broke
        channel.close()
    assert caplog.messages == []


def test_a_process_pulls_from_the_queues_that_it_has_room_for(redis_url: str) -> None:
    """A wake-up that it cannot use goes to another process."""
    room, pulled = {"interactive": False, "bulk": True}, list[str]()
    app = Celery("guarded", broker=redis_url)
    install_pull_guard(app, room.__getitem__)
    [guard] = [step for step in app.steps["consumer"] if step.__name__ == "PullGuard"]
    options = celery_settings()["broker_transport_options"]
    with Connection(redis_url, transport_options=options) as connection:
        consumer = connection.Consumer(
            [Queue(name) for name in room],
            callbacks=[lambda body, _: pulled.append(body)],
            no_ack=True,
            accept=["json"],
        )
        worker = SimpleNamespace(task_consumer=consumer, hub=Hub())
        (started := guard(worker)).start(worker)
        with consumer, connection.Producer() as producer:
            for name in ("interactive", "bulk"):
                producer.publish(name, routing_key=name, serializer="json")
            connection.drain_events(timeout=PATIENCE)
            with pytest.raises(TimeoutError):
                connection.drain_events(timeout=0.3)
            assert pulled == ["bulk"]
            room["interactive"] = True
            connection.drain_events(timeout=PATIENCE)
            assert pulled == ["bulk", "interactive"]
        started.stop(worker)


def test_a_process_that_refuses_a_queue_looks_again_soon(redis_url: str) -> None:
    """One that has room for all of its queues waits for its next wake-up longer."""
    room = {"interactive": True, "bulk": True}
    app = Celery("guarded", broker=redis_url)
    install_pull_guard(app, room.__getitem__)
    [guard] = [step for step in app.steps["consumer"] if step.__name__ == "PullGuard"]
    with Connection(redis_url) as connection:
        consumer = connection.Consumer([Queue(name) for name in room], no_ack=True)
        worker = SimpleNamespace(task_consumer=consumer, hub=(hub := Hub()))
        (started := guard(worker)).start(worker)
        with consumer:
            channel = consumer.channel
            assert channel.qos.can_consume()
            assert (channel.brpop_timeout, len(hub.timer)) == (PULL_SECONDS, 0)

            room["bulk"] = False
            assert channel.qos.can_consume()
            assert (channel.brpop_timeout, len(hub.timer)) == (REFUSED_SECONDS, 0)

            room["interactive"] = False
            for _ in range(2):
                assert not channel.qos.can_consume()
            assert len(hub.timer) == 1  # without it the hub would wait a second
            started.stop(worker)
            worker.hub = hub = Hub()
            started.start(worker)
            assert not channel.qos.can_consume()
            assert hub.fire_timers() <= REFUSED_SECONDS
            started.stop(worker)


def test_a_channel_closes_while_redis_does_not_answer(tmp_path: Path) -> None:
    """As when this machine or that of Redis is cut off, and the process is stopped."""
    process, url = start_valkey(tmp_path)
    try:
        options = celery_settings()["broker_transport_options"]
        options["socket_timeout"] /= 20
        with Connection(url, transport_options=options) as connection:
            channel = connection.default_channel
            with connection.Consumer([Queue("interactive")], no_ack=True):
                connection.transport.cycle._register_BRPOP(channel)
                process.send_signal(signal.SIGSTOP)
                with pytest.raises(RedisTimeoutError):
                    channel.close()
    finally:
        process.kill()
        process.wait(PATIENCE)


def test_a_guard_that_was_not_started_can_be_stopped() -> None:
    """As Celery does when Redis is gone again before the consumer's start is complete."""
    app = Celery("guarded")
    install_pull_guard(app, lambda _: True)
    [guard] = [step for step in app.steps["consumer"] if step.__name__ == "PullGuard"]
    worker = SimpleNamespace(hub=Hub())
    guard(worker).stop(worker)


def test_a_message_that_is_not_processed_yet_does_not_hold_up_the_next_one(
    redis_url: str,
) -> None:
    """Or a process that is woken twice in a moment sees the second wake-up a second later."""
    app = Celery("prefetching", broker=redis_url, set_as_current=False)
    app.conf.update(celery_settings(), broker_url=redis_url)
    install_pull_guard(app, lambda _: True)
    began, finish = Semaphore(0), Event()

    @app.task(name="wait")  # type: ignore[untyped-decorator]  # Celery has no types
    def wait() -> None:
        began.release()
        finish.wait(PATIENCE)

    with (
        start_worker(app, pool="threads", concurrency=1, perform_ping_check=False),
        Redis.from_url(redis_url) as redis,
    ):
        wait.delay()
        assert began.acquire(timeout=PATIENCE)
        wait.delay()
        try:
            until = monotonic() + PATIENCE / 2
            while redis.llen("interactive") and monotonic() < until:
                sleep(0.01)
            assert redis.llen("interactive") == 0
        finally:
            finish.set()
