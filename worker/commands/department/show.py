"""`chancery department show`: a department without its secrets."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from jobs.ledger import Ledger
from jobs.ledger.credentials import Credential
from jobs.model.api_key import ApiKey
from jobs.model.approval import ApprovalPolicy
from jobs.model.department import CallbackOptions, Department, Quota
from jobs.model.formats.callback_format import CallbackFormat
from jobs.model.quotas import QuotaLeft, QuotaName
from tasks.secrecy import Secrecy
from worker.commands.department.approval import policy_lines
from worker.commands.department.arguments import QUOTA_FIELDS, NameType, json_option, no_such
from worker.commands.department.callback_format import format_text
from worker.commands.department.key_text import key_as_json, key_line, moment, until_text
from worker.commands.messages import message
from worker.commands.system import system_options, with_ledger

_LABEL_COLUMNS = 15


@click.command(
    epilog="\b\nExamples:\n  chancery department show tax",
)
@click.argument("name", type=NameType())
@json_option
@system_options
def show(*, name: str, as_json: bool, data_dir: Path, redis_url: str | None) -> None:
    """Show the department NAME, without its secrets."""
    description = with_ledger(data_dir, redis_url, partial(_describe, name=name))
    if description is None:
        raise no_such(name)
    click.echo(json.dumps(description.as_json()) if as_json else "\n".join(description.lines()))


def secrecy_text(allowed: Secrecy | None) -> str:
    return message("up to {level}", level=allowed.value) if allowed else message("none")


@dataclass(frozen=True, slots=True)
class Description:
    """A department with what the ledger holds about it. `gone`: URLs whose receiver answered 410;
    `remaining`: what is left of its quotas.
    """

    department: Department
    keys: Sequence[ApiKey]
    secrets: Sequence[Credential]
    options: CallbackOptions
    gone: Sequence[str]
    remaining: Sequence[QuotaLeft]

    def as_json(self) -> dict[str, Any]:
        department = self.department
        return {
            "department": department.name,
            "display_name": department.display_name,
            "callback_allow": list(department.callback_allow),
            "weight": department.weight,
            **asdict(department.quota),
            "left": {quota.name.value: quota.left for quota in self.remaining},
            "window": department.window,
            "allow_secrecy": department.allow_secrecy.value if department.allow_secrecy else None,
            "approval": _approval_as_json(department.approval),
            "keys": [key_as_json(key) for key in self.keys],
            "callback_secrets": [{"until": moment(secret.until)} for secret in self.secrets],
            "ca_file": self.options.ca_pem is not None,
            "client_cert": self.options.client_cert_pem is not None,
            "headers": sorted(self.options.headers),
            "sm3": self.options.sm3_key is not None,
            "format": _format_as_json(self.options.format),
            "gone": list(self.gone),
        }

    def lines(self) -> Iterator[str]:
        department = self.department
        yield _line("department", department.name)
        if department.display_name:
            yield _line("display_name", department.display_name)
        yield _line("callback_allow", ", ".join(department.callback_allow) or message("nothing"))
        yield _line("weight", str(department.weight))
        remaining = {quota.name: quota for quota in self.remaining}
        for quota, field in QUOTA_FIELDS.items():
            yield _line(field, _quota_text(quota, department.quota, remaining))
        yield _line("window", department.window or message("as the platform"))
        yield _line("allow_secrecy", secrecy_text(department.allow_secrecy))
        for line in policy_lines(department.approval):
            yield _line("approval", line)
        for key in self.keys:
            yield _line("key", key_line(key))
        for number, secret in enumerate(self.secrets):
            age = message("old") if number else message("new")
            yield _line("secret", f"{age}{until_text(secret.until)}")
        for name in sorted(self.options.headers):
            yield _line("header", name)
        as_json = self.as_json()
        flags = [flag for flag in ("ca_file", "client_cert", "sm3") if as_json[flag]]
        if flags:
            yield _line("set", ", ".join(flags))
        if self.options.format:
            yield _line("format", format_text(self.options.format))
        for url in self.gone:
            yield _line("gone", url)


def _line(name: str, text: str) -> str:
    """A line with the name of a setting, padded to the columns of a terminal."""
    label = message(name)
    columns = sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in label)
    return f"{label}{' ' * (_LABEL_COLUMNS - columns)} {text}"


def _approval_as_json(policy: ApprovalPolicy | None) -> dict[str, Any] | None:
    if policy is None:
        return None
    return {"tasks": dict(policy.tasks), "within_seconds": policy.within.total_seconds()}


def _format_as_json(callback_format: CallbackFormat | None) -> dict[str, Any] | None:
    return callback_format.model_dump(mode="json") if callback_format else None


async def _describe(ledger: Ledger, *, name: str) -> Description | None:
    """None if the department does not exist."""
    department = await ledger.departments.get(name)
    if department is None:
        return None
    return Description(
        department,
        await ledger.keys.valid(name),
        await ledger.credentials.secrets(name),
        await ledger.departments.callback_options(name),
        await ledger.callbacks.gone(name),
        await ledger.departments.quotas(name),
    )


def _quota_text(name: QuotaName, quota: Quota, remaining: Mapping[QuotaName, QuotaLeft]) -> str:
    if name not in remaining:
        return message("no limit")
    limit = remaining[name].limit
    text = f"{limit:g}/s" if name is QuotaName.rate else f"{limit:,.0f}"
    own = getattr(quota, QUOTA_FIELDS[name]) is not None
    default = "" if own else message(" (default)")
    return message(
        "{limit}{default}, {left:,} left", limit=text, default=default, left=remaining[name].left
    )
