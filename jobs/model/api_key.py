"""API keys of departments: what a key may do, from where, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address

from jobs.model.department import Department


class Scope(StrEnum):
    """What a key may do. `api/access/rules.py` names the scope of every route."""

    submit = "submit"
    read = "read"
    admin = "admin"
    approve = "approve"


ALL_SCOPES = frozenset(Scope)


class KeyState(StrEnum):
    valid = "valid"
    expired = "expired"
    revoked = "revoked"


@dataclass(frozen=True, slots=True)
class KeyRules:
    """What a new key may do. Default: everything, from anywhere, for ever.

    `networks`: the sources that may use it; none for all. `lifetime_ms` None: it does not expire.
    `label`: a note of the operators.
    """

    scopes: frozenset[Scope] = ALL_SCOPES
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    lifetime_ms: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret part. `created_at` is None for keys of earlier releases."""

    id: str
    department: str
    state: KeyState
    scopes: frozenset[Scope]
    networks: tuple[IPv4Network | IPv6Network, ...]
    label: str
    created_at: datetime | None
    until: datetime | None
    revoked_at: datetime | None

    def admits(self, address: str) -> bool:
        """Whether a request from `address` may use the key."""
        if not self.networks:
            return True
        try:
            parsed = ip_address(address)
        except ValueError:  # the server does not know the sender's address
            return False
        return any(parsed in network for network in self.networks)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just created: `text` is shown once and not stored."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request: the department and the key, which may be expired or revoked."""

    department: Department
    key: ApiKey
