"""Lists everything in a file that can hold text, for every format.

Masking, the disclosure review and the secrecy check read this list; there is no second one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from documents.inventory.entry import Entry, EntryKind
from documents.limits import ReadLimits

Walk = Callable[[Path, ReadLimits], Iterator[Entry]]

# By media type. A format that is missing here is one unread entry.
WALKS: Mapping[str, Walk] = MappingProxyType({})


def inventory(path: Path, media_type: str, limits: ReadLimits) -> Iterator[Entry]:
    """Yield every text in the file, and every part that may hold text and was not read.

    Raises a `DocumentError`.
    """
    walk = WALKS.get(media_type)
    if walk is None:
        yield Entry("", "", EntryKind.unread, "format without an inventory")
        return
    yield from walk(path, limits)
