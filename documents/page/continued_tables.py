"""Finds tables that go on over several pages, and joins their parts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest

from documents.document import Block, BlockKind
from documents.page.blocks import TableBlock
from documents.page.cell_lines import begins_cell, continues
from documents.page.lines import join
from documents.table import Table, TablePart

_LOWER, _UPPER = 0.55, 0.4  # of a page's height: where the parts of a table end and begin
_NEAR = 0.012  # of a ruled table's width: edges of columns that differ by less are the same
_MOST_HEAD_ROWS = 5
# A caption that is repeated, such as `续表` or `表 2（续）`.
_CAPTION = re.compile(
    r"[（(]?\s{0,9}续\s{0,9}(?:上\s{0,9})?表[\s\d一二三四五六七八九十.\-—]{0,8}[）)]?[：:]?"
    r"|.{0,40}[（(]\s{0,9}(?:续|续表|接上表|cont(?:inue)?d\.?)\s{0,9}"
    r"[\d一二三四五六七八九十]{0,3}\s{0,9}[）)]",
    re.IGNORECASE,
)
Placed = tuple[str, Block]


@dataclass(frozen=True, slots=True)
class Joined:
    """A table over several pages: the indexes of its blocks, and what takes their place.

    `captions` are the indexes of captions between them, which repeat the table's.
    """

    indexes: tuple[int, ...]
    captions: tuple[int, ...]
    text: str
    table: Table
    confidence: float | None


def joined_tables(
    blocks: Sequence[Placed],
    tables: Mapping[int, TableBlock],
    apart: Collection[int],
    heights: Mapping[int, float],
) -> Iterator[Joined]:
    """The tables that continue on the next page.

    `tables` are the tables among `blocks` by their index, `apart` the indexes of running heads,
    `heights` those of the pages in points. A table continues if it is the last on its page, the
    next page begins with one of the same columns, and that has no other head.
    """
    chain: list[int] = []
    captions: list[int] = []
    for at, caption in _candidates(blocks, apart):
        if chain and _is_next(blocks, tables, chain[-1], at, heights):
            chain.append(at)
            captions += [caption] if caption is not None else []
            continue
        if len(chain) > 1:
            yield _joined(blocks, tables, chain, captions)
        chain, captions = [at] if at in tables else [], []
    if len(chain) > 1:
        yield _joined(blocks, tables, chain, captions)


def _candidates(
    blocks: Sequence[Placed], apart: Collection[int]
) -> Iterator[tuple[int, int | None]]:
    """The blocks of the running text, each with the caption of a continued table before it."""
    caption: int | None = None
    page: int | None = None
    for at, (text, block) in enumerate(blocks):
        if at in apart:
            continue
        if block.page != page and block.kind is not BlockKind.table and _CAPTION.fullmatch(text):
            caption = at
            continue
        if caption is not None and block.kind is not BlockKind.table:
            yield caption, None
            caption = None
        yield at, caption
        caption, page = None, block.page


def _is_next(
    blocks: Sequence[Placed],
    tables: Mapping[int, TableBlock],
    above: int,
    below: int,
    heights: Mapping[int, float],
) -> bool:
    one, other = tables.get(above), tables.get(below)
    page, following = blocks[above][1].page, blocks[below][1].page
    if one is None or other is None or page is None or following != page + 1:
        return False
    upper, lower = blocks[above][1].box, blocks[below][1].box
    if upper is None or lower is None or len(one.edges) < 3 or len(one.edges) != len(other.edges):
        return False
    if upper[3] < _LOWER * heights.get(page, 0.0):
        return False
    if lower[1] > _UPPER * heights.get(following, lower[1] / _UPPER):
        return False
    if _repeated(one.text.split("\n"), other.text.split("\n")):
        return True
    has_own_head = other.table.head_rows > 0 and one.table.head_rows > 0
    return not has_own_head and _are_alike(one, other)


def _are_alike(one: TableBlock, other: TableBlock) -> bool:
    """Whether two tables have the same columns, though a page may have another margin."""
    if one.is_ruled is not other.is_ruled:
        return False
    if one.is_ruled:
        shift, width = other.edges[0] - one.edges[0], one.edges[-1] - one.edges[0]
        pairs = zip(one.edges, other.edges, strict=True)
        return all(abs(b - a - shift) <= _NEAR * width for a, b in pairs)
    columns = list(pairwise(one.edges))
    # Columns without rules begin where their words do; two alone are often no table's.
    return len(columns) > 2 and all(
        left < end and start < right
        for (left, right), (start, end) in zip(columns, pairwise(other.edges), strict=True)
    )


def _joined(
    blocks: Sequence[Placed],
    tables: Mapping[int, TableBlock],
    chain: Sequence[int],
    captions: Sequence[int],
) -> Joined:
    first = tables[chain[0]]
    rows = first.text.split("\n")
    spans = list(first.table.spans)
    head_rows = first.table.head_rows
    begins = [0]  # the first row of each part
    for above, below in pairwise(chain):
        one, other = tables[above], tables[below]
        own = other.text.split("\n")
        head = _repeated(rows, own)
        head_rows = max(head_rows, head)
        own = own[head:]
        rest = bool(own) and _is_rest(one, other, rows[-1], own[0], head)
        shift = len(rows) - head - rest
        spans += [
            replace(span, row=span.row + shift)
            for span in other.table.spans
            if span.row >= head + rest
        ]
        if rest:
            rows[-1] = _with_rest(rows[-1], own.pop(0))
        begins.append(len(rows))
        rows += own
    text = "\n".join(rows)
    return Joined(
        tuple(chain),
        tuple(captions),
        text,
        Table(0, tuple(spans), head_rows, "", tuple(_parts(blocks, chain, rows, begins))),
        _confidence([blocks[at] for at in chain]),
    )


def _parts(
    blocks: Sequence[Placed], chain: Sequence[int], rows: Sequence[str], begins: Sequence[int]
) -> Iterator[TablePart]:
    offset = row = 0
    for at, begin in zip(chain, begins, strict=True):
        offset += sum(len(text) + 1 for text in rows[row:begin])
        row = begin
        block = blocks[at][1]
        if block.page is not None and block.box is not None:
            yield TablePart(row, offset, block.page, block.box)


def _repeated(rows: Sequence[str], own: Sequence[str]) -> int:
    """How many rows at the top of the next part repeat the table's head."""
    count = 0
    for one, other in zip(rows[:_MOST_HEAD_ROWS], own, strict=False):
        cells = set(filter(None, map(_plain, other.split("\t"))))
        if _plain(one) != _plain(other) or (not count and len(cells) < 2):
            break
        count += 1
    return count


def _plain(text: str) -> str:
    return "\t".join("".join(cell.split()) for cell in text.rstrip("\t").split("\t"))


def _is_rest(one: TableBlock, other: TableBlock, above: str, below: str, head: int) -> bool:
    """Whether the first row of the next part is the rest of the row above it."""
    if one.is_open_below or (other.is_open_above and not head):
        return True
    upper, lower = above.split("\t"), below.split("\t")
    filled = [at for at, text in enumerate(lower) if text]
    if lower[0] or 2 * len(filled) > len(one.edges) - 1:
        return False
    if any(at >= len(upper) or not upper[at] or begins_cell(lower[at]) for at in filled):
        return False
    if not one.is_ruled:
        return True
    widths = [right - left for left, right in pairwise(one.edges)]
    first = other.first_lines[head] if head < len(other.first_lines) else {}
    return all(
        at in one.last_lines
        and at in first
        and continues(one.last_lines[at], first[at], widths[at])
        for at in filled
    )


def _with_rest(above: str, below: str) -> str:
    upper, lower = above.split("\t"), below.split("\t")
    pairs = zip_longest(upper, lower, fillvalue="")
    return "\t".join(join(one, rest) if rest else one for one, rest in pairs)


def _confidence(parts: Iterable[Placed]) -> float | None:
    """The mean confidence of the characters; None without OCR."""
    read = [(len(text), sure) for text, block in parts if (sure := block.confidence) is not None]
    total = sum(count for count, _ in read)
    return round(sum(count * sure for count, sure in read) / total, 4) if total else None
