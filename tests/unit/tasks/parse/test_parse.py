from __future__ import annotations

from documents.document import Block, BlockKind, Document
from documents.table import Table, TablePart
from standin.scripted_engine import ScriptedEngine
from tasks.parse import ParseOptions, ParseResult, parse
from tests.unit.tasks.documents import document

SCAN = Document(
    "Notice\n\nThe square is cleaned.\n\nWritten.",
    (
        Block(0, 6, BlockKind.heading, 1, (10, 10, 60, 20), 1, 0.99),
        Block(8, 30, BlockKind.paragraph, 1, (10, 30, 90, 40), None, 0.7),
        Block(32, 40, BlockKind.paragraph, 3, (10, 10, 90, 20)),
    ),
    "application/pdf",
    4,
    (2, 4),
)


async def parsed(source: Document, **options: bool) -> ParseResult:
    engine = ScriptedEngine(lambda _: "")
    result = await parse(source, ParseOptions(**options), engine)
    assert engine.requests == []
    return result


async def test_the_offsets_of_blocks_refer_to_the_text() -> None:
    result = await parsed(document("Title", "One two.", headings=1))
    assert result.markdown == "## Title\n\nOne two.\n"
    assert result.text is not None
    assert result.blocks is not None
    words = [result.text[block.start : block.end] for block in result.blocks]
    assert words == ["Title", "One two."]
    assert (result.characters, result.words) == (len(result.text), 3)
    assert result.kinds == {BlockKind.heading: 1, BlockKind.paragraph: 1}
    assert (result.ocr, result.unread_pages, result.pages) == (None, [], None)


async def test_pages_read_by_ocr_and_unread_pages_are_reported() -> None:
    result = await parsed(SCAN, page_breaks=True)
    assert result.unread_pages == [2, 4]
    assert result.ocr is not None
    assert (result.ocr.pages, result.ocr.doubtful_blocks) == ([1], 1)
    assert result.ocr.confidence == round((6 * 0.99 + 22 * 0.7) / 28, 4)
    assert result.markdown.startswith("<!-- page 1 -->\n\n# Notice")
    assert "<!-- page 3 -->" in result.markdown


async def test_blocks_can_be_left_out() -> None:
    result = await parsed(SCAN, blocks=False)
    assert (result.text, result.blocks) == (None, None)
    assert "square" in result.markdown


async def test_a_table_over_two_pages_names_the_place_of_each_part() -> None:
    parts = (TablePart(0, 0, 1, (10, 700, 90, 800)), TablePart(1, 4, 2, (10, 60, 90, 80)))
    source = Document(
        "a\tb\nc\td",
        (Block(0, 7, BlockKind.table, 1, (10, 700, 90, 800)),),
        "application/pdf",
        2,
        tables=(Table(0, (), 0, "", parts),),
    )
    result = await parsed(source)
    assert result.tables is not None
    assert [part.model_dump() for part in result.tables[0].parts] == [
        {"page": 1, "row": 0, "box": (10, 700, 90, 800)},
        {"page": 2, "row": 1, "box": (10, 60, 90, 80)},
    ]
    assert (source.page_at(2), source.page_at(4)) == (1, 2)
