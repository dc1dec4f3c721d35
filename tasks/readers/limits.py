"""How much of a document is read."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """The most characters, pages and, for a packed format, bytes after unpacking.

    With `hidden`, what the file holds and no page shows is read too, as blocks of that kind at the
    end: text that tracked changes took out, hidden text and sheets, field codes.
    """

    max_chars: int
    max_pages: int
    max_expanded_bytes: int = 512 * MIB
    hidden: bool = False
