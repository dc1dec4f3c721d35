"""Which model does the work: what a department asks for, and what an engine is there for."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What an engine is there for: it has the full model, or a smaller and faster one."""

    fast = "fast"
    full = "full"


class ModelChoice(StrEnum):
    """`auto`: the fast model's answer where the task's own checks find no fault in it, else the
    full model's. `fast`: the fast model's answer, unchecked; the full model's where there is none.
    """

    auto = "auto"
    fast = "fast"
    full = "full"
