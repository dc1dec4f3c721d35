"""Approval: which results wait for a person, and what the person decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic_core import from_json, to_json

DEFAULT_WITHIN = timedelta(days=7)
MOST_WITHIN = timedelta(days=90)


class Decision(StrEnum):
    approved = "approved"
    rejected = "rejected"


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """The results of a department that wait for a person.

    `tasks`: by name, the confidence below which results wait; None: all results wait. `within`: a
    job that nobody approves or rejects in this time expires.
    """

    tasks: Mapping[str, float | None]
    within: timedelta = DEFAULT_WITHIN


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who decides: a name, with the id of the API key or the console account that was used."""

    name: str
    key_id: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """A decision about a result.

    `changed`: JSON pointers into the result, of what the person corrected; `not_listed`: how many
    more there are. `correction_sha256`: the digest of the corrected result as it was sent. `at` is
    set by the ledger.
    """

    decision: Decision
    by: str
    key_id: str | None = None
    account: str | None = None
    reason: str | None = None
    changed: tuple[str, ...] = field(default=())
    not_listed: int = 0
    correction_sha256: str | None = None
    at: datetime | None = None


def approval_record(approval: Approval) -> str:
    """JSON without the time, which is that of the job's ending: equal for equal decisions."""
    fields = asdict(approval)
    del fields["at"]
    return _dump({name: value for name, value in fields.items() if value})


def to_approval(text: str, at: datetime) -> Approval:
    fields = from_json(text)
    return Approval(
        decision=Decision(fields.pop("decision")),
        changed=tuple(fields.pop("changed", ())),
        at=at,
        **fields,
    )


def policy_record(policy: ApprovalPolicy | None) -> str:
    """The field that `scripts/lib/approvals.lua` reads; empty for no policy."""
    if policy is None:
        return ""
    tasks = {name: True if below is None else below for name, below in policy.tasks.items()}
    return _dump({"tasks": tasks, "within_ms": round(policy.within.total_seconds() * 1000)})


def to_policy(text: str | None) -> ApprovalPolicy | None:
    if not text:
        return None
    fields = from_json(text)
    tasks = {name: None if below is True else below for name, below in fields["tasks"].items()}
    return ApprovalPolicy(tasks, timedelta(milliseconds=fields["within_ms"]))


def _dump(value: Any) -> str:
    return to_json(value).decode()
