"""A document of any format as Markdown, with the place of every block. No model is asked."""

from __future__ import annotations

from collections import Counter

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Block, BlockKind, Document
from tasks.engine import Engine
from tasks.parse.markdown_writer import as_markdown
from tasks.task import Task
from tasks.text.words import count_words

DOUBTFUL = 0.9  # what OCR reads rightly has more than 0.95: bench/quality/ocr.py


class ParseOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"blocks": True}})

    blocks: bool = Field(True, description="Give the text and the place of each of its blocks.")
    page_breaks: bool = Field(
        False, description="Mark each page in the Markdown, as `<!-- page 2 -->`."
    )


class ParsedBlock(BaseModel):
    kind: BlockKind = Field(description="What the block is.")
    start: int = Field(description="Where it begins in `text`, in characters from 0.")
    end: int = Field(description="Where it ends in `text`, after its last character.")
    page: int | None = Field(description="Its page, from 1; null where there are no pages.")
    box: tuple[float, float, float, float] | None = Field(
        description="Left, top, right and bottom in points from the top left corner of the page; "
        "null where the format has no positions."
    )
    level: int | None = Field(description="A heading's, from 1; null where it is not known.")
    confidence: float | None = Field(
        description="How sure OCR was of the characters, from 0 to 1; null where none was needed."
    )


class Recognised(BaseModel):
    """What OCR did."""

    pages: list[int] = Field(description="The pages on which OCR read something, from 1.")
    confidence: float = Field(description="Of a character on average, from 0 to 1.")
    doubtful_blocks: int = Field(
        description=f"Blocks with a confidence below {DOUBTFUL}: a person should look at these."
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
                "ocr": {"pages": [1], "confidence": 0.98, "doubtful_blocks": 0},
                "characters": 39,
                "words": 8,
                "kinds": {"heading": 1, "paragraph": 1},
            }
        }
    )

    markdown: str = Field(
        description="The document in Markdown (CommonMark with tables). A heading of no known "
        "level gets the second."
    )
    text: str | None = Field(
        description="The document's text, which offsets of every task count in; null unless "
        "`blocks` was asked for."
    )
    blocks: list[ParsedBlock] | None = Field(
        description="The blocks in reading order; null unless `blocks` was asked for."
    )
    media_type: str = Field(description="The format, found from the bytes.")
    pages: int | None = Field(description="How many pages; null where there are none.")
    unread_pages: list[int] = Field(
        description="Pages, from 1, that are pictures and were not read: what they say is missing."
    )
    ocr: Recognised | None = Field(description="What OCR read; null where it read nothing.")
    characters: int = Field(description="How long `text` is.")
    words: int = Field(description="Words of `text`; a Chinese character counts as one.")
    kinds: dict[BlockKind, int] = Field(description="How many blocks there are of each kind.")


async def parse(document: Document, options: ParseOptions, engine: Engine) -> ParseResult:  # noqa: ARG001 - every task is given one
    return ParseResult(
        markdown=as_markdown(document, page_breaks=options.page_breaks),
        text=document.text if options.blocks else None,
        blocks=[_shown(block) for block in document.blocks] if options.blocks else None,
        media_type=document.media_type,
        pages=document.pages,
        unread_pages=list(document.unread_pages),
        ocr=_recognised(document),
        characters=len(document.text),
        words=count_words(document.text),
        kinds=dict(Counter(block.kind for block in document.blocks)),
    )


def _shown(block: Block) -> ParsedBlock:
    return ParsedBlock(
        kind=block.kind,
        start=block.start,
        end=block.end,
        page=block.page,
        box=block.box,
        level=block.level,
        confidence=block.confidence,
    )


def _recognised(document: Document) -> Recognised | None:
    sure = [(block, block.confidence) for block in document.blocks if block.confidence is not None]
    if not sure:
        return None
    characters = sum(block.end - block.start for block, _ in sure)
    weighted = sum((block.end - block.start) * confidence for block, confidence in sure)
    return Recognised(
        pages=sorted({block.page for block, _ in sure if block.page is not None}),
        confidence=round(weighted / characters, 4),
        doubtful_blocks=sum(confidence < DOUBTFUL for _, confidence in sure),
    )


TASK = Task(
    name="parse",
    version="1",
    description="Turn a document of any format into Markdown and blocks with their places, scanned "
    "pages too; says what was not read. No model is asked.",
    options=ParseOptions,
    result=ParseResult,
    run=parse,
    takes_unread=True,
)
