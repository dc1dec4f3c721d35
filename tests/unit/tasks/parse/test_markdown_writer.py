from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.document import Block, BlockKind, Document
from documents.draft import Draft
from documents.limits import ReadLimits
from documents.readers import markdown
from documents.table import Grid
from tasks.parse.markdown_writer import as_markdown

LIMITS = ReadLimits(max_chars=1_000_000, max_pages=100)
HEADING, PARAGRAPH = BlockKind.heading, BlockKind.paragraph
ITEM, TABLE = BlockKind.list_item, BlockKind.table
Item = tuple[BlockKind, str]

SIGNS = st.text(
    st.sampled_from('#-*+_>`~|[]()!<&;:=\\.1 2a"第一条（，。amp'), min_size=1, max_size=24
)
LINE = SIGNS.map(lambda text: " ".join(text.split())).filter(bool)
# Markdown drops what stands after a line's end, and joins what a Chinese sentence ends.
KINDS = st.sampled_from([HEADING, PARAGRAPH])


def document(*content: Item, levels: tuple[int, ...] = (), pages: tuple[int, ...] = ()) -> Document:
    draft = Draft(LIMITS)
    for at, (kind, text) in enumerate(content):
        level = levels[at] if levels else None
        draft.add(text, kind, level=level, page=pages[at] if pages else None)
    return draft.finish("text/plain")


def shown(found: Document) -> list[Item]:
    return [(block.kind, found.text[block.start : block.end]) for block in found.blocks]


def read_back(written: Document, folder: Path) -> Document:
    path = folder / "written.md"
    path.write_text(as_markdown(written))
    return markdown.read(path, LIMITS)


@given(content=st.lists(st.tuples(KINDS, LINE), min_size=1, max_size=6))
def test_headings_and_paragraphs_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, content: list[Item]
) -> None:
    written = document(*content)
    assert shown(read_back(written, tmp_path_factory.mktemp("md"))) == shown(written)


@given(rows=st.lists(st.lists(LINE, min_size=2, max_size=2), min_size=2, max_size=4))
def test_tables_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    written = document((TABLE, "\n".join("\t".join(row) for row in rows)))
    assert shown(read_back(written, tmp_path_factory.mktemp("md"))) == shown(written)


def test_levels_lists_and_lines_read_back(tmp_path: Path) -> None:
    content = [
        (HEADING, "关于做好防汛工作的通知"),
        (ITEM, "1. the first"),
        (ITEM, "2. the second"),
        (ITEM, "a thing"),
        (ITEM, "（一）另一件事"),
        (PARAGRAPH, "One line.\nAnother line."),
        (PARAGRAPH, "1. no list"),
        (HEADING, "two\nlines"),
    ]
    written = document(*content, levels=(1, 0, 0, 0, 0, 0, 0, 3))
    found = read_back(written, tmp_path)
    assert shown(found) == content
    assert [block.level for block in found.blocks if block.kind is HEADING] == [1, 3]


def test_a_ragged_table_keeps_every_cell() -> None:
    written = as_markdown(document((TABLE, "a|b\nc\td\te")))
    assert written == "| a\\|b |  |  |\n| --- | --- | --- |\n| c | d | e |\n"


def test_pages_are_marked_where_they_were_asked_for(tmp_path: Path) -> None:
    content = [(PARAGRAPH, word) for word in ("one", "two", "three")]
    written = document(*content, pages=(1, 1, 2))
    marked = as_markdown(written, page_breaks=True)
    assert marked == "<!-- page 1 -->\n\none\n\ntwo\n\n<!-- page 2 -->\n\nthree\n"
    path = tmp_path / "marked.md"
    path.write_text(marked)
    assert shown(markdown.read(path, LIMITS)) == content
    assert "page" not in as_markdown(written)


def test_a_document_without_blocks_is_empty() -> None:
    assert as_markdown(Document("", (), "text/plain")) == ""


def test_a_heading_of_no_known_level_gets_the_second() -> None:
    blocks = (Block(0, 1, HEADING), Block(3, 4, HEADING, level=9))
    assert as_markdown(Document("a\n\nb", blocks, "text/plain")) == "## a\n\n###### b\n"


def test_a_table_with_one_long_row_stays_small() -> None:
    written = document((TABLE, "\t".join("a" * 5_000) + "\na" * 5_000))
    assert len(as_markdown(written)) < 20 * len(written.text)


def test_spans_and_heads_of_several_rows_are_written_in_html_and_read_back(tmp_path: Path) -> None:
    grid = Grid(head_rows=2)
    grid.add_row([("地区", 2, 1), ("面积<亩>", 1, 2)])
    grid.add_row([("耕地", 1, 1), ("林地 & 草地", 1, 1)])
    grid.add_row([("东", 1, 1), ("3", 1, 1), ("合计", 2, 1)])
    grid.add_row([("西", 1, 1), ("5", 1, 1)])
    draft = Draft(LIMITS)
    draft.add_table(grid)
    written = draft.finish("text/plain")
    assert as_markdown(written).startswith(
        '<table>\n<thead>\n<tr><th rowspan="2">地区</th><th colspan="2">面积&lt;亩&gt;</th></tr>\n'
        "<tr><th>耕地</th><th>林地 &amp; 草地</th></tr>\n</thead>\n<tbody>\n"
    )
    found = read_back(written, tmp_path)
    assert (found.text, found.tables) == (written.text, written.tables)
