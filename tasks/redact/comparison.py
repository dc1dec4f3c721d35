"""Compares what was found in a document's text with what was masked in its file.

Both are read in different ways. An item that only the text has would stay in the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from tasks.redact.finders.words import folded
from tasks.redact.kinds import Kind
from tasks.text.plain import compact

_PAGE = re.compile(r"page (\d{1,6})")
_BETWEEN = "\n"


class Place(NamedTuple):
    """A masked text and its page, from 1; None where the format has no pages."""

    page: int | None
    kind: Kind
    value: str

    @classmethod
    def of(cls, row: Sequence[Any]) -> Place:
        page, kind, value = row
        return cls(page, Kind(kind), value)


class Missing(BaseModel):
    """How many items of the text were not found in the file."""

    page: int | None
    kind: Kind
    count: int


def missing(places: Iterable[Place], masked: Mapping[str, Iterable[str]]) -> list[Missing]:
    """Returns the items that were not masked in the file, by page and kind.

    `masked` are the texts that were masked in each part of the file. For a file with pages, each
    item must be found on its page, or outside of the pages.
    """
    parts = _Parts(masked)
    absent = Counter(
        (place.page, place.kind) for place in places if not parts.have(place.page, place.value)
    )
    return [
        Missing(page=page, kind=kind, count=count)
        for (page, kind), count in sorted(absent.items(), key=lambda one: (one[0][0] or 0, one[0]))
    ]


class _Parts:
    """The masked texts of a file's parts, by page; with None all others."""

    def __init__(self, masked: Mapping[str, Iterable[str]]) -> None:
        pages: dict[int | None, set[str]] = {}
        for part, values in masked.items():
            match = _PAGE.fullmatch(part)
            keys = pages.setdefault(int(match[1]) if match else None, set())
            keys.update(filter(None, map(key_of, values)))
        self._has_pages = any(page is not None for page in pages)
        self._joined = {page: _BETWEEN.join(keys) for page, keys in pages.items()}
        self._everything = _BETWEEN.join(self._joined.values())
        self._keys = frozenset().union(*pages.values())
        self._pages = pages

    def have(self, page: int | None, value: str) -> bool:
        key = key_of(value)
        if page is None or not self._has_pages:
            # Most items are masked as a whole, which is known without a search.
            is_part = key in self._keys or key in self._everything
            return is_part or self._is_covered(key, self._pages.values())
        near = [self._pages.get(page, set()), self._pages.get(None, set())]
        return any(key in self._joined.get(one, "") for one in (page, None)) or self._is_covered(
            key, near
        )

    @staticmethod
    def _is_covered(key: str, parts: Iterable[Iterable[str]]) -> bool:
        """Whether shorter texts cover the whole item: in the text they may have been one."""
        inside = {value for values in parts for value in values if value in key}
        for value in sorted(inside, key=len, reverse=True):
            key = key.replace(value, _BETWEEN)
        return not key.strip(f"{_BETWEEN},.;:、，。；：")


def key_of(value: str) -> str:
    """The text without differences in width, case, spaces and hyphens."""
    return compact(folded(value))
