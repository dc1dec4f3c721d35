"""How much of a document is read."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """The most characters, pages and, for a packed format, bytes after unpacking."""

    max_chars: int
    max_pages: int
    max_expanded_bytes: int = 512 * MIB
