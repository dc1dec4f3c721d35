"""Pictures that show nothing, such as the thumbnail of an empty page in a template."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from documents.errors import DocumentError
from documents.inventory.encodings import binary_text
from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.readers.pictures import decoded_picture

_MOST_BYTES = 1 << 20


def picture_entries(path: Path) -> Iterator[Entry]:
    """Yield the strings in a picture of one colour; any other picture is unread."""
    data = path.read_bytes() if path.stat().st_size <= _MOST_BYTES else b""
    if data and _is_blank(data):
        yield Entry("strings of a picture", binary_text(data), EntryKind.metadata)
    else:
        yield unread("", Unread.picture)


def _is_blank(data: bytes) -> bool:
    try:
        picture = decoded_picture(data)
    except DocumentError:
        return False
    low, high = picture.convert("L").getextrema()
    return picture.getcolors(1) is not None and low == high
