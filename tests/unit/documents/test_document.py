from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from documents.document import Block, BlockKind, Document
from documents.draft import Draft
from documents.errors import DocumentTooLong
from documents.limits import MOST_BLOCKS, ReadLimits

BLOCKS = (
    Block(0, 2, BlockKind.heading, 1, (1.0, 2.0, 3.0, 4.0), 1, None),
    Block(4, 6, BlockKind.paragraph, None, None, None, 0.5),
)


@pytest.mark.parametrize("blocks", [(), BLOCKS])
def test_a_document_travels_to_a_process_without_its_source(blocks: tuple[Block, ...]) -> None:
    document = Document("档案\n\n管理", blocks, "text/plain", 2, (2,))
    with_source = replace(document, source=lambda: None)  # type: ignore[arg-type]
    copy = pickle.loads(pickle.dumps(with_source))
    assert copy == document
    assert copy.source is None


def test_a_document_has_a_limited_number_of_blocks() -> None:
    draft = Draft(ReadLimits(max_chars=10_000_000, max_pages=1))
    for _ in range(MOST_BLOCKS):
        draft.add("a")
    with pytest.raises(DocumentTooLong, match="100,000 paragraphs"):
        draft.add("a")
