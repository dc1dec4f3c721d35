"""Metrics of the system's health, which `chancery doctor` and the console show too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric

from jobs.health.builds import processes_by_build
from jobs.health.report import (
    BatchHealth,
    Health,
    HealthProblem,
    LaneHealth,
    PauseHealth,
    QuotaHealth,
)


def health_metrics(health: Health) -> Iterable[Metric]:
    yield from _problems(health.problems)
    yield _oldest_waiting(health.oldest_waiting)
    yield from _batches(health.batches)
    yield from _approvals(health)
    yield _pauses(health.pauses)
    yield _quotas(health.quotas)
    yield _restarts(health)
    yield _clocks(health)
    yield _builds(health)
    yield _throughput(health)


def _problems(problems: Sequence[HealthProblem]) -> Iterable[Metric]:
    wrong = GaugeMetricFamily(
        "chancery_problem",
        "1 for each thing that is wrong; the code names its section in docs/operations.md.",
        labels=("code", "severity", "subject"),
    )
    since = GaugeMetricFamily(
        "chancery_problem_start_time_seconds",
        "Since when it is wrong, in seconds since 1970; missing if unknown.",
        labels=("code", "subject"),
    )
    # By code and subject: Prometheus refuses a sample that occurs twice.
    for problem in {(one.code, one.subject): one for one in reversed(problems)}.values():
        wrong.add_metric((problem.code, problem.severity.value, problem.subject), 1)
        if problem.since is not None:
            since.add_metric((problem.code, problem.subject), problem.since.timestamp())
    return wrong, since


def _oldest_waiting(lanes: Sequence[LaneHealth]) -> Metric:
    oldest = GaugeMetricFamily(
        "chancery_oldest_waiting_seconds",
        "Age of the oldest job that may start now, without lines of batches; 0 if none waits.",
        labels=("lane",),
    )
    for lane in lanes:
        oldest.add_metric((lane.lane.value,), lane.oldest_waiting_seconds or 0)
    return oldest


def _batches(batches: Sequence[BatchHealth]) -> Iterable[Metric]:
    late = GaugeMetricFamily(
        "chancery_batches_late",
        "Batches that have not ended and are expected to end after their deadline.",
        labels=("department",),
    )
    stalled = GaugeMetricFamily(
        "chancery_batches_stalled",
        "Batches of which no line is worked on, by the reason.",
        labels=("department", "reason"),
    )
    expected = GaugeMetricFamily(
        "chancery_batches_expected_end_time_seconds",
        "When the last of the department's batches is expected to end, in seconds since 1970; "
        "missing while it cannot be estimated.",
        labels=("department",),
    )
    deadline = GaugeMetricFamily(
        "chancery_batches_deadline_time_seconds",
        "The first deadline of the department's batches, in seconds since 1970.",
        labels=("department",),
    )
    stalls = Counter((one.department, one.stall.reason.value) for one in batches if one.stall)
    for (department, reason), count in stalls.items():
        stalled.add_metric((department, reason), count)
    for department in sorted({batch.department for batch in batches}):
        own = [batch for batch in batches if batch.department == department]
        late.add_metric((department,), sum(batch.late for batch in own))
        deadline.add_metric((department,), min(batch.deadline for batch in own).timestamp())
        ends = [batch.expected_at for batch in own if batch.expected_at is not None]
        if len(ends) == len(own):
            expected.add_metric((department,), max(ends).timestamp())
    return late, stalled, expected, deadline


def _pauses(pauses: Sequence[PauseHealth]) -> Metric:
    paused = GaugeMetricFamily(
        "chancery_paused",
        "1 for each pause; without a department or lane it applies to all.",
        labels=("department", "lane"),
    )
    for pause in pauses:
        paused.add_metric((pause.department or "", pause.lane.value if pause.lane else ""), 1)
    return paused


def _quotas(quotas: Sequence[QuotaHealth]) -> Metric:
    used_up = GaugeMetricFamily(
        "chancery_quota_used_up",
        "1 for each quota of which nothing is left.",
        labels=("department", "quota"),
    )
    for quota in quotas:
        used_up.add_metric((quota.department, quota.quota), 1)
    return used_up


def _restarts(health: Health) -> Metric:
    restarts = GaugeMetricFamily(
        "chancery_process_restarts",
        "Starts in the last hour that replaced a process that had ended.",
        labels=("role", "host"),
    )
    for restart in health.restarts:
        restarts.add_metric((restart.role, restart.host), restart.count)
    return restarts


def _clocks(health: Health) -> Metric:
    offsets = GaugeMetricFamily(
        "chancery_process_clock_offset_seconds",
        "How far the clock of the process's machine is ahead of that of Redis.",
        labels=("role", "process"),
    )
    for process in health.processes:
        if process.clock_offset_seconds is not None:
            offsets.add_metric((process.role, process.name), process.clock_offset_seconds)
    return offsets


def _approvals(health: Health) -> Iterable[Metric]:
    waiting = GaugeMetricFamily(
        "chancery_approvals_waiting",
        "Results that wait for a person's approval.",
        labels=("department",),
    )
    oldest = GaugeMetricFamily(
        "chancery_approvals_oldest_waiting_seconds",
        "For how long the oldest of them has waited.",
        labels=("department",),
    )
    for one in health.approvals:
        waiting.add_metric((one.department,), one.waiting)
        age = (health.at - one.oldest_at).total_seconds()
        oldest.add_metric((one.department,), max(age, 0))
    return waiting, oldest


def _builds(health: Health) -> Metric:
    builds = GaugeMetricFamily(
        "chancery_process_build_info",
        "1 for each live process, with the version and a digest of the code that it runs.",
        labels=("role", "process", "build"),
    )
    for build, processes in processes_by_build(health.processes).items():
        for process in processes:
            builds.add_metric((process.role, process.name, build), 1)
    return builds


def _throughput(health: Health) -> Metric:
    tokens = GaugeMetricFamily(
        "chancery_engine_tokens_per_second",
        "Tokens of prompts and answers that the engine processed per second.",
        labels=("process", "engine"),
    )
    for engine in health.engines:
        if engine.tokens_per_second is not None:
            tokens.add_metric((engine.worker, engine.role), engine.tokens_per_second)
    return tokens
