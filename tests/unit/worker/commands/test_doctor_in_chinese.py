"""What `chancery doctor --lang zh` prints has no English sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.core import ParameterSource
from pydantic import ValidationError

from jobs.batches.batch import BATCH_ENDINGS, BatchStatus
from jobs.batches.estimate import Stall, StallReason
from jobs.health.checks import LocalState, problems_of
from jobs.health.problem_types import PROBLEM_TYPES, problem
from jobs.health.report import (
    ApprovalHealth,
    AwayEngine,
    CallbackHealth,
    Disk,
    DrainedEngine,
    FailedJob,
    Failures,
    Health,
    HealthProblem,
    HolidaysHealth,
    LaneHealth,
    PauseHealth,
    QuotaHealth,
    ReceiverHealth,
    Restarts,
    WindowHealth,
)
from jobs.ledger.health import ProviderFault
from jobs.model.lanes import Lane
from jobs.model.states import JobStatus, JobSubstatus
from jobs.process.environment import wrong_settings
from jobs.process.settings import BulkSettings, LimitSettings
from jobs.process.watchdog import Stall as LoopStall
from jobs.texts import Language
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
from worker.commands.doctor import lines_of, translated
from worker.commands.messages import LANGUAGE_KEY
from worker.commands.system import find_redis
from worker.engine.health import NOT_CHECKED
from worker.engine.requests.probe import _ADVICE, Refused

ROLES = ("worker", "courier", "scheduler")
ENGLISH = re.compile(r"\b[A-Za-z][a-z']+(?:,? [a-z']+)+\b")
NAMES = ("appendonly yes", "maxmemory-policy noeviction", "appendfsync always", "fast engine")
REASONS = (
    NOT_CHECKED,
    "",
    "no answer at /health in 5 s",
    "no answer at /v1/chat/completions in 30 s",
    "no answer to a chat completion in 30 s",
    "answers chat completions with something else: check that CHANCERY_ENGINE_URL is the address "
    "of a vLLM server",
    "the response at /v1/models is not a list of models: check that CHANCERY_ENGINE_URL is the "
    "address of a vLLM server",
    "serves a, b, but not c",
    "serves a, and the others b",
    "drained by an operator",
    "CHANCERY_ENGINES has none any more",
    "engine one (drained by an operator); engine two (the connection failed: nothing listens at "
    "10.0.0.7:8000)",
    "the connection failed: nothing listens at 10.0.0.7:8000",
    "the host name gpu1 cannot be resolved (-2)",
    "answers 500 to every chat completion: see the engine's log",
    *(str(Refused(status, "/v1/models")) for status in (*_ADVICE, 500)),
)

RECEIVER_REASONS = (
    None,
    "the receiver answered 500",
    "no response within 10 s",
    "nothing listens at 10.0.0.9:80",
    "the host has no address",
    "the header X-Result does not match success.header",
    "the body does not match success.body",
    "the connection was closed before the end of the response",
    "the response is not HTTP/1.1 (ValueError)",
)


def english_in(line: str) -> list[str]:
    """The runs of at least two English words, without what is typed (`...`) and names."""
    text = re.sub(r"`[^`]*`|\[docs/[^\]]*\]", "", click.unstyle(line))
    for name in NAMES:
        text = text.replace(name, "")
    return ENGLISH.findall(text)


def printed(health: Health) -> str:
    return "\n".join(lines_of(health, Language.zh))


def a_batch_stalled(reason: StallReason, detail: str) -> Any:
    return a_batch(stall=Stall(reason, NOW, detail), expected_at=None)


def a_broken_system() -> Iterator[Health]:
    """Healths with every problem that can be found in what was read."""
    for fault in ("unreachable", "hung", "loading", "full", "cannot-write", "read-only"):
        yield a_health(redis=a_redis(fault=fault))
    yield a_health(redis=a_redis(fault="login-refused"))
    yield a_health(redis=a_redis(append_only=False))
    yield a_health(redis=a_redis(eviction="allkeys-lru"))
    yield a_health(redis=a_redis(append_fsync=None))
    yield a_health(redis=a_redis(list_value_bytes=64))
    yield a_health(processes=())
    mixed = a_process("worker", build="1+a", started_at=NOW - 9 * HOUR, lanes=(Lane.bulk,))
    yield a_health(
        processes=(
            replace(mixed, offline=False, clock_offset_seconds=9.0, clock_skewed_seconds=60.0),
            a_process("worker", age=60, number=2),
            a_process("courier", build="1+b", started_at=NOW - 8 * HOUR),
            a_process("scheduler"),
        ),
        restarts=(Restarts("worker", "gpu1", 3, NOW, (NOW, NOW, NOW)),),
    )
    away = "the S3 server of AWS_ENDPOINT_URL does not answer"
    yield a_health(processes=(replace(mixed, store_fault=away, store_fault_seconds=1.0),))
    for fault in ("connection", "timeout", "models", "not-vllm", "401", "500"):
        yield a_health(engines=(an_engine(healthy=False, fault=fault, reason=""),))
    yield a_health(engines=(an_engine(lacks_parser="deepseek_r1"),))
    for until in (None, NOW.date()):
        yield a_health(holidays=HolidaysHealth(until))
    yield a_health(engines=(an_engine(role="fast engine", healthy=False, fault="timeout"),))
    yield a_health(engines=(an_engine(healthy=False, fault="drained", reason=""),))
    yield a_health(away_engines=(AwayEngine("gpu2", "worker-1", NOW, REASONS[2]),))
    yield a_health(drained_engines=(DrainedEngine("gpu2", NOW),))
    yield a_health(
        jobs={"tax": {JobStatus.queued: 90, JobSubstatus.awaiting_approval: 1}},
        failures=(Failures("poisoned", "redact", "tax", 2, (FailedJob("job_1", None, NOW),)),),
        batches=(
            a_batch_stalled(StallReason.no_worker, "no worker runs since 2026-11-30 01:10 UTC"),
            a_batch(late=True),
            a_batch(late=True, expected_at=None),
        ),
        callbacks=(CallbackHealth("tax", 1, 2, 3),),
        receivers=tuple(
            ReceiverHealth("tax", f"https://oa{number}.tax", NOW, None, reason)
            for number, reason in enumerate(RECEIVER_REASONS)
        ),
        approvals=(ApprovalHealth("tax", 3, 2, NOW - 30 * HOUR),),
        provider=ProviderFault("https://id.example", "HTTP 503", NOW),
        disks=(
            Disk("gpu1", "/a", 1, GIB, writable=False, low_since=NOW),
            Disk("gpu1", "/b", 5 * GIB, 100 * GIB, writable=True, low_since=NOW),
        ),
        pauses=(
            PauseHealth(None, None, NOW),
            PauseHealth("tax", Lane.bulk, None),
            PauseHealth(None, Lane.interactive, None),
        ),
    )


def local() -> LocalState:
    return LocalState(
        stalls=tuple(
            LoopStall(NOW, "worker", f"worker-{ended}", 9.0, ended=ended, stack=stack)
            for ended, stack in ((True, ["a.py:1 f"]), (False, []))
        )
    )


def wrong_lines() -> Iterator[str]:
    wrong = (
        {"CHANCERY_MAX_PAGES": "x"},
        {"CHANCERY_MAX_PAGES": "0"},
        {"CHANCERY_APPROVAL_WARN_HOURS": "x"},
        {"CHANCERY_APPROVAL_WARN_HOURS": "0"},
        {"CHANCERY_BULK_ZONE": "Mars/Base"},
        {"CHANCERY_BULK_WINDOW": "25:00-06:00"},
    )
    for variables in wrong:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            with pytest.raises(ValidationError) as caught:
                LimitSettings(), BulkSettings()
        yield from wrong_settings(caught.value)


def found_problems() -> list[HealthProblem]:
    limits = LimitSettings(max_queued=100)
    found = [
        one
        for health in a_broken_system()
        for one in problems_of(health, local(), limits, NOW - HOUR)
    ]
    hints = ("did you mean CHANCERY_API_PORT?", "docs/settings.md lists the settings")
    found += [problem("setting-unknown", "CHANCERY_X", hint=hint) for hint in hints]
    found += [problem("settings-wrong", line) for line in wrong_lines()]
    with click.Context(click.Command("doctor")) as context:  # the hint is an error of the command
        context.meta[LANGUAGE_KEY] = "zh"
        context.set_parameter_source("data_dir", ParameterSource.DEFAULT)
        with pytest.raises(click.UsageError) as missing:
            find_redis(Path("/none"), None)
    hint = missing.value.message
    return [*found, problem("system-not-found", "system", hint=hint)]


def test_every_problem_code_is_among_the_examples() -> None:
    assert {one.code for one in found_problems()} == set(PROBLEM_TYPES)


@pytest.mark.parametrize("code", PROBLEM_TYPES)
def test_no_problem_is_described_in_english(code: str) -> None:
    of_code = [translated(one, Language.zh) for one in found_problems() if one.code == code]
    lines = printed(Health(at=NOW, redis=a_redis(version=None), problems=tuple(of_code)))
    assert english_in(lines) == [], lines
    assert re.search(r"[\u4e00-\u9fff]", lines)


@pytest.mark.parametrize("reason", REASONS)
def test_no_reason_of_an_engine_is_given_in_english(reason: str) -> None:
    found = problem("engine-failing", "worker-1", reason=reason or "not healthy")
    lines = printed(
        Health(at=NOW, redis=a_redis(version=None), problems=(translated(found, Language.zh),))
    )
    assert english_in(lines) == [], lines


OPEN = (
    JobStatus.scheduled,
    JobStatus.queued,
    JobStatus.running,
    JobSubstatus.awaiting_approval,
)
STALLS = (
    (StallReason.paused, "paused by an operator since 2026-11-30 01:10 UTC"),
    (StallReason.paused, "paused by an operator"),
    (StallReason.window_closed, "its window is closed"),
    (StallReason.engine_away, "engine away since 2026-11-30 01:10 UTC"),
    (StallReason.no_scheduler, "no scheduler runs since 2026-11-30 01:10 UTC"),
    (StallReason.no_worker, "no worker runs"),
    (StallReason.no_progress, "workers are free, and none starts its lines"),
    (StallReason.no_progress, "no line has ended since 2026-11-30 01:10 UTC"),
)


def test_neither_healthy_parts_nor_batches_nor_failures_are_described_in_english() -> None:
    stalled = [a_batch_stalled(reason, detail) for reason, detail in STALLS]
    states = [a_batch(status=status, late=True) for status in {*BatchStatus} - BATCH_ENDINGS]
    lines = printed(
        a_health(
            jobs={"tax": dict.fromkeys(OPEN, 1)},
            oldest_waiting=(
                LaneHealth(Lane.interactive, 2, 12.5, "job_1"),
                LaneHealth(Lane.bulk, 0, None, None),
            ),
            batches=(*stalled, *states, a_batch(expected_at=None)),
            approvals=(ApprovalHealth("tax", 3, 0, NOW - HOUR),),
            callbacks=(CallbackHealth("tax", 1, 2, 3),),
            disks=(Disk("gpu1", "/b", 50 * GIB, 100 * GIB, writable=True, low_since=None),),
            restarts=(Restarts("worker", "gpu1", 1, NOW, (NOW,)),),
            windows=(WindowHealth("tax", "20:00-06:00", is_open=False, next_change=NOW),),
            quotas=(QuotaHealth("tax", "tokens-per-day", 5),),
            failures=(
                Failures("output-invalid", "redact", "tax", 2, (FailedJob("j", "b", NOW),)),
                Failures("", "redact", "tax", 1, (FailedJob("j", None, NOW),)),
            ),
        )
    )
    assert english_in(lines) == [], lines


def test_the_english_output_says_since_when_and_what_to_do() -> None:
    since = NOW - timedelta(hours=2)
    found = problem("redis-hung", "redis", since=since)
    (line, *_) = lines_of(Health(at=NOW, redis=a_redis(), problems=(found,)), Language.en)
    assert "Redis does not answer (since 2026-11-30 00:10:00 UTC) -> read redis.log" in line
    assert line.endswith("[docs/operations.md#redis-hung]")
