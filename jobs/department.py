"""A department: a tenant with keys, a share of the engines and a list of callback targets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Department:
    """`weight` is its share of bulk work; `rate` its submissions per second, None for no limit.

    `callback_secrets` are those that sign now, the new one first: all of them do, so that a secret
    can be changed without a gap.
    """

    name: str
    callback_allow: tuple[str, ...]
    callback_secrets: tuple[str, ...]
    weight: int = 1
    rate: float | None = None
    callback_max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class NewDepartment:
    """What is shown once, when a department is made: the key itself is not kept."""

    department: str
    api_key: str
    callback_secret: str
