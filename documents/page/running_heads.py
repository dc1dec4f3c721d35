"""Tells running heads and page numbers from the text of the pages."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from documents.document import BlockKind
from documents.page.blocks import Box

_MARGIN = 0.12  # of the page's height, at its top and bottom
_OUTER = 0.08
_SAME_PLACE = 6.0  # points
_LONGEST = 120
# How many pages have the same running head; in the outer margin, where no text begins, two.
_LEAST_PAGES = 3
_ROMAN = r"(?=[ivxIVX])[xX]{0,3}(?:[iI][xX]|[iI][vV]|[vV]?[iI]{0,3})"
_DASHES = "-‐‑‒–—―－·~ \u3000"
_NUMBER = re.compile(
    rf"[{_DASHES}]{{0,12}}(?:第\s{{0,4}})?(?:[Pp]age\s{{0,4}}|[Pp]\.?\s{{0,4}})?"
    rf"(?:\d{{1,4}}|{_ROMAN}|[一二三四五六七八九十百]{{1,5}})(?:\s{{0,4}}页)?"
    rf"(?:\s{{0,4}}(?:/|of|，|,|、|\(|（)?\s{{0,4}}共?\s{{0,4}}\d{{1,4}}\s{{0,4}}页?[)）]?)?[{_DASHES}]{{0,12}}"
    r"|共\s{0,4}\d{1,4}\s{0,4}页\s{0,4}第\s{0,4}\d{1,4}\s{0,4}页"
)
_PLAIN = re.compile(r"\d{1,4}|" + _ROMAN + r"|[一二三四五六七八九十百]{1,5}")
_DIGITS = re.compile(r"\d+")
# A form has the same label at the same place of every page, but each its own number.
_NUMBERED = re.compile(r"[：:]\s*[0-9A-Z]{6,}")


@dataclass(frozen=True, slots=True)
class Placed:
    """A block of a page; `page` counts from 1."""

    text: str
    kind: BlockKind
    page: int
    box: Box


def running_heads(blocks: Sequence[Placed], heights: Mapping[int, float]) -> dict[int, BlockKind]:
    """The indexes of the running heads and page numbers among `blocks`: `header` or `footer`.

    `heights` are those of the pages, in points. A page number is at the top or bottom of its page.
    A running head has the same text, apart from numbers, at the same place of several pages; so
    have forms, therefore a page without other text has none.
    """
    zones = {at: kind for at, one in enumerate(blocks) if (kind := _zone(one, heights))}
    outermost = _outermost(blocks, zones)
    found = {at: zones[at] for at in _numbers(blocks, outermost, zones)}
    repeated = _repeated(blocks, zones, heights)
    found |= {at: zones[at] for at in repeated}
    found |= {at: zones[at] for at in _beside_heads(blocks, zones, repeated, heights)}
    others = Counter(one.page for at, one in enumerate(blocks) if at not in found)
    return {at: kind for at, kind in found.items() if others[blocks[at].page]}


def _zone(block: Placed, heights: Mapping[int, float]) -> BlockKind | None:
    height = heights.get(block.page)
    if not height or block.kind is BlockKind.table or len(block.text) > _LONGEST:
        return None
    if _NUMBERED.search(block.text):
        return None
    if block.box[3] <= _MARGIN * height:
        return BlockKind.header
    return BlockKind.footer if block.box[1] >= (1 - _MARGIN) * height else None


def _outermost(blocks: Sequence[Placed], zones: Mapping[int, BlockKind]) -> set[int]:
    """The blocks at the top or bottom of each page beyond which there is no other."""
    edges: dict[tuple[int, BlockKind], tuple[float, int]] = {}
    for at, kind in zones.items():
        box = blocks[at].box
        edge = box[1] if kind is BlockKind.header else -box[3]
        key = (blocks[at].page, kind)
        edges[key] = min(edges.get(key, (edge, at)), (edge, at))
    return {at for _, at in edges.values()}


def _numbers(
    blocks: Sequence[Placed], outermost: set[int], zones: Mapping[int, BlockKind]
) -> list[int]:
    """Page numbers: with words or dashes, or bare ones that count on from page to page."""
    found: list[int] = []
    bare: dict[tuple[BlockKind, int], list[int]] = defaultdict(list)
    for at in sorted(outermost):
        text = blocks[at].text.strip()
        match = _NUMBER.fullmatch(text)
        if match is None:
            continue
        if not _PLAIN.fullmatch(text):
            found.append(at)
        elif text.isdigit():
            bare[zones[at], int(text) - blocks[at].page].append(at)
        else:
            bare[zones[at], _NO_OFFSET].append(at)
    for (_, offset), listed in bare.items():
        if len(listed) > 1 or offset == 0:
            found += listed
    return found


_NO_OFFSET = -10_000  # for numbers in letters, of which one alone may be a heading


def _repeated(
    blocks: Sequence[Placed], zones: Mapping[int, BlockKind], heights: Mapping[int, float]
) -> list[int]:
    """Blocks whose text repeats at about the same height of several pages."""
    alike: dict[tuple[BlockKind, str], list[int]] = defaultdict(list)
    for at, kind in zones.items():
        text = _DIGITS.sub("#", "".join(blocks[at].text.split()))
        if any(map(str.isalpha, text)):
            alike[kind, text].append(at)
    found: list[int] = []
    for listed in alike.values():
        for group in _by_place([(blocks[at].box[1], at) for at in listed]):
            pages = {blocks[at].page for at in group}
            least = 2 if all(_is_outer(blocks[at], heights) for at in group) else _LEAST_PAGES
            if len(pages) >= least:
                found += group
    return found


def _beside_heads(
    blocks: Sequence[Placed],
    zones: Mapping[int, BlockKind],
    found: Collection[int],
    heights: Mapping[int, float],
) -> list[int]:
    """Blocks in the outer margin where several other pages have a running head.

    The name of a section may be the head of a single page.
    """
    places: dict[tuple[BlockKind, int], set[int]] = defaultdict(set)
    for at in found:
        places[zones[at], round(blocks[at].box[1])].add(blocks[at].page)
    return [
        at
        for at, kind in zones.items()
        if at not in found
        and _is_outer(blocks[at], heights)
        and any(
            len(pages) >= _LEAST_PAGES and blocks[at].page not in pages
            for near in range(-2, 3)
            if (pages := places.get((kind, round(blocks[at].box[1]) + near), set()))
        )
    ]


def _is_outer(block: Placed, heights: Mapping[int, float]) -> bool:
    height = heights[block.page]
    return block.box[3] <= _OUTER * height or block.box[1] >= (1 - _OUTER) * height


def _by_place(tops: Sequence[tuple[float, int]]) -> list[list[int]]:
    groups: list[list[int]] = []
    last = 0.0
    for top, at in sorted(tops):
        if groups and top - last <= _SAME_PLACE:
            groups[-1].append(at)
        else:
            groups.append([at])
        last = top
    return groups
