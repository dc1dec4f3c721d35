"""The findings of `chancery doctor`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from jobs.ledger.pauses import Pause
from jobs.ledger.processes import Process
from jobs.ledger.statistics import Server, Statistics
from jobs.model.lanes import Lane, Queue
from jobs.model.states import CallbackStatus, JobStatus
from jobs.process.watchdog import Stall
from worker.commands import diagnosis
from worker.commands.diagnosis import GIB, Finding

STARTED = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def process(role: str, age: float = 1.0, number: int = 1, **detail: Any) -> Process:
    return Process(role, f"{role}@gpu1-{number}", "gpu1", number, STARTED, detail, age)


def figures(
    jobs: dict[tuple[str, JobStatus], int] | None = None,
    callbacks: dict[tuple[str, CallbackStatus], int] | None = None,
    urls_gone: dict[str, int] | None = None,
    broken: dict[str, dict[str, bool]] | None = None,
) -> Statistics:
    return Statistics(
        jobs=jobs or {},
        endings={},
        queues=dict.fromkeys(Queue, 0),
        callbacks=callbacks or {},
        urls_gone=urls_gone or {},
        broken=broken or {},
        attempts={},
        callbacks_ended={},
        counters={},
    )


def levels(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(finding.subject, finding.level.value) for finding in findings]


def server(*, appendonly: bool = True, fsync: str = "always", policy: str = "noeviction") -> Server:
    return Server("9.1.2", appendonly, fsync, policy, 5_000_000)


def test_a_redis_that_loses_nothing_is_ok() -> None:
    assert levels(diagnosis.of_server(server())) == [("redis", "ok")]


def test_a_redis_that_loses_or_evicts_jobs_is_bad_and_slow_fsync_a_warning() -> None:
    assert levels(diagnosis.of_server(server(appendonly=False))) == [("redis", "bad")]
    assert levels(diagnosis.of_server(server(policy="allkeys-lru"))) == [("redis", "bad")]
    assert levels(diagnosis.of_server(server(fsync="everysec"))) == [("redis", "warn")]


def test_a_role_without_a_process_is_bad() -> None:
    processes = [process("worker"), process("scheduler")]
    assert levels(diagnosis.of_processes(processes)) == [
        ("worker", "ok"),
        ("scheduler", "ok"),
        ("courier", "bad"),
    ]


def test_a_silent_process_is_bad_unless_another_does_its_work() -> None:
    silent, living = process("worker", age=60), process("worker", number=2)
    others = [process("courier"), process("scheduler")]
    assert ("worker", "bad") in levels(diagnosis.of_processes([silent, *others]))
    assert ("worker", "bad") not in levels(diagnosis.of_processes([silent, living, *others]))
    assert ("worker", "warn") in levels(diagnosis.of_processes([silent, living, *others]))


def test_a_lane_that_no_living_worker_runs_is_bad() -> None:
    others = [process("courier"), process("scheduler")]
    bulk = process("worker", lanes=["bulk"])
    gone = process("worker", age=60, number=2, lanes=["interactive"])
    findings = [*diagnosis.of_processes([bulk, gone, *others])]
    assert [finding.text for finding in findings if finding.level is diagnosis.Level.bad] == [
        "no worker runs interactive jobs"
    ]
    living = process("worker", number=2, lanes=["interactive"])
    assert ("worker", "bad") not in levels(diagnosis.of_processes([bulk, living, *others]))


def test_an_unhealthy_engine_is_bad_with_its_reason() -> None:
    unhealthy = process("worker", engine_healthy=False, engine_reason="answers 503 at /health")
    (finding,) = diagnosis.of_engines([unhealthy])
    assert finding.level is diagnosis.Level.bad
    assert "answers 503 at /health" in finding.text


def test_processes_with_a_network_are_a_warning() -> None:
    online = process("worker", engine_healthy=True, offline=False)
    assert levels(diagnosis.of_engines([online])) == [("engine", "ok"), ("isolation", "warn")]
    for offline in (True, None):  # None: no process has been started
        worker = process("worker", engine_healthy=True, offline=offline)
        assert levels(diagnosis.of_engines([worker])) == [("engine", "ok")]


def test_an_unhealthy_fast_engine_is_a_warning_and_no_fast_engine_no_finding() -> None:
    healthy = {"engine_healthy": True, "fast_engine_healthy": True}
    unhealthy = {"engine_healthy": True, "fast_engine_healthy": False}
    assert levels(diagnosis.of_engines([process("worker", engine_healthy=True)])) == [
        ("engine", "ok")
    ]
    assert levels(diagnosis.of_engines([process("worker", **healthy)])) == [
        ("engine", "ok"),
        ("fast engine", "ok"),
    ]
    assert levels(diagnosis.of_engines([process("worker", **unhealthy)])) == [
        ("engine", "ok"),
        ("fast engine", "warn"),
    ]


def test_dead_callbacks_are_counted_by_department() -> None:
    found = figures(
        callbacks={
            ("tax", CallbackStatus.dead): 2,
            ("water", CallbackStatus.dead): 0,
            ("tax", CallbackStatus.pending): 3,
        }
    )
    (finding,) = [one for one in diagnosis.of_figures(found, 100) if one.subject == "callbacks"]
    assert finding.level is diagnosis.Level.warn
    assert "2 of tax" in finding.text
    assert "water" not in finding.text


def test_a_system_that_is_nearly_full_is_a_warning() -> None:
    assert ("jobs", "ok") in levels(
        diagnosis.of_figures(figures({("tax", JobStatus.queued): 79}), 100)
    )
    assert ("jobs", "warn") in levels(
        diagnosis.of_figures(figures({("tax", JobStatus.queued): 81}), 100)
    )


def test_little_free_disk_space_is_a_warning_and_almost_none_is_bad() -> None:
    assert levels(diagnosis.of_disk(50 * GIB, 100 * GIB, "var")) == [("disk", "ok")]
    assert levels(diagnosis.of_disk(9 * GIB, 100 * GIB, "var")) == [("disk", "warn")]
    assert levels(diagnosis.of_disk(GIB // 2, 100 * GIB, "var")) == [("disk", "bad")]


def test_every_finding_but_ok_says_what_to_do() -> None:
    findings = [
        *diagnosis.of_server(server(appendonly=False)),
        *diagnosis.of_server(server(fsync="everysec")),
        *diagnosis.of_processes([process("worker", age=60)]),
        *diagnosis.of_engines([process("worker", engine_healthy=False)]),
        *diagnosis.of_engines([process("worker", engine_healthy=1, fast_engine_healthy=0)]),
        *diagnosis.of_disk(0, 100 * GIB, "var"),
        *diagnosis.of_figures(figures({("tax", JobStatus.queued): 100}), 100),
    ]
    assert all(finding.advice for finding in findings if finding.level is not diagnosis.Level.ok)


def test_failing_receivers_and_gone_urls_are_named() -> None:
    found = list(
        diagnosis.of_figures(
            figures(
                urls_gone={"tax": 2, "land": 0}, broken={"tax": {"http://oa:80": False}, "land": {}}
            ),
            100,
        )
    )
    assert levels(found)[-2:] == [("receivers", "warn"), ("receivers", "warn")]
    assert "http://oa:80 of tax" in found[-2].text
    assert found[-1].text == "URLs that answered 410: 2 of tax"


def test_a_pause_is_a_warning_with_the_command_that_ends_it() -> None:
    pauses = [Pause("tax"), Pause(lane=Lane.bulk), Pause("tax", Lane.interactive)]
    found = list(diagnosis.of_pauses(pauses))
    assert levels(found) == [("paused", "warn")] * 3
    assert [(finding.text, finding.advice.split("`")[1]) for finding in found] == [
        ("all jobs of tax wait", "chancery resume --department tax"),
        ("bulk jobs of every department wait", "chancery resume --lane bulk"),
        ("interactive jobs of tax wait", "chancery resume --department tax --lane interactive"),
    ]
    assert list(diagnosis.of_pauses([])) == []


def test_a_process_that_stood_still_in_the_last_day_is_a_warning_with_its_stack() -> None:
    frames = ["re/__init__.py:166 match", "run.py:9 run"]
    old, first, last = (
        Stall(STARTED + timedelta(hours=hours), "worker", f"worker-{name}", seconds, ended, frames)
        for hours, name, seconds, ended in (
            (-30, "a", 15, True),
            (-1, "b", 5, False),
            (-1, "b", 15, True),
        )
    )
    (finding,) = diagnosis.of_stalls([old, first, last], STARTED)
    assert (finding.subject, finding.level.value) == ("worker", "warn")
    assert "worker-b stood still for 15 s and was ended" in finding.text
    assert "re/__init__.py:166 match < run.py:9 run" in finding.text


def test_a_worker_that_stands_still_is_not_live_within_five_seconds() -> None:
    stalled = diagnosis.of_processes([process("worker", age=5.1)])
    assert levels(stalled)[0] == ("worker", "bad")
    (working,) = [
        finding
        for finding in diagnosis.of_processes([process("worker", age=4.9)])
        if finding.subject == "worker"
    ]
    assert working.level.value == "ok"
