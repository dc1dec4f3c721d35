"""The links at the top of every page, by role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.console.access import OPERATORS, REVIEWERS, STAFF
from jobs.model.account import Role


@dataclass(frozen=True, slots=True)
class Link:
    """`path` is below `/console`; `text` is a key of the catalogue."""

    path: str
    text: str
    roles: frozenset[Role]


LINKS: Sequence[Link] = (
    Link("/submit", "console.submit.link", STAFF),
    Link("/records", "console.records.link", STAFF),
    Link("/approvals", "console.approvals.link", REVIEWERS),
    Link("/health", "console.health.link", OPERATORS),
    Link("/callbacks", "console.callbacks.link", OPERATORS),
    Link("/departments", "console.departments.link", OPERATORS),
    Link("/cancel", "console.cancel.link", OPERATORS),
)


def links_for(role: Role) -> Sequence[Link]:
    return [link for link in LINKS if role in link.roles]
