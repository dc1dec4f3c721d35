"""Converts a document to Markdown, with the position of every block. Uses no model."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Block, BlockKind, Document
from documents.isolation.compute import compute
from tasks.engine import Engine
from tasks.parse.markdown_writer import as_markdown
from tasks.parse.parts import ParsedTable, parsed_tables
from tasks.seals import SealItem, seal_items
from tasks.task import Task
from tasks.text.words import count_words
from tasks.unread import UnreadItem, unread_items

# Correctly recognised text has a confidence above 0.95 (bench/quality/ocr.py).
DOUBTFUL = 0.9
# A millisecond of the event loop; then others have as long.
_BLOCKS_AT_ONCE = 200


class ParseOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"blocks": True}})

    blocks: bool = Field(True, description="Return the text and the position of each block.")
    page_breaks: bool = Field(
        False, description="Mark the start of each page in the Markdown, as `<!-- page 2 -->`."
    )


class ParsedBlock(BaseModel):
    kind: BlockKind = Field(description="The kind of block.")
    start: int = Field(description="Offset of its first character in `text`, from 0.")
    end: int = Field(description="Offset after its last character in `text`.")
    page: int | None = Field(description="The page, from 1; null if the format has no pages.")
    box: tuple[float, float, float, float] | None = Field(
        description="Left, top, right and bottom in points from the top left corner of the page; "
        "null if the format has no positions."
    )
    level: int | None = Field(description="The level of a heading, from 1; null if unknown.")
    confidence: float | None = Field(
        description="Confidence of OCR in the characters, from 0 to 1; null without OCR."
    )


class OcrSummary(BaseModel):
    """The results of OCR."""

    pages: list[int] = Field(description="The pages on which OCR recognised text, from 1.")
    confidence: float = Field(description="Average confidence of a character, from 0 to 1.")
    doubtful_blocks: int = Field(
        description=f"Number of blocks with a confidence below {DOUBTFUL}. A person should check "
        "them."
    )


class ParseResult(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "markdown": "## Notice\n\nThe square is cleaned on 3 May.\n",
                "text": "Notice\n\nThe square is cleaned on 3 May.",
                "blocks": [
                    {
                        "kind": "heading",
                        "start": 0,
                        "end": 6,
                        "page": 1,
                        "box": [72, 72, 130, 90],
                        "level": None,
                        "confidence": 0.99,
                    },
                    {
                        "kind": "paragraph",
                        "start": 8,
                        "end": 39,
                        "page": 1,
                        "box": [72, 100, 260, 112],
                        "level": None,
                        "confidence": 0.98,
                    },
                ],
                "media_type": "image/png",
                "pages": 1,
                "unread_pages": [],
                "unread": [],
                "seals": [],
                "tables": None,
                "ocr": {"pages": [1], "confidence": 0.98, "doubtful_blocks": 0},
                "characters": 39,
                "words": 8,
                "kinds": {"heading": 1, "paragraph": 1},
            }
        }
    )

    markdown: str = Field(
        description="The document in Markdown (CommonMark with tables). A heading of unknown level "
        "gets level 2."
    )
    text: str | None = Field(
        description="The document's text, to which the offsets of all tasks refer; null unless "
        "`blocks` is true."
    )
    blocks: list[ParsedBlock] | None = Field(
        description="The blocks in reading order; null unless `blocks` is true."
    )
    media_type: str = Field(description="The format, detected from the bytes.")
    pages: int | None = Field(description="Number of pages; null if the format has none.")
    unread_pages: list[int] = Field(
        description="Pages, from 1, that are images and were not read. Their text is missing."
    )
    unread: list[UnreadItem] = Field(
        description="What was on a page and was not read: its kind, place and the reason."
    )
    seals: list[SealItem] = Field(description="Seals, and electronic seals and signatures.")
    tables: list[ParsedTable] | None = Field(
        description="Tables with cells that span others, with known headers, with values that "
        "the text shows in another form, or with parts on several pages; null unless `blocks` is "
        "true."
    )
    ocr: OcrSummary | None = Field(description="The results of OCR; null if it recognised nothing.")
    characters: int = Field(description="Length of `text`.")
    words: int = Field(
        description="Number of words in `text`. A Chinese character counts as a word."
    )
    kinds: dict[BlockKind, int] = Field(description="Number of blocks of each kind.")


async def parse(document: Document, options: ParseOptions, engine: Engine) -> ParseResult:  # noqa: ARG001 - the signature of every task
    written = await compute(write, document, page_breaks=options.page_breaks)
    return ParseResult.model_construct(
        markdown=written.markdown,
        text=document.text if options.blocks else None,
        blocks=await _parsed_blocks(document) if options.blocks else None,
        media_type=document.media_type,
        pages=document.pages,
        unread_pages=list(document.unread_pages),
        unread=unread_items(document),
        seals=seal_items(document),
        tables=await compute(parsed_tables, document) if options.blocks else None,
        ocr=written.ocr,
        characters=len(document.text),
        words=written.words,
        kinds=written.kinds,
    )


class Written(NamedTuple):
    """What takes time to derive from a document."""

    markdown: str
    words: int
    kinds: dict[BlockKind, int]
    ocr: OcrSummary | None


def write(document: Document, *, page_breaks: bool) -> Written:
    return Written(
        markdown=as_markdown(document, page_breaks=page_breaks),
        words=count_words(document.text),
        kinds=dict(Counter(block.kind for block in document.blocks)),
        ocr=_ocr_summary(document),
    )


async def _parsed_blocks(document: Document) -> list[ParsedBlock]:
    """The blocks, in turns with other work: a process would have to send them back."""
    parsed: list[ParsedBlock] = []
    for start in range(0, len(document.blocks), _BLOCKS_AT_ONCE):
        began = time.monotonic()
        parsed += map(_parsed_block, document.blocks[start : start + _BLOCKS_AT_ONCE])
        if len(document.blocks) > _BLOCKS_AT_ONCE:
            await asyncio.sleep(time.monotonic() - began)
    return parsed


def _parsed_block(block: Block) -> ParsedBlock:
    return ParsedBlock(
        kind=block.kind,
        start=block.start,
        end=block.end,
        page=block.page,
        box=block.box,
        level=block.level,
        confidence=block.confidence,
    )


def _ocr_summary(document: Document) -> OcrSummary | None:
    recognised = [
        (block, block.confidence) for block in document.blocks if block.confidence is not None
    ]
    if not recognised:
        return None
    characters = sum(block.end - block.start for block, _ in recognised)
    weighted = sum((block.end - block.start) * confidence for block, confidence in recognised)
    return OcrSummary(
        pages=sorted({block.page for block, _ in recognised if block.page is not None}),
        confidence=round(weighted / characters, 4),
        doubtful_blocks=sum(confidence < DOUBTFUL for _, confidence in recognised),
    )


TASK = Task(
    name="parse",
    version="1",
    description="Convert a document of any format, including scanned pages, to Markdown and blocks "
    "with positions. Reports pages that were not read. Uses no model.",
    options=ParseOptions,
    result=ParseResult,
    run=parse,
    takes_unread=True,
)
