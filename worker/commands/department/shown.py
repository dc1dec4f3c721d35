"""A department as an operator sees it: everything but its secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jobs.ledger import Ledger
from jobs.ledger.credentials import Credential
from jobs.model.department import CallbackOptions, Department
from jobs.model.quotas import QuotaLeft
from worker.commands.department.quota import FIELDS, shown
from worker.commands.department.secrecy import shown as markings


@dataclass(frozen=True, slots=True)
class Shown:
    department: Department
    keys: Sequence[Credential]
    secrets: Sequence[Credential]
    options: CallbackOptions
    gone: Sequence[str]
    left: Sequence[QuotaLeft]

    def as_json(self) -> dict[str, Any]:
        one = self.department
        return {
            "department": one.name,
            "callback_allow": list(one.callback_allow),
            "weight": one.weight,
            **asdict(one.quota),
            "left": {quota.name.value: quota.left for quota in self.left},
            "window": one.window,
            "allow_secrecy": one.allow_secrecy.value if one.allow_secrecy else None,
            "keys": [{"id": key.id, "until": _moment(key)} for key in self.keys],
            "callback_secrets": [{"until": _moment(secret)} for secret in self.secrets],
            "ca_file": self.options.ca_pem is not None,
            "client_cert": self.options.client_cert_pem is not None,
            "headers": sorted(self.options.headers),
            "sm3": self.options.sm3_key is not None,
            "gone": list(self.gone),
        }

    def lines(self) -> Iterator[str]:
        one = self.department
        yield f"department      {one.name}"
        yield f"callback_allow  {', '.join(one.callback_allow) or 'nothing'}"
        yield f"weight          {one.weight}"
        left = {quota.name: quota.left for quota in self.left}
        for quota, field in FIELDS.items():
            beside = f", {left[quota]:,} left" if quota in left else ""
            yield f"{field:15} {shown(field, one.quota)}{beside}"
        yield f"window          {one.window or 'as the platform'}"
        yield f"allow_secrecy   {markings(one.allow_secrecy)}"
        for key in self.keys:
            yield f"key             {key.id}{_until(key)}"
        for number, secret in enumerate(self.secrets):
            yield f"secret          {'old' if number else 'new'}{_until(secret)}"
        for name in sorted(self.options.headers):
            yield f"header          {name}"
        set_too = [word for word in ("ca_file", "client_cert", "sm3") if self.as_json()[word]]
        if set_too:
            yield f"set             {', '.join(set_too)}"
        for url in self.gone:
            yield f"gone            {url}"


async def look(ledger: Ledger, *, name: str) -> Shown | None:
    """None where there is no such department."""
    found = await ledger.departments.get(name)
    if found is None:
        return None
    return Shown(
        found,
        await ledger.credentials.keys(name),
        await ledger.credentials.secrets(name),
        await ledger.departments.callback_options(name),
        await ledger.callbacks.gone(name),
        await ledger.departments.quotas(name),
    )


def _moment(one: Credential) -> str | None:
    return one.until.isoformat(timespec="seconds") if one.until else None


def _until(one: Credential) -> str:
    return f" until {one.until.astimezone():%Y-%m-%d %H:%M}" if one.until else ""
