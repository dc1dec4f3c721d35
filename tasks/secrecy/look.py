"""The result of screening a file, for the process that asked for it."""

from __future__ import annotations

from dataclasses import dataclass

from documents.source import FileResult
from tasks.secrecy import Marking, Secrecy


@dataclass(frozen=True, slots=True)
class Look:
    """The result of a check: the marking without its position, and whether all was looked at.

    `why`: a word for the log if not.
    """

    marking: Marking | None
    complete: bool = True
    why: str = ""


def look_of(output: FileResult) -> Look:
    """Returns the result of `screen`."""
    return Look(level_of(output), output.values["complete"])


def level_of(output: FileResult) -> Marking | None:
    """Returns the marking from the result of `screen`, without its position."""
    level = output.values.get("level")
    return Marking(Secrecy(level), 0, 0, level) if level else None
