"""Everything that can be wrong with the system: the codes, how bad they are, and what to do.

docs/operations.md has a section of the code's name for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jobs.health.report import HealthProblem, Severity

_BAD, _WARN = Severity.bad, Severity.warn


@dataclass(frozen=True, slots=True)
class ProblemType:
    """`area`: the part of the system, as doctor's lines name it. `detail` and `advice` have the
    problem's `subject` and values in braces.
    """

    area: str
    severity: Severity
    detail: str
    advice: str


_REDIS_LOG = "read redis.log in the data dir, or the log of your own Redis"
_START = "see logs/{role}.log in the data dir; `chancery up` starts it again"
_ENGINE_LOG = "read logs/engine.log, or the engine's own log"
_SPACE = "free space: without it no job is accepted and no result stored"

PROBLEM_TYPES: Mapping[str, ProblemType] = {
    "redis-unreachable": ProblemType(
        "redis",
        _BAD,
        "Redis accepts no connections",
        f"check that the system runs (`chancery up`); {_REDIS_LOG}",
    ),
    "redis-hung": ProblemType("redis", _BAD, "Redis does not answer", _REDIS_LOG),
    "redis-loading": ProblemType(
        "redis", _BAD, "Redis is still reading its files", "wait until it has read them"
    ),
    "redis-full": ProblemType(
        "redis",
        _BAD,
        "Redis is out of memory and accepts no writes",
        "raise its maxmemory, or shorten the retention of jobs",
    ),
    "redis-cannot-write": ProblemType(
        "redis", _BAD, "Redis cannot write to its disk and accepts no writes", _REDIS_LOG
    ),
    "redis-read-only": ProblemType(
        "redis",
        _BAD,
        "Redis is a replica and accepts no writes",
        "set CHANCERY_REDIS_URL to the primary server",
    ),
    "redis-login-refused": ProblemType(
        "redis", _BAD, "Redis refuses the user or password", "check CHANCERY_REDIS_URL"
    ),
    "redis-not-durable": ProblemType(
        "redis",
        _BAD,
        "Redis has no append-only file: a restart loses accepted jobs",
        "set appendonly yes",
    ),
    "redis-evicts": ProblemType(
        "redis",
        _BAD,
        "Redis may evict accepted jobs: its maxmemory-policy is {policy}",
        "set maxmemory-policy noeviction",
    ),
    "redis-fsync": ProblemType(
        "redis",
        _WARN,
        "appendfsync is {fsync}: a power cut can lose up to two seconds of accepted jobs",
        "set appendfsync always",
    ),
    "redis-tables": ProblemType(
        "redis",
        _WARN,
        "hash-max-listpack-value is {bytes}: finished jobs take 40 % more memory",
        "set hash-max-listpack-value {wanted}",
    ),
    "api-missing": ProblemType("api", _BAD, "no api runs: nothing can be submitted", _START),
    "worker-missing": ProblemType("worker", _BAD, "no worker runs: jobs wait", _START),
    "courier-missing": ProblemType("courier", _BAD, "no courier runs: callbacks wait", _START),
    "scheduler-missing": ProblemType(
        "scheduler", _BAD, "no scheduler runs: bulk jobs, retries and batches wait", _START
    ),
    "process-silent": ProblemType(
        "{role}",
        _WARN,
        "{subject} sends no heartbeat; another process does its work",
        "see logs/{role}.log on {host}",
    ),
    "process-restarting": ProblemType(
        "{role}",
        _WARN,
        "{count} processes on {host} ended and were started again in the last 10 minutes",
        "see logs/{role}.log on {host}, and `dmesg -T | grep -i oom`",
    ),
    "process-stalled": ProblemType(
        "{role}",
        _WARN,
        "{subject} was blocked for {seconds} s and {outcome}, in {where}",
        "its log has the stack trace and the job that it ran: report it as a defect",
    ),
    "lane-without-worker": ProblemType(
        "worker",
        _BAD,
        "no worker runs {subject} jobs",
        "start a worker with CHANCERY_LANE={subject}, or without CHANCERY_LANE",
    ),
    "documents-with-network": ProblemType(
        "isolation",
        _WARN,
        "documents are opened in processes that have a network, at {subject}",
        "allow unprivileged user namespaces on that machine, or give the worker's machine no route "
        "to other networks",
    ),
    "clock-skew": ProblemType(
        "clock",
        _WARN,
        "the clock of {subject} differs by {seconds} s from that of Redis's machine",
        "synchronize the clocks of all machines with NTP",
    ),
    "store-unavailable": ProblemType(
        "store",
        _BAD,
        "the store on S3 cannot be used from {subject}: {reason}",
        "uploads are answered 503 and jobs wait until it can",
    ),
    "engine-unreachable": ProblemType(
        "engine",
        _BAD,
        "the engine of {subject} cannot be reached: {reason}",
        f"jobs wait until it answers: {_ENGINE_LOG}",
    ),
    "engine-hung": ProblemType(
        "engine",
        _BAD,
        "the engine of {subject} does not answer: {reason}",
        f"jobs wait until it answers: {_ENGINE_LOG}; restart it if this continues",
    ),
    "engine-failing": ProblemType(
        "engine",
        _BAD,
        "the engine of {subject} answers with errors: {reason}",
        f"jobs wait until it works: {_ENGINE_LOG}",
    ),
    "engine-refuses-key": ProblemType(
        "engine",
        _BAD,
        "the engine of {subject} refuses the key: {reason}",
        "jobs wait: correct CHANCERY_ENGINE_API_KEY and restart the workers",
    ),
    "engine-wrong-model": ProblemType(
        "engine",
        _BAD,
        "the engine of {subject} does not serve the model: {reason}",
        "jobs wait: check CHANCERY_ENGINE_URL and CHANCERY_ENGINE_MODEL",
    ),
    "engine-not-vllm": ProblemType(
        "engine",
        _BAD,
        "the engine of {subject} is not vLLM: {reason}",
        "jobs wait: check CHANCERY_ENGINE_URL",
    ),
    "engine-without-reasoning-parser": ProblemType(
        "engine",
        _WARN,
        "the engine of {subject} serves a model that reasons, without a parser of its reasoning",
        "answers are not guided by their schema, so that more of them are unusable: start vLLM "
        "with --reasoning-parser {parser}",
    ),
    "engine-drained": ProblemType(
        "engine",
        _WARN,
        "{subject} has no engine that is not drained: {reason}",
        "its jobs wait for `chancery engine resume NAME`, or for other workers",
    ),
    "engine-of-several-away": ProblemType(
        "engine",
        _WARN,
        "the engine {subject} gets no requests of {workers}: {reason}",
        "other engines do its work until then: read its log; `chancery engine list` shows all",
    ),
    "engine-of-several-drained": ProblemType(
        "engine",
        _WARN,
        "the engine {subject} gets no new requests: drained by an operator",
        "other engines do its work: `chancery engine resume {subject}` when it may be used again",
    ),
    "fast-engine-away": ProblemType(
        "fast engine",
        _WARN,
        "the fast engine of {subject} is not healthy: {reason}",
        "the full model does its work until then: check the vLLM at CHANCERY_FAST_ENGINE_URL",
    ),
    "queue-full": ProblemType(
        "jobs",
        _WARN,
        "{count} jobs have not ended; submissions are refused above {most}",
        "add workers and engines, or ask departments to slow down",
    ),
    "jobs-poisoned": ProblemType(
        "jobs",
        _WARN,
        "{count} {task} jobs of {department} killed their worker or engine each time and were set "
        "aside in the last hour: {jobs}",
        "keep their documents, read worker.log at these times, and do not send them again",
    ),
    "batch-stalled": ProblemType(
        "batches",
        _BAD,
        "{subject} of {department} is stalled with {done} of {total} lines done: {why}",
        "remove the cause; its lines then continue automatically",
    ),
    "batch-late": ProblemType(
        "batches",
        _WARN,
        "{subject} of {department}, with {done} of {total} lines done, is expected {expected}, "
        "after its deadline {deadline}",
        "add engines, pause other work, or raise the department's weight",
    ),
    "builds-mixed": ProblemType(
        "builds",
        _WARN,
        "processes have run different builds for more than an hour: {builds}",
        "finish the upgrade: restart the processes of the older build",
    ),
    "approvals-overdue": ProblemType(
        "approvals",
        _WARN,
        "{count} results of {subject} have waited for approval for more than {hours} h",
        "ask the department's reviewers: a result without a decision expires "
        "(`chancery department approval {subject}`)",
    ),
    "callbacks-dead": ProblemType(
        "callbacks",
        _WARN,
        "{count} callbacks of {subject} could not be delivered",
        "repair the receiver, then send them again: "
        "`chancery callbacks redeliver --dead --since 7d --department {subject}`",
    ),
    "receiver-failing": ProblemType(
        "receivers",
        _WARN,
        "{address} of {department} does not accept callbacks: {reason}",
        "its callbacks wait until it answers: ask the department",
    ),
    "receiver-gone": ProblemType(
        "receivers",
        _WARN,
        "{count} URLs of {subject} answered 410 and are no longer called",
        "ask the department; `chancery department show {subject}` lists them, "
        "`chancery department reopen {subject} URL` allows one again",
    ),
    "disk-full": ProblemType("disk", _BAD, "{free} of {total} free in {subject}", _SPACE),
    "disk-low": ProblemType("disk", _WARN, "{free} of {total} free in {subject}", _SPACE),
    "disk-not-writable": ProblemType(
        "disk", _BAD, "{subject} cannot be written", "change its owner, or --data-dir"
    ),
    "paused": ProblemType(
        "paused",
        _WARN,
        "{what} wait: an operator paused them",
        "run `chancery resume{options}` to resume them",
    ),
    "holidays-missing": ProblemType(
        "windows",
        _WARN,
        "windows have the words holidays or workdays, and the scheduler has no file of holidays",
        "there are no holidays and no make-up working days until CHANCERY_BULK_HOLIDAYS names one",
    ),
    "holidays-end": ProblemType(
        "windows",
        _WARN,
        "holidays are known until {until} only",
        "add the next year to the file of CHANCERY_BULK_HOLIDAYS, from the official notice",
    ),
    "provider-away": ProblemType(
        "sign-in",
        _WARN,
        "the identity provider {subject} cannot be used: {reason}",
        "it cannot be used to sign in to the console; sessions continue. Check the provider, the "
        "network and CHANCERY_OIDC_*",
    ),
    "setting-unknown": ProblemType("settings", _WARN, "{subject} is not a setting", "{hint}"),
    "settings-wrong": ProblemType("settings", _BAD, "{subject}", "correct it: docs/settings.md"),
    "system-not-found": ProblemType("system", _BAD, "it does not run", "{hint}"),
}


def problem(
    code: str, subject: str, *, since: datetime | None = None, **values: object
) -> HealthProblem:
    """A problem with the texts of its code. Raises `KeyError` for a code that is not listed."""
    kind = PROBLEM_TYPES[code]
    texts = {name: str(value) for name, value in values.items()}
    known = {"subject": subject, **texts}
    return HealthProblem(
        code=code,
        severity=kind.severity,
        subject=subject,
        since=since,
        detail=kind.detail.format_map(known),
        advice=kind.advice.format_map(known),
        runbook=code,
        values=texts,
    )


def area_of(found: HealthProblem) -> str:
    """The part of the system that has the problem."""
    return PROBLEM_TYPES[found.code].area.format_map({"subject": found.subject, **found.values})
