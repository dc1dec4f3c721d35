"""Files with a name in one place, and what the inventory finds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from documents.inventory.entry import Entry, EntryKind
from documents.inventory.walk import inventory
from standin.documents.builders import LIMITS, saved

NAME = "阿某某"


def entries_of(folder: Path, data: bytes, media_type: str) -> list[Entry]:
    return list(inventory(saved(folder, data), media_type, LIMITS))


def texts_of(entries: list[Entry]) -> str:
    return "\n\n".join(entry.text for entry in entries)


def unread_of(entries: list[Entry]) -> list[tuple[str, str]]:
    return [(one.reason, one.where) for one in entries if one.kind is EntryKind.unread]


def with_parts(package: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The package with `parts` added, or written in place of those of the same name."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as usual,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in usual.namelist():
            if name not in parts:
                packed.writestr(name, usual.read(name))
        for name, data in parts.items():
            packed.writestr(name, data)
    return written.getvalue()
