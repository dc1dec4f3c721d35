"""Content that no page of a PDF shows: pages outside the page tree, and streams without a font."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import pikepdf

from documents.inventory.pdf.cmaps import is_explained, to_unicode
from documents.inventory.pdf.content import Key
from documents.inventory.pdf.strings import is_utf8
from documents.readers.pdf.malformed import MALFORMED

_MOST_MAPS = 200
_MOST_PARENTS = 50
_PICTURES = frozenset(("/Image",))
_BLANKS = b"\t\n\r"


def maps_of(pdf: pikepdf.Pdf) -> list[Mapping[bytes, str]]:
    """The different ToUnicode maps of a file, at most 200."""
    datas: dict[bytes, None] = {}
    for item in pdf.objects:
        if len(datas) >= _MOST_MAPS:
            break
        if isinstance(item, pikepdf.Stream) and str(item.get("/Subtype")) not in _PICTURES:
            try:
                data = item.read_bytes()
            except MALFORMED:
                continue
            if b"begincmap" in data[:2_000]:
                datas[data] = None
    return [found for data in datas if (found := to_unicode(data))]


def pages_outside(pdf: pikepdf.Pdf, listed: Set[Key]) -> Iterator[Any]:
    """Yield objects that have content as a page does and are not `listed`."""
    for item in pdf.objects:
        if (
            isinstance(item, pikepdf.Dictionary)
            and item.objgen not in listed
            and isinstance(item.get("/Contents"), pikepdf.Stream | pikepdf.Array)
        ):
            yield item


def resources_of_page(page: Any) -> Any:
    """The resources of a page, or of the first of its parents that has some; None without any."""
    for _ in range(_MOST_PARENTS):
        if not isinstance(page, pikepdf.Dictionary):
            return None
        if "/Resources" in page:
            return page["/Resources"]
        page = page.get("/Parent")
    return None


def is_readable(strings: Sequence[bytes], maps: Sequence[Mapping[bytes, str]]) -> bool:
    """Whether the strings of a content stream without its fonts are text, or codes of a map."""
    return all(_is_plain(one) or is_explained(one, maps) for one in strings)


def _is_plain(string: bytes) -> bool:
    """Whether a string is text without controls: in UTF-8, or mostly ASCII as in WinAnsi."""
    is_clean = all(byte >= 0x20 or byte in _BLANKS for byte in string)
    return is_clean and (is_utf8(string) or sum(byte < 0x80 for byte in string) * 2 >= len(string))
