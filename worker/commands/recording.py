"""Records operators' commands in the audit: one table of the commands that change something."""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click
from pydantic import TypeAdapter

from jobs.audit.record import COMMAND, AuditRecord
from jobs.model.api_key import NewKey
from jobs.model.department import NewDepartment

# By the command's path below `chancery`. What is not here only reads.
ACTIONS: Mapping[str, str] = {
    "account add": "account.add",
    "account password": "account.password",  # pragma: allowlist secret
    "account remove": "account.remove",
    "department create": "department.create",
    "department allow": "department.allow",
    "department approval": "department.approval",
    "department callback-format": "department.callback-format",
    "department form": "department.form",
    "department disallow": "department.disallow",
    "department set": "department.set",
    "department reopen": "department.reopen",
    "department rotate-secret": "secret.rotate",  # pragma: allowlist secret
    "department rotate-key": "key.rotate-all",
    "department revoke": "key.revoke",
    "department key create": "key.create",
    "department key rotate": "key.rotate",
    "department key revoke": "key.revoke",
    "pause": "pause",
    "resume": "resume",
    "engine drain": "engine.drain",
    "engine resume": "engine.resume",
    "encryption rotate": "encryption.rotate",
    "backup": "backup",
    # Of operators: with a department's key the api records them.
    "cancel": "job.cancel",
    "batch cancel": "batch.cancel",
    "callbacks redeliver": "callback.redeliver",
}
# Arguments whose values are recorded. Of others, which may be secret, only the name is.
PLAIN = frozenset(
    {
        "account_name", "all_departments", "allow_secrecy", "batch_ids", "callback_allow",
        "callback_ids", "dead", "display_name", "engine_name", "expires", "folder", "form",
        "job_ids", "keep", "keys_to", "label", "lane", "max_in_flight", "max_open_batches",
        "max_queued", "max_record_bytes", "max_stored_bytes", "networks", "no_window", "rate",
        "remove", "role", "scopes", "since", "targets", "tasks", "tokens_per_day", "unset", "until",
        "urls", "weight", "window", "within",
    }
)  # fmt: skip
_NOT_RECORDED = frozenset({"name", "department", "key_id", "keys", "as_json", "save"})
_SYSTEM = frozenset({"data_dir", "redis_url"})
_RECORD = TypeAdapter(AuditRecord)


def entry_of(context: click.Context, *, done: bool, result: object = None) -> str | None:
    """The audit entry of the command that runs in `context`; None if it only reads.

    `result`: what its work returned.
    """
    action = _action(context)
    if action is None:
        return None
    record = AuditRecord(
        at=datetime.now(UTC),
        action=f"{COMMAND}{action}",
        status=0 if done else 1,
        source=_operator(),
        department=context.params.get("name") or context.params.get("department"),
        target=_target(context, result),
        detail=_arguments(context),
    )
    return _RECORD.dump_json(record).decode()


def _action(context: click.Context) -> str | None:
    names: list[str] = []
    step: click.Context | None = context
    while step is not None:
        names.insert(0, step.info_name or "")
        step = step.parent
    # The first is the program, unless the command was called on its own.
    return ACTIONS.get(" ".join(names[1:])) or ACTIONS.get(" ".join(names))


def _target(context: click.Context, result: object) -> str | None:
    """The ids of the keys that were created or revoked."""
    if isinstance(result, NewKey):
        return result.id
    if isinstance(result, NewDepartment):
        return result.api_key.split("_")[1]
    keys = context.params.get("keys", ())
    return " ".join(key.split("_")[1] if key.startswith("chy_") else key for key in keys) or None


def _arguments(context: click.Context) -> dict[str, Any]:
    """What was given on the command line, without secrets."""
    given = {
        name: value
        for name, value in context.params.items()
        if name not in _NOT_RECORDED | _SYSTEM and not _is_omitted(value)
    }
    shown: dict[str, Any] = {
        name: [str(part) for part in value] if isinstance(value, tuple) else str(value)
        for name, value in given.items()
        if name in PLAIN
    }
    if hidden := sorted(set(given) - PLAIN):
        shown["changed"] = hidden
    if key_id := context.params.get("key_id"):
        shown["replaced"] = key_id.split("_")[1] if key_id.startswith("chy_") else key_id
    return shown


def _is_omitted(value: object) -> bool:
    """0 is not: it removes a limit."""
    return value is None or value is False or value in ((), "")


def _operator() -> str:
    """`user@host`; with sudo `user (root)@host`."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user need not have a name
        user = str(os.getuid())
    before = os.environ.get("SUDO_USER")
    return (
        f"{before} ({user})@{socket.gethostname()}" if before else f"{user}@{socket.gethostname()}"
    )
