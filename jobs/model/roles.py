"""Models: the choice in a request, and the role of an engine."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The role of an engine: it serves the full model or a smaller, faster one."""

    fast = "fast"
    full = "full"


class ModelChoice(StrEnum):
    """`auto`: the fast model's answer if it passes the task's checks, otherwise the full model's.
    `fast`: the fast model's answer, unchecked; the full model's if there is no fast model.
    """

    auto = "auto"
    fast = "fast"
    full = "full"
