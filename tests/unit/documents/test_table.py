"""Tables with spans."""

from __future__ import annotations

from documents.document import BlockKind
from documents.draft import Draft
from documents.limits import ReadLimits
from documents.table import Grid, Span, Table

LIMITS = ReadLimits(max_chars=10_000, max_pages=10)


def test_a_cell_stands_below_its_head_beside_a_span() -> None:
    grid = Grid(head_rows=1)
    grid.add_row([("District", 2, 1), ("Income", 1, 2)])
    grid.add_row([("2024", 1, 1), ("2025", 1, 1)])
    grid.add_row([("East", 1, 1), ("1", 1, 1), ("2", 1, 1)])
    text, table = grid.finish()
    assert text == "District\tIncome\n\t2024\t2025\nEast\t1\t2"
    assert table == Table(0, (Span(0, 0, 2, 1), Span(0, 1, 1, 2)), 1)


def test_rows_without_text_are_left_out_of_spans() -> None:
    grid = Grid(head_rows=2)
    grid.add_row([("a", 3, 1), ("b", 1, 1)])
    grid.add_row([("", 1, 1)])
    grid.add_row([("c", 1, 1)])
    text, table = grid.finish()
    assert text == "a\tb\n\tc"
    assert table == Table(0, (Span(0, 0, 2, 1),), 1)


def test_a_span_of_a_million_rows_costs_nothing() -> None:
    grid = Grid()
    grid.add_row([("a", 1_000_000, 1_000_000), ("b", 1, 1)])
    grid.add_row([("c", 1, 1)])
    text, _ = grid.finish()
    assert text.replace("\t", "") == "ab\nc"


def test_a_table_has_the_offset_of_its_block() -> None:
    draft = Draft(LIMITS)
    draft.add("before")
    grid = Grid()
    grid.add_row([("a", 1, 2)])
    grid.add_row([("b", 1, 1), ("c", 1, 1)])
    draft.add_table(grid)
    document = draft.finish("text/plain")
    block = document.blocks[1]
    assert (block.kind, document.tables) == (
        BlockKind.table,
        (Table(block.start, (Span(0, 0, 1, 2),)),),
    )


def test_what_was_left_out_is_counted_beyond_a_limit() -> None:
    draft = Draft(LIMITS)
    draft.add("text")
    for number in range(510):
        draft.leave_out("picture", f"picture {number}", "not read")
    unread = draft.finish("text/plain").unread
    assert len(unread) == 501
    assert unread[-1].reason == "10 more places are not listed"
