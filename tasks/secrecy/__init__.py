"""Secrecy markings (密级): their levels, and where they are in a text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Secrecy(StrEnum):
    """The three levels, lowest first."""

    secret = "秘密"  # noqa: S105 - a level, not a password
    confidential = "机密"
    top_secret = "绝密"  # noqa: S105 - likewise

    def covers(self, other: Secrecy) -> bool:
        """Whether permission for this level includes the other one."""
        levels = list(Secrecy)
        return levels.index(self) >= levels.index(other)


@dataclass(frozen=True, slots=True)
class Marking:
    """`start` and `end` are offsets into the text; `words` is the text of the marking."""

    level: Secrecy
    start: int
    end: int
    words: str


def highest(markings: Iterable[Marking | None]) -> Marking | None:
    """Returns the marking with the highest level."""
    found = [one for one in markings if one is not None]
    return max(found, key=lambda one: list(Secrecy).index(one.level), default=None)
