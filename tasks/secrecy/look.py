"""The result of screening a file, for the process that asked for it."""

from __future__ import annotations

from dataclasses import dataclass

from documents.inventory.entry import Unread
from documents.source import FileResult
from tasks.secrecy import Marking, Secrecy

# What an upload may hold and this check does not read: pictures, seals, fonts, scripts and styles
# are in ordinary files, and the records of a format before 2007 in all of that format. The worker
# reads pictures of pages, and text in a font without a mapping, by OCR; where a mapping contradicts
# the glyphs, both texts are checked.
_ORDINARY = frozenset(
    (
        Unread.picture,
        Unread.signature,
        Unread.font,
        Unread.program,
        Unread.reordered,
        Unread.counted,
        Unread.outlines,
        Unread.unmapped_text,
        Unread.contradicted_text,
        Unread.other_records,
        Unread.other_format,
    )
)


@dataclass(frozen=True, slots=True)
class Look:
    """The result of a check: the marking without its position, and whether all was looked at.

    `why`: a word for the log if not. `unread` are the reasons why parts were not read.
    """

    marking: Marking | None
    complete: bool = True
    why: str = ""
    unread: tuple[str, ...] = ()

    @property
    def is_ordinary(self) -> bool:
        """Whether all that was not looked at is in ordinary files, such as a picture."""
        return bool(self.unread) and _ORDINARY.issuperset(self.unread)


def look_of(output: FileResult) -> Look:
    """Returns the result of `screen`."""
    unread = tuple(output.values["unread"])
    return Look(level_of(output), not unread, "unread" if unread else "", unread)


def level_of(output: FileResult) -> Marking | None:
    """Returns the marking from the result of `screen`, without its position."""
    level = output.values.get("level")
    return Marking(Secrecy(level), 0, 0, level) if level else None
