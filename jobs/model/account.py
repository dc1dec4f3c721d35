"""An account: a person of a department, or an operator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")


class Role(StrEnum):
    """What a person may do in the console. A reviewer may also do what staff may."""

    staff = "staff"
    reviewer = "reviewer"
    operator = "operator"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person may do. `department` is None for operators only."""

    role: Role
    department: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """`department` is None for operators only. `password` is a hash; None if the person signs in at
    the identity provider.
    """

    name: str
    department: str | None
    role: Role
    password: str | None
    created_at: datetime | None
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A person who has signed in. `token` is the secret that the browser sends."""

    account: Account
    token: str
