"""What is wrong in what was read of the system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jobs.health.checks import ROLES, LocalState, problems_of
from jobs.health.engines import away_engines, drained_engines
from jobs.health.problem_types import area_of
from jobs.health.report import (
    ApprovalHealth,
    AwayEngine,
    CallbackHealth,
    Disk,
    FailedJob,
    Failures,
    Health,
    HealthProblem,
    PauseHealth,
    ReceiverHealth,
    Restarts,
    Severity,
    Stall,
    StallReason,
)
from jobs.ledger.health import ProviderFault
from jobs.ledger.processes import Process
from jobs.model.lanes import Lane
from jobs.model.states import JobStatus
from jobs.process.settings import LimitSettings
from jobs.process.watchdog import Stall as LoopStall
from tests.unit.jobs.health.health_kit import (
    GIB,
    HOUR,
    NOW,
    a_batch,
    a_health,
    a_process,
    a_redis,
    an_engine,
)

LIMITS = LimitSettings(max_queued=100)
OTHERS = tuple(a_process(role) for role in ROLES if role != "worker")


def problems(health: Health, **local: Any) -> Sequence[HealthProblem]:
    return problems_of(health, LocalState(**local), LIMITS, None)


def codes(health: Health, **local: Any) -> list[str]:
    return [problem.code for problem in problems(health, **local)]


def only(health: Health, **local: Any) -> HealthProblem:
    (problem,) = problems(health, **local)
    return problem


def test_a_healthy_system_has_no_problem() -> None:
    assert codes(a_health()) == []
    assert a_health().ok


def test_a_redis_that_may_lose_jobs_is_named() -> None:
    assert codes(a_health(redis=a_redis(append_only=False))) == ["redis-not-durable"]
    assert codes(a_health(redis=a_redis(eviction="allkeys-lru"))) == ["redis-evicts"]
    assert codes(a_health(redis=a_redis(append_fsync="everysec"))) == ["redis-fsync"]
    assert codes(a_health(redis=a_redis(append_fsync=None))) == ["redis-fsync"]


@pytest.mark.parametrize(
    ("value", "found"),
    [(64, ["redis-tables"]), (2047, ["redis-tables"]), (2048, []), (4096, []), (None, [])],
)
def test_a_redis_that_keeps_records_as_tables_is_named(
    value: int | None, found: Sequence[str]
) -> None:
    assert codes(a_health(redis=a_redis(list_value_bytes=value))) == found


@pytest.mark.parametrize("fault", ["unreachable", "hung", "loading", "login-refused"])
def test_without_redis_only_redis_is_blamed(fault: str) -> None:
    health = Health(at=NOW, redis=a_redis(fault=fault, version=None, append_only=None))
    found = problems_of(health, LocalState(), LIMITS, NOW - HOUR)
    assert [(one.code, one.since) for one in found] == [(f"redis-{fault}", NOW - HOUR)]


def test_a_redis_that_stores_no_heartbeats_lets_no_process_look_dead() -> None:
    silent = tuple(a_process(role, age=60) for role in ROLES)
    assert codes(a_health(redis=a_redis(fault="full"), processes=silent)) == ["redis-full"]


def test_a_role_without_a_process_is_bad() -> None:
    for role in ("api", "worker", "courier", "scheduler"):
        others = tuple(a_process(other) for other in ROLES if other != role)
        missing = only(a_health(processes=others))
        assert (missing.code, missing.severity) == (f"{role}-missing", Severity.bad)
        assert missing.since is None


def test_a_silent_process_is_bad_since_its_last_heartbeat_unless_another_does_its_work() -> None:
    silent, living = a_process("worker", age=60), a_process("worker", number=2)
    dead = only(a_health(processes=(silent, *OTHERS)))
    assert (dead.code, dead.since) == ("worker-missing", NOW - timedelta(minutes=1))
    replaced = only(a_health(processes=(silent, living, *OTHERS)))
    assert (replaced.code, replaced.severity) == ("process-silent", Severity.warn)


def test_a_lane_that_no_living_worker_runs_is_bad() -> None:
    bulk = a_process("worker", lanes=(Lane.bulk,))
    gone = a_process("worker", age=60, number=2, lanes=(Lane.interactive,))
    assert codes(a_health(processes=(bulk, gone, *OTHERS))) == [
        "lane-without-worker",
        "process-silent",
    ]
    living = replace(gone, live=True)
    assert codes(a_health(processes=(bulk, living, *OTHERS))) == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("connection", "engine-unreachable"),
        ("timeout", "engine-hung"),
        ("401", "engine-refuses-key"),
        ("models", "engine-wrong-model"),
        ("not-vllm", "engine-not-vllm"),
        ("500", "engine-failing"),
        ("", "engine-unreachable"),
    ],
)
def test_an_unhealthy_engine_is_bad_with_its_reason(fault: str, code: str) -> None:
    found = only(a_health(engines=(an_engine(healthy=False, fault=fault, reason="it is so"),)))
    assert (found.code, found.severity, found.since) == (code, Severity.bad, NOW - HOUR)
    assert "it is so" in found.detail


def test_an_unhealthy_fast_engine_is_a_warning() -> None:
    fast = an_engine(role="fast engine", healthy=False, fault="connection")
    found = only(a_health(engines=(an_engine(), fast)))
    assert (found.code, found.severity) == ("fast-engine-away", Severity.warn)


def test_a_worker_whose_engines_are_drained_is_a_warning() -> None:
    drained = an_engine(healthy=False, fault="drained", reason="drained by an operator")
    found = only(a_health(engines=(drained,)))
    assert (found.code, found.severity) == ("engine-drained", Severity.warn)


def test_one_of_several_engines_that_is_away_is_one_warning() -> None:
    away = [
        AwayEngine("gpu2:8000", worker, NOW - HOUR, "nothing listens")
        for worker in ("worker@gpu1-1", "worker@gpu2-1")
    ]
    found = only(a_health(away_engines=tuple(away)))
    assert (found.code, found.severity, found.subject, found.since) == (
        "engine-of-several-away",
        Severity.warn,
        "gpu2:8000",
        NOW - HOUR,
    )
    assert "worker@gpu1-1, worker@gpu2-1: nothing listens" in found.detail


@pytest.mark.parametrize(
    ("changes", "all_healthy", "expected"),
    [
        ({}, True, ["gpu2"]),
        ({"healthy": True}, True, []),
        ({"drained": True}, True, []),
        ({}, False, []),  # named as the engine of the worker
        ({"role": "fast"}, False, ["gpu2"]),
        ({"role": "other"}, False, ["gpu2"]),
    ],
)
def test_engines_are_away_where_others_do_their_work(
    changes: dict[str, Any],
    all_healthy: bool,  # noqa: FBT001 - a parameter of the test
    expected: list[str],
) -> None:
    engine = {"name": "gpu2", "role": "full", "healthy": False, "drained": False}
    engine |= {"for_seconds": 60.0, "reason": "nothing listens", **changes}
    detail = {"engine_healthy": all_healthy, "fast_engine_healthy": True, "engines": [engine]}
    process = Process("worker", "worker-1", "gpu1", 7, NOW, detail, age_seconds=1.0)
    assert [one.name for one in away_engines([process], NOW)] == expected


@pytest.mark.parametrize(("all_healthy", "expected"), [(True, ["gpu2"]), (False, [])])
def test_an_engine_that_is_drained_while_another_works_is_named_with_its_time(
    all_healthy: bool,  # noqa: FBT001 - a parameter of the test
    expected: list[str],
) -> None:
    engine = {"name": "gpu2", "role": "full", "healthy": True, "drained": True}
    detail = {"engine_healthy": all_healthy, "engines": [engine]}
    process = Process("worker", "worker-1", "gpu1", 7, NOW, detail, age_seconds=1.0)
    drained = drained_engines([process], {"gpu2": NOW - HOUR, "removed": NOW})
    assert [one.name for one in drained] == expected
    found = problems(a_health(drained_engines=tuple(drained)))
    assert [(one.code, one.severity, one.subject, one.since) for one in found] == [
        ("engine-of-several-drained", Severity.warn, name, NOW - HOUR) for name in expected
    ]


def test_processes_with_a_network_are_a_warning() -> None:
    assert codes(a_health(processes=(a_process("worker", offline=False), *OTHERS))) == [
        "documents-with-network"
    ]
    assert codes(a_health(processes=(a_process("worker", offline=True), *OTHERS))) == []


def test_a_clock_that_is_off_is_named_once_for_each_machine() -> None:
    off: dict[str, Any] = {"clock_offset_seconds": -42.4, "clock_skewed_seconds": 59.0}
    processes = [a_process(role, **off) for role in ROLES]
    found = only(a_health(processes=tuple(processes)))
    assert (found.code, found.subject, found.since) == (
        "clock-skew",
        "gpu1",
        NOW - timedelta(minutes=1),
    )
    assert "-42 s" in found.detail


def test_a_store_that_cannot_be_reached_is_named_once_for_each_machine() -> None:
    away: dict[str, Any] = {"store_fault": "the clock is wrong", "store_fault_seconds": 59.0}
    found = only(a_health(processes=tuple(a_process(role, **away) for role in ROLES)))
    assert (found.code, found.subject, found.since) == (
        "store-unavailable",
        "gpu1",
        NOW - timedelta(minutes=1),
    )
    assert "the clock is wrong" in found.detail


def test_processes_that_start_again_and_again_are_a_warning() -> None:
    def restarted(*minutes: int) -> Health:
        times = tuple(NOW - timedelta(minutes=one) for one in minutes)
        return a_health(restarts=(Restarts("worker", "gpu1", len(times), times[-1], times),))

    assert codes(restarted(9, 5, 1)) == ["process-restarting"]
    assert codes(restarted(50, 40, 5, 1)) == []


def test_dead_callbacks_and_gone_urls_are_counted_by_department() -> None:
    callbacks = (CallbackHealth("tax", 3, 2, 0), CallbackHealth("land", 1, 0, 4))
    found = problems(a_health(callbacks=callbacks))
    assert [(one.code, one.subject, one.values["count"]) for one in found] == [
        ("callbacks-dead", "tax", "2"),
        ("receiver-gone", "land", "4"),
    ]


def test_a_receiver_that_fails_is_named_with_its_department() -> None:
    receiver = ReceiverHealth("tax", "http://oa:80", NOW - HOUR, None, "the receiver answered 500")
    found = only(a_health(receivers=(receiver,)))
    assert (found.code, found.since) == ("receiver-failing", NOW - HOUR)
    assert found.detail == (
        "http://oa:80 of tax does not accept callbacks: the receiver answered 500"
    )


def test_a_system_that_is_nearly_full_is_a_warning() -> None:
    assert codes(a_health(jobs={"tax": {JobStatus.queued: 79}})) == []
    assert codes(a_health(jobs={"tax": {JobStatus.queued: 81}})) == ["queue-full"]


def test_little_free_disk_space_is_a_warning_and_almost_none_is_bad() -> None:
    def disk(free: float, **changes: Any) -> Health:
        fields: dict[str, Any] = {"writable": True, "low_since": NOW, **changes}
        return a_health(disks=(Disk("gpu1", "/var", round(free * GIB), 100 * GIB, **fields),))

    assert codes(disk(50)) == []
    assert codes(disk(9)) == ["disk-low"]
    full = only(disk(0.5))
    assert (full.code, full.severity, full.since) == ("disk-full", Severity.bad, NOW)
    assert codes(disk(50, writable=False)) == ["disk-not-writable"]


def test_poisoned_jobs_are_named_and_other_failures_are_the_documents_own() -> None:
    jobs = (FailedJob("job_1", None, NOW), FailedJob("job_2", "batch_1", NOW - HOUR))
    failures = (
        Failures("poisoned", "parse", "tax", 2, jobs),
        Failures("document-unreadable", "parse", "tax", 9, ()),
    )
    found = only(a_health(failures=failures))
    assert (found.code, found.subject, found.since) == ("jobs-poisoned", "parse of tax", NOW - HOUR)
    assert "job_1, job_2" in found.detail


def test_a_stalled_batch_is_bad_and_one_that_waits_on_purpose_is_not_a_problem() -> None:
    stall = Stall(StallReason.engine_away, NOW - HOUR, "engine away since 2026-11-30 01:10 UTC")
    found = only(a_health(batches=(a_batch(stall=stall, expected_at=None),)))
    assert (found.code, found.severity, found.since) == (
        "batch-stalled",
        Severity.bad,
        NOW - HOUR,
    )
    assert "10 of 100 lines done: engine away since 2026-11-30 01:10 UTC" in found.detail
    for reason in (StallReason.paused, StallReason.window_closed, StallReason.quota_used_up):
        assert codes(a_health(batches=(a_batch(stall=replace(stall, reason=reason)),))) == []


def test_a_late_batch_is_a_warning_with_both_times() -> None:
    late = a_batch(late=True, expected_at=NOW + 3 * HOUR)
    found = only(a_health(batches=(late,)))
    assert (found.code, found.severity) == ("batch-late", Severity.warn)
    assert "at 2026-11-30 05:10 UTC, after its deadline 2026-11-30 04:10 UTC" in found.detail


def test_a_pause_is_a_warning_with_the_command_that_ends_it() -> None:
    pauses = (
        PauseHealth("tax", None, None),
        PauseHealth(None, Lane.bulk, NOW),
        PauseHealth("tax", Lane.interactive, NOW),
    )
    found = problems(a_health(pauses=pauses))
    assert {one.code for one in found} == {"paused"}
    assert [(one.subject, one.advice.split("`")[1]) for one in found] == [
        ("all jobs of tax", "chancery resume --department tax"),
        ("bulk jobs of every department", "chancery resume --lane bulk"),
        ("interactive jobs of tax", "chancery resume --department tax --lane interactive"),
    ]


def test_a_process_that_stood_still_is_a_warning_with_its_stack() -> None:
    frames = ["re/__init__.py:166 match", "run.py:9 run"]
    stall = LoopStall(NOW - HOUR, "worker", "worker-b", 15.0, True, frames)
    found = only(a_health(), stalls=(stall,))
    assert (found.code, area_of(found)) == ("process-stalled", "worker")
    assert "worker-b was blocked for 15 s and was ended" in found.detail
    assert "re/__init__.py:166 match < run.py:9 run" in found.detail


def test_what_is_bad_comes_first() -> None:
    health = a_health(
        redis=a_redis(append_fsync="everysec"), engines=(an_engine(healthy=False, fault="500"),)
    )
    assert codes(health) == ["engine-failing", "redis-fsync"]
    assert not replace(health, problems=tuple(problems(health))).ok


def test_results_that_wait_too_long_for_approval_are_named_with_their_department() -> None:
    waiting = ApprovalHealth("health", 2, 0, NOW - HOUR)
    overdue = ApprovalHealth("tax", 5, 3, NOW - 30 * HOUR)
    found = only(a_health(approvals=(waiting, overdue)))
    assert (found.code, found.severity, found.subject) == (
        "approvals-overdue",
        Severity.warn,
        "tax",
    )
    assert found.since == NOW - 30 * HOUR
    assert "3 results of tax" in found.detail
    assert "24 h" in found.detail


def test_builds_may_differ_for_an_hour() -> None:
    def upgraded(since: timedelta) -> Health:
        old = a_process("worker", build="1.0+a", started_at=NOW - 50 * HOUR)
        new = a_process("courier", build="1.0+b", started_at=NOW - since)
        others = tuple(a_process(role, build="1.0+a") for role in ("api", "scheduler"))
        return a_health(processes=(old, new, *others))

    assert codes(upgraded(timedelta(minutes=59))) == []
    found = only(upgraded(timedelta(minutes=61)))
    assert (found.code, found.severity) == ("builds-mixed", Severity.warn)
    assert found.since == NOW - timedelta(minutes=61)
    assert "1.0+b: courier@gpu1-1" in found.detail


def test_a_process_that_ended_does_not_count_as_another_build() -> None:
    ended = a_process("worker", age=60, build="0.9+z", started_at=NOW - 50 * HOUR)
    living = [a_process(role, number=2, build="1.0+a") for role in ROLES]
    assert "builds-mixed" not in codes(a_health(processes=(ended, *living)))


def test_an_identity_provider_that_is_away_is_a_warning_with_its_reason() -> None:
    fault = ProviderFault("https://id.example", "HTTP 503", NOW)
    found = only(replace(a_health(), provider=fault))
    assert (found.code, found.severity, found.since) == ("provider-away", Severity.warn, NOW)
    assert "https://id.example" in found.detail
    assert "HTTP 503" in found.detail
