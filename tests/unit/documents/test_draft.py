from __future__ import annotations

from documents.document import Block, BlockKind
from documents.draft import Draft
from documents.table import Grid, Span, Table
from standin.documents.builders import LIMITS


def test_blocks_that_are_set_apart_follow_the_others_once() -> None:
    draft = Draft(LIMITS)
    for page in (1, 2):
        draft.add("简报", page=page)
        grid = Grid()
        grid.add_row([(f"表{page}", 1, 2)])
        grid.add_row([("甲", 1, 1), ("乙", 1, 1)])
        draft.add_table(grid, page=page)
    draft.arrange({0: BlockKind.header, 2: BlockKind.header})
    draft.add("附注", BlockKind.annotation)
    document = draft.finish("text/plain", 2)
    assert document.text == "表1\n甲\t乙\n\n表2\n甲\t乙\n\n简报\n\n附注"
    assert document.blocks == (
        Block(0, 6, BlockKind.table, 1),
        Block(8, 14, BlockKind.table, 2),
        Block(16, 18, BlockKind.header, 1),
        Block(20, 22, BlockKind.annotation),
    )
    span = Span(0, 0, 1, 2)
    assert document.tables == (Table(0, (span,)), Table(8, (span,)))
