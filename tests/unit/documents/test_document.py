from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from documents.document import Block, BlockKind, Document

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
