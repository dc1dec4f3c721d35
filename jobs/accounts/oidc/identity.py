"""Who a person is by the claims of the ID token: account, department and role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from jobs.accounts.oidc.problems import refused
from jobs.model.account import NAME, Grant, Role
from jobs.process.settings import OidcSettings

_HIGHEST_FIRST = (Role.operator, Role.reviewer, Role.staff)
_MOST_VALUES = 2_000


@dataclass(frozen=True, slots=True)
class Identity:
    """`subject` identifies the person for ever; `name` may be given to another one later.
    `grant`: None if department and role are those of the account.
    """

    subject: str
    name: str
    grant: Grant | None


def identity_of(claims: Mapping[str, Any], settings: OidcSettings) -> Identity:
    """Raises `ProblemError("sign-in-refused")` if the person may not use the console."""
    name = _value(claims, settings.name_claim)
    name = name.strip().lower() if isinstance(name, str) else ""
    if not NAME.fullmatch(name):
        raise refused("name")
    groups = frozenset(_texts(_value(claims, settings.groups_claim)))
    if settings.allowed_groups and groups.isdisjoint(settings.allowed_groups):
        raise refused("group", name)
    subject = sha256(f"{settings.issuer}\n{claims['sub']}".encode()).hexdigest()
    if not settings.decides_roles:
        return Identity(subject, name, None)
    role = _role(groups, settings)
    if role is None:
        raise refused("role", name)
    department = _department(claims, settings)
    if department is None and role is not Role.operator:
        raise refused("department", name)
    return Identity(subject, name, Grant(role, department))


def _role(groups: frozenset[str], settings: OidcSettings) -> Role | None:
    granted = {role for group, role in settings.roles.items() if group in groups}
    for role in _HIGHEST_FIRST:
        if role in granted:
            return role
    return None if settings.default_role == "none" else Role(settings.default_role)


def _department(claims: Mapping[str, Any], settings: OidcSettings) -> str | None:
    """The only department that the claim names; None if it names none or several."""
    if settings.department_claim is None:
        return None
    values = _texts(_value(claims, settings.department_claim))
    if settings.departments:
        values = [settings.departments[value] for value in values if value in settings.departments]
    named = set(values)
    return named.pop() if len(named) == 1 else None


def _value(claims: Mapping[str, Any], name: str) -> Any:
    """A claim, or a member inside claims: `realm_access.roles`."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _texts(value: Any) -> Sequence[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values[:_MOST_VALUES] if isinstance(one, str) and one]
