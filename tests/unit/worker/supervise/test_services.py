"""The processes of the whole system on one machine."""

from __future__ import annotations

from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.process.settings import STOP_SECONDS, RedisSettings, WorkerSettings
from jobs.process.watchdog import STOP_MARGIN_SECONDS
from worker.supervise import services
from worker.supervise.redis_server import RedisServer


def test_the_whole_system_stops_within_forty_seconds_and_a_process_ends_itself_first() -> None:
    ledger = Ledger(RedisSettings(url=SecretStr("redis://127.0.0.1:1/0")))
    grace = WorkerSettings().grace_seconds
    worker = services.process_child("worker", {}, ledger, grace)
    api = services.api_child({}, "http://127.0.0.1:1")
    redis = services.redis_child(RedisServer("redis://127.0.0.1:1/0", ("valkey",)), ledger)

    assert worker.grace_seconds > grace + STOP_MARGIN_SECONDS
    assert api.grace_seconds > STOP_SECONDS + STOP_MARGIN_SECONDS
    # The stages stop one after another; the engine has as long as Redis.
    assert worker.grace_seconds + 2 * redis.grace_seconds < 40
