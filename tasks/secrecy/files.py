"""Looks for a secrecy marking in everything that a file holds.

Listed in `tasks.file_work` as `secrecy`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from documents.inventory.entry import Entry, EntryKind
from documents.inventory.walk import WALKS, inventory
from documents.limits import ReadLimits
from documents.readers import legacy_office, markdown, text
from documents.readers.text.encoding import NotText, decode
from documents.source import FileResult
from tasks.secrecy import Marking, highest
from tasks.secrecy.look import Look
from tasks.secrecy.markings import marking_of

# Formats that can be checked without a process of their own.
SCREENED_BY_BYTES = frozenset((text.MEDIA_TYPE, markdown.MEDIA_TYPE))
SCREENED_IN_PROCESS = frozenset(WALKS) - SCREENED_BY_BYTES - {legacy_office.DOC, legacy_office.RTF}
"""The others need LibreOffice, or are pictures."""
# A longer text file has more characters than any job reads.
_MOST_WRITTEN_BYTES = 16 * 1024 * 1024


def screen(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """Returns the level found as `level`, or null, and why parts were not read as `unread`.

    `arguments` has `media_type`. Raises a `DocumentError`.
    """
    marking: Marking | None = None
    unread: dict[str, None] = {}
    for entry in inventory(path, arguments["media_type"], limits):
        if entry.kind is EntryKind.unread:
            unread[entry.reason] = None
        else:
            marking = highest((marking, marking_of_entry(entry)))
    return FileResult({"level": marking.level.value if marking else None, "unread": [*unread]})


def marking_of_entry(entry: Entry) -> Marking | None:
    """The marking in an entry of an inventory, without its position."""
    if entry.kind is EntryKind.setting:
        return None
    is_value = not entry.whole and entry.kind is not EntryKind.metadata
    found = marking_of(entry.text, is_value=is_value)
    return Marking(found.level, 0, 0, found.level.value) if found else None


def look_at_bytes(path: Path) -> Look:
    """Looks for a marking in a text file."""
    with path.open("rb") as file:
        data = file.read(_MOST_WRITTEN_BYTES + 1)
    whole = len(data) <= _MOST_WRITTEN_BYTES
    try:
        return Look(marking_of(decode(data[:_MOST_WRITTEN_BYTES], cut=not whole)), whole)
    except NotText:
        return Look(None, complete=False)
