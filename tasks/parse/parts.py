"""Seals and tables in the result of `parse`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from documents.table import Table


class ParsedSeal(BaseModel):
    """A seal on a page, or an electronic seal or signature of the file."""

    model_config = ConfigDict(from_attributes=True)

    shape: str = Field(description="`round`, `oval`, `rectangle` or `electronic`.")
    text: str = Field(description="The text of its ring, or the name of its signer.")
    page: int | None = Field(None, description="The page, from 1; null if unknown.")
    box: tuple[float, float, float, float] | None = Field(
        None, description="Left, top, right and bottom in points; null if unknown."
    )
    confidence: float | None = Field(
        None, description="Confidence of OCR, from 0 to 1; null without OCR."
    )
    digest_holds: bool | None = Field(
        None,
        description="Whether the file is the one that was signed; null if that was not checked. "
        "The chain of certificates is never verified.",
    )


class ParsedCell(BaseModel):
    text: str = Field(description="The cell's text.")
    row: int = Field(description="Its first row, from 0.")
    column: int = Field(description="Its first column, from 0.")
    rows: int = Field(1, description="How many rows it covers.")
    columns: int = Field(1, description="How many columns it covers.")


class ParsedTable(BaseModel):
    """A table with cells that span others, or with known headers."""

    start: int = Field(description="Offset of its block in `text`.")
    head_rows: int = Field(description="How many rows at the top are headers; 0 if unknown.")
    cells: list[ParsedCell] = Field(description="Its cells with text or a span, row by row.")


def parsed_seals(document: Document) -> list[ParsedSeal]:
    return [ParsedSeal.model_validate(one) for one in document.seals]


def parsed_tables(document: Document) -> list[ParsedTable]:
    ends = {block.start: block.end for block in document.blocks}
    return [
        _parsed(table, document.text[table.start : ends[table.start]]) for table in document.tables
    ]


def _parsed(table: Table, text: str) -> ParsedTable:
    spans = {(span.row, span.column): (span.rows, span.columns) for span in table.spans}
    cells = []
    for row, line in enumerate(text.split("\n")):
        for column, cell in enumerate(line.split("\t")):
            rows, columns = spans.get((row, column), (1, 1))
            if cell or (row, column) in spans:
                cells.append(
                    ParsedCell(text=cell, row=row, column=column, rows=rows, columns=columns)
                )
    return ParsedTable(start=table.start, head_rows=table.head_rows, cells=cells)
