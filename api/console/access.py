"""Which roles may open each page, and what the audit record names it: one table for all pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.model.account import Role


@dataclass(frozen=True, slots=True)
class ConsoleRule:
    """`roles`: who may; none if no session is needed. `action`: its name in the audit record."""

    roles: frozenset[Role]
    action: str


_NOBODY: frozenset[Role] = frozenset()
_ALL = frozenset(Role)
STAFF = frozenset({Role.staff, Role.reviewer})
REVIEWERS = frozenset({Role.reviewer})
OPERATORS = frozenset({Role.operator})

# Pages that show nothing of a department are not listed and not recorded.
CONSOLE_RULES: Mapping[tuple[str, str], ConsoleRule] = {
    ("POST", "/console/sign-in"): ConsoleRule(_NOBODY, "session.begin"),
    ("GET", "/console/sign-in/provider"): ConsoleRule(_NOBODY, "session.redirect"),
    ("GET", "/console/sign-in/callback"): ConsoleRule(_NOBODY, "session.begin"),
    ("POST", "/console/sign-out"): ConsoleRule(_ALL, "session.end"),
    ("GET", "/console"): ConsoleRule(_ALL, "console.open"),
    ("GET", "/console/account"): ConsoleRule(_ALL, "account.read"),
    ("GET", "/console/approvals"): ConsoleRule(REVIEWERS, "approval.list"),
    ("GET", "/console/approvals/{job_id}"): ConsoleRule(REVIEWERS, "approval.read"),
    ("GET", "/console/approvals/{job_id}/source"): ConsoleRule(REVIEWERS, "approval.source"),
    ("GET", "/console/approvals/{job_id}/files/{document_id}"): ConsoleRule(
        REVIEWERS, "document.download"
    ),
    ("POST", "/console/approvals/{job_id}"): ConsoleRule(REVIEWERS, "approval.decide"),
    ("POST", "/console/account/password"): ConsoleRule(_ALL, "account.password"),
    ("GET", "/console/submit"): ConsoleRule(STAFF, "task.list"),
    ("GET", "/console/submit/{task}"): ConsoleRule(STAFF, "task.read"),
    ("POST", "/console/submit/{task}"): ConsoleRule(STAFF, "job.submit"),
    ("GET", "/console/records"): ConsoleRule(STAFF, "job.list"),
    ("GET", "/console/groups/{group_id}"): ConsoleRule(STAFF, "job.list"),
    ("GET", "/console/jobs/{job_id}"): ConsoleRule(STAFF, "job.read"),
    ("GET", "/console/jobs/{job_id}/state"): ConsoleRule(STAFF, "job.read"),
    ("GET", "/console/jobs/{job_id}/pages/{number}"): ConsoleRule(STAFF, "document.view"),
    ("GET", "/console/jobs/{job_id}/files/{document_id}"): ConsoleRule(STAFF, "document.download"),
    ("GET", "/console/jobs/{job_id}/result.json"): ConsoleRule(STAFF, "job.download"),
    ("POST", "/console/jobs/{job_id}/cancel"): ConsoleRule(STAFF, "job.cancel"),
    ("GET", "/console/health"): ConsoleRule(OPERATORS, "health.read"),
    ("GET", "/console/callbacks"): ConsoleRule(OPERATORS, "callback.list"),
    ("POST", "/console/callbacks/{callback_id}"): ConsoleRule(OPERATORS, "callback.redeliver"),
    ("GET", "/console/redeliver"): ConsoleRule(OPERATORS, "callback.list"),
    ("POST", "/console/redeliver"): ConsoleRule(OPERATORS, "callback.redeliver-dead"),
    ("GET", "/console/departments"): ConsoleRule(OPERATORS, "department.list"),
    ("POST", "/console/departments/pause"): ConsoleRule(OPERATORS, "pause"),
    ("POST", "/console/departments/resume"): ConsoleRule(OPERATORS, "resume"),
    ("GET", "/console/cancel"): ConsoleRule(OPERATORS, "job.state"),
    ("POST", "/console/cancel/job"): ConsoleRule(OPERATORS, "job.cancel"),
    ("POST", "/console/cancel/batch"): ConsoleRule(OPERATORS, "batch.cancel"),
}


def console_rule_of(method: str, path: str) -> ConsoleRule | None:
    """The rule of a page, by its path with placeholders. HEAD is as GET."""
    return CONSOLE_RULES.get(("GET" if method == "HEAD" else method, path))
