"""The blocks of an OFD page: its text, what templates add to it, and its tables, by position."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from documents.page.blocks import PageBlock, blocks, lines
from documents.page.rulings import insert_tables
from documents.page.wrapped_tables import wrapped_tables
from documents.readers.ofd.directions import Size, on_page, upright
from documents.readers.ofd.objects import Placed
from documents.readers.ofd.page import Run, in_page_order
from documents.readers.ofd.rulings import ruled_grids
from documents.readers.ofd.tables import split, table_blocks


def page_layout(texts: Sequence[Run], paths: Iterable[Placed], size: Size) -> list[PageBlock]:
    """The blocks of a page of `size` points, in reading order. Tables are `TableBlock`s.

    No text is slanted, and none is drawn twice.
    """
    found = ruled_grids(paths)
    outside, cells = split(texts, found)
    tables = [
        block
        for grid, some in zip(found, cells, strict=True)
        if some
        for block in table_blocks(grid, some, size)
    ]
    turns = Counter[int]()
    for run in outside:
        turns[run.turn or 0] += len(run.text)
    most = max(turns, key=lambda turn: (turns[turn], -turn), default=0)
    page = insert_tables(_flow(outside, most, size), tables)
    for turn in sorted(turns.keys() - {most}):
        page = _inserted(page, _flow(outside, turn, size))
    return page


def _flow(texts: Sequence[Run], turn: int, size: Size) -> list[PageBlock]:
    """The blocks of the text that runs in one direction."""
    drawn = upright((run for run in texts if run.turn == turn), size)
    left, tables = wrapped_tables(lines(in_page_order(drawn)))
    return [
        replace(block, box=on_page(block.box, turn, size))
        for block in insert_tables(blocks(left), tables)
    ]


def _inserted(page: Sequence[PageBlock], others: Sequence[PageBlock]) -> list[PageBlock]:
    """The blocks of a page with each of `others` before the first one that begins below it."""
    found: list[PageBlock] = []
    rest = deque(others)
    for block in page:
        while rest and rest[0].box[1] < block.box[1]:
            found.append(rest.popleft())
        found.append(block)
    return [*found, *rest]
