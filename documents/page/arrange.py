"""What only all pages of a document together show: running heads, and tables over several pages."""

from __future__ import annotations

from collections.abc import Mapping

from documents.document import BlockKind
from documents.draft import Draft
from documents.page.blocks import TableBlock
from documents.page.continued_tables import joined_tables
from documents.page.running_heads import Placed, running_heads


def arrange(draft: Draft, heights: Mapping[int, float]) -> None:
    """Move running heads and page numbers behind the body, and join tables over several pages.

    `heights` are those of the pages, in the units of the boxes.
    """
    blocks = list(draft.placed_blocks())
    placed = {
        at: Placed(text, block.kind, block.page, block.box)
        for at, (text, block) in enumerate(blocks)
        if block.page is not None and block.box is not None
    }
    found = running_heads(list(placed.values()), heights)
    indexes = list(placed)
    heads = {indexes[at]: kind for at, kind in found.items()}
    tables = {at: one for at, one in draft.grids.items() if isinstance(one, TableBlock)}
    joined = list(joined_tables(blocks, tables, heads, heights))
    heads |= {at: BlockKind.header for one in joined for at in one.captions}
    order = sorted(heads, key=lambda at: (heads[at] is BlockKind.footer, at))
    draft.arrange({at: heads[at] for at in order}, joined)
