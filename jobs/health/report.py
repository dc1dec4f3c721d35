"""What is wrong with the system and since when, and the state of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic_core import to_jsonable_python

from jobs.batches.batch import BatchStatus
from jobs.batches.estimate import Stall, StallReason
from jobs.ledger.failures import FailedJob, Failures
from jobs.ledger.health import ProviderFault
from jobs.model.lanes import Lane
from jobs.model.states import JobStatus, JobSubstatus

__all__ = ["FailedJob", "Failures", "Health", "HealthProblem", "Severity", "Stall", "StallReason"]


class Severity(StrEnum):
    """`bad`: work does not get done or may be lost. `warn`: someone should look at it."""

    warn = "warn"
    bad = "bad"


@dataclass(frozen=True, slots=True)
class HealthProblem:
    """One thing that is wrong.

    `code`: stable, in kebab-case (`problem_types.py` lists all). `subject`: what has the problem:
    the name of a process, receiver, batch, department, machine. `since` is None if the system
    cannot know it. `detail` is a sentence, `advice` what to do, `runbook` the anchor of its section
    in docs/operations.md. `values` are what `detail` and `advice` are made from.
    """

    code: str
    severity: Severity
    subject: str
    since: datetime | None
    detail: str
    advice: str
    runbook: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchHealth:
    """A batch that has not ended.

    `total` is 0 while its file is read. `running`: lines that were started and have not ended.
    `expected_at`: None if no end can be estimated, as while it is stalled. `progress_at`: when a
    line last ended. `late`: it is expected to end after its deadline.
    """

    id: str
    department: str
    lane: Lane
    status: BatchStatus
    done: int
    failed: int
    total: int
    running: int
    created_at: datetime
    progress_at: datetime | None
    expected_at: datetime | None
    first_expected_at: datetime | None
    deadline: datetime
    late: bool
    stall: Stall | None


@dataclass(frozen=True, slots=True)
class LaneHealth:
    """`waiting`: jobs and batches that may start now. `oldest_waiting_seconds`: the age of the
    oldest job among them, without batches; None if no job waits.
    """

    lane: Lane
    waiting: int
    oldest_waiting_seconds: float | None
    oldest_job: str | None


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """An engine as one live worker reports it. `role`: `engine` or `fast engine`.

    `fault`: the code of its fault: `connection`, `timeout`, a status, ...; None while it is
    healthy. `error_share`: of the requests of the last minute, from 0 to 1; None if there were
    none. `tokens_per_second`: of prompts and answers in the last seconds. `lacks_parser`: the
    parser of reasoning that the engine should have been started with; None if it lacks none.
    """

    worker: str
    role: str
    healthy: bool
    since: datetime | None
    fault: str | None
    reason: str
    model: str | None
    running: int | None
    waiting: int | None
    kv_cache_use: float | None
    tokens_per_second: float | None
    error_share: float | None
    lacks_parser: str | None = None


@dataclass(frozen=True, slots=True)
class AwayEngine:
    """An engine that gets no requests of a live worker, while other engines do its work."""

    name: str
    worker: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class DrainedEngine:
    """An engine that an operator drained, while other engines do its work."""

    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ProcessHealth:
    """A process with a heartbeat in the last ten minutes. `clock_offset_seconds`: how far the clock
    of its machine is ahead of Redis's; None if it was not measured. `clock_skewed_seconds`:
    for how long by more than five seconds. `store_fault`: why it cannot use the store on S3.
    `lanes`: of a worker, empty for both. `offline`: whether documents are opened in processes
    without a network. `build`: the code that it runs; None for a process of a release that does
    not report it.
    """

    role: str
    name: str
    host: str
    pid: int
    live: bool
    started_at: datetime
    heartbeat_age_seconds: float
    clock_offset_seconds: float | None
    in_hand: int | None
    clock_skewed_seconds: float | None = None
    store_fault: str | None = None
    store_fault_seconds: float | None = None
    lanes: tuple[Lane, ...] = ()
    offline: bool | None = None
    build: str | None = None


@dataclass(frozen=True, slots=True)
class ReceiverHealth:
    """A department's receiver whose last attempt failed. `next_attempt_at`: while its breaker is
    open; None while each callback is tried at its own times. `reason`: what the last attempt got;
    None if it is not known.
    """

    department: str
    address: str
    since: datetime | None
    next_attempt_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class CallbackHealth:
    """A department's callbacks: `gone`: URLs that answered 410."""

    department: str
    pending: int
    dead: int
    gone: int


@dataclass(frozen=True, slots=True)
class ApprovalHealth:
    """A department's results that wait for a person. `overdue`: for longer than the setting
    `CHANCERY_APPROVAL_WARN_HOURS`. `oldest_at`: since when the oldest one waits.
    """

    department: str
    waiting: int
    overdue: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Disk:
    """A data folder as a process on `host` sees it, in bytes. `low_since`: when less than a tenth
    or than 1 GiB was free first; None if there is enough, or if it is unknown.
    """

    host: str
    path: str
    free: int
    total: int
    writable: bool
    low_since: datetime | None


@dataclass(frozen=True, slots=True)
class Restarts:
    """Starts of processes in the last hour that replaced one that had ended. `times`: the oldest
    first.
    """

    role: str
    host: str
    count: int
    last_at: datetime
    times: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class PauseHealth:
    """None: every department, or every lane. `since` is None for pauses of an earlier release."""

    department: str | None
    lane: Lane | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class WindowHealth:
    """When a department's bulk work runs. `next_change`: None if it never changes."""

    department: str
    window: str
    is_open: bool
    next_change: datetime | None


@dataclass(frozen=True, slots=True)
class HolidaysHealth:
    """That windows need holidays. `until`: the last day for which they are known; None: no file."""

    until: date | None


@dataclass(frozen=True, slots=True)
class QuotaHealth:
    """A quota of a department of which nothing is left, so that submissions are refused or wait.

    `quota`: its name in HTTP headers, such as `tokens-per-day`.
    """

    department: str
    quota: str
    limit: float


@dataclass(frozen=True, slots=True)
class RedisHealth:
    """`fault` is None while Redis answers and stores what it is given; else `unreachable`, `hung`,
    `loading`, `full`, `cannot-write` or `read-only`. The rest is None while it does not answer.
    `list_value_bytes`: records with longer values take more memory; None if it does not say.
    """

    fault: str | None
    version: str | None = None
    append_only: bool | None = None
    append_fsync: str | None = None
    list_value_bytes: int | None = None
    eviction: str | None = None
    used_bytes: int | None = None
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """The whole system at `at`. While Redis does not answer, only `problems`, `redis` and `disks`
    have anything.

    `problems`: worst first. `jobs`: open jobs by department and status. `engines`: one for each
    role of each live worker. `away_engines`, `drained_engines`: of several of a role. `provider`:
    None while the identity provider answers, and where none is used.
    """

    at: datetime
    redis: RedisHealth
    problems: tuple[HealthProblem, ...] = ()
    processes: tuple[ProcessHealth, ...] = ()
    engines: tuple[EngineHealth, ...] = ()
    away_engines: tuple[AwayEngine, ...] = ()
    drained_engines: tuple[DrainedEngine, ...] = ()
    jobs: Mapping[str, Mapping[JobStatus | JobSubstatus, int]] = field(default_factory=dict)
    batches: tuple[BatchHealth, ...] = ()
    failures: tuple[Failures, ...] = ()
    oldest_waiting: tuple[LaneHealth, ...] = ()
    receivers: tuple[ReceiverHealth, ...] = ()
    callbacks: tuple[CallbackHealth, ...] = ()
    approvals: tuple[ApprovalHealth, ...] = ()
    disks: tuple[Disk, ...] = ()
    restarts: tuple[Restarts, ...] = ()
    pauses: tuple[PauseHealth, ...] = ()
    windows: tuple[WindowHealth, ...] = ()
    quotas: tuple[QuotaHealth, ...] = ()
    provider: ProviderFault | None = None
    holidays: HolidaysHealth | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is `bad`."""
        return all(problem.severity is not Severity.bad for problem in self.problems)

    def to_json(self) -> dict[str, Any]:
        """Times as ISO 8601 texts."""
        jsonable: dict[str, Any] = to_jsonable_python(asdict(self))
        return jsonable
