from __future__ import annotations

from pathlib import Path

from documents.document import BlockKind
from documents.read import read
from standin.documents.builders import LIMITS, saved
from standin.documents.pdf_pages import pdf_of, show


def test_running_heads_and_page_numbers_follow_the_running_text(tmp_path: Path) -> None:
    pages = [
        show("防汛工作简报", y=800) + show(f"第{page}段正文。") + show(f"— {page} —", 280, 40)
        for page in (1, 2, 3)
    ]
    document = read(saved(tmp_path, pdf_of(pages)), LIMITS)
    blocks = [(one.kind, one.page, document.text[one.start : one.end]) for one in document.blocks]
    assert blocks[:3] == [(BlockKind.paragraph, page, f"第{page}段正文。") for page in (1, 2, 3)]
    assert sorted(blocks[3:]) == [
        *((BlockKind.footer, page, f"— {page} —") for page in (1, 2, 3)),
        (BlockKind.header, 1, "防汛工作简报"),
    ]
