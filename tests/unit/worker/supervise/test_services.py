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
    (worker,) = services.process_children("worker", {}, ledger, grace, 1)
    (api,) = services.api_children({}, "http://127.0.0.1:1", 1)
    redis = services.redis_child(RedisServer("redis://127.0.0.1:1/0", ("valkey",)), ledger)

    assert worker.grace_seconds > grace + STOP_MARGIN_SECONDS
    assert api.grace_seconds > STOP_SECONDS + STOP_MARGIN_SECONDS
    # The stages stop one after another; the engine has as long as Redis.
    assert worker.grace_seconds + 2 * redis.grace_seconds < 40


def test_several_processes_of_a_role_have_names_and_logs_of_their_own() -> None:
    ledger = Ledger(RedisSettings(url=SecretStr("redis://127.0.0.1:1/0")))
    couriers = services.process_children("courier", {}, ledger, 1.0, 2)
    apis = services.api_children({}, "http://127.0.0.1:1", 2)

    assert [one.name for one in couriers] == ["courier-1", "courier-2"]
    assert [(one.name, one.env["CHANCERY_API_PROCESSES"]) for one in apis] == [
        ("api-1", "2"),
        ("api-2", "2"),
    ]
