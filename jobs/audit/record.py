"""One record of the audit: no content, no secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_MAX_CHARS = 200
COMMAND = "command."  # how the action of an operator's command begins


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """`action`: from `api/access/rules.py`, or `command.NAME` for an operator's command.

    `status`: the HTTP status, or a command's exit status. `problem`: the problem's code. `key`: the
    id of the API key; `account`: the name of a person in the console. `source`: the address, or
    `user@host` for a command. `target`: the id of the object, as sent. `times`: how many equal
    requests it stands for, the last one at `until`.
    """

    at: datetime
    action: str
    status: int
    source: str
    department: str | None = None
    key: str | None = None
    target: str | None = None
    task: str | None = None
    problem: str | None = None
    request_id: str | None = None
    times: int = 1
    until: datetime | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    account: str | None = None

    def fields(self) -> dict[str, Any]:
        """The fields that are set, as JSON values."""
        values = {
            "at": _iso(self.at),
            "until": _iso(self.until) if self.until else None,
            "times": self.times if self.times > 1 else None,
            "action": self.action,
            "status": self.status,
            "problem": self.problem,
            "department": self.department,
            "key": self.key,
            "account": self.account,
            "source": self.source,
            "target": _cut(self.target),
            "task": _cut(self.task),
            "request_id": self.request_id,
            "detail": self.detail or None,
        }
        return {name: value for name, value in values.items() if value is not None}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= _MAX_CHARS else text[:_MAX_CHARS] + "…"
