"""Tables in the result of `parse`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from documents.table import Table


class ParsedCell(BaseModel):
    text: str = Field(description="The cell's text.")
    row: int = Field(description="Its first row, from 0.")
    column: int = Field(description="Its first column, from 0.")
    rows: int = Field(1, description="How many rows it covers.")
    columns: int = Field(1, description="How many columns it covers.")
    raw: str | None = Field(
        None,
        description="The value that the file stores, where `text` shows it in another form, such "
        "as `0.853` for `85.30%`; null if it does not.",
    )


class ParsedTablePart(BaseModel):
    """The part of a table on one page."""

    model_config = ConfigDict(from_attributes=True)

    page: int = Field(description="The page, from 1.")
    row: int = Field(
        description="The first row that begins on the page, from 0. The row before it may end "
        "there. A head that the page repeats is left out."
    )
    box: tuple[float, float, float, float] = Field(
        description="Left, top, right and bottom on that page in points."
    )


class ParsedTable(BaseModel):
    """A table with cells that span others, known headers, values in another form, or parts on
    several pages.
    """

    start: int = Field(description="Offset of its block in `text`.")
    head_rows: int = Field(description="How many rows at the top are headers; 0 if unknown.")
    cells: list[ParsedCell] = Field(description="Its cells with text or a span, row by row.")
    parts: list[ParsedTablePart] = Field(
        default_factory=list,
        description="Where it stands, if it goes on over several pages; empty if it does not.",
    )


def parsed_tables(document: Document) -> list[ParsedTable]:
    ends = {block.start: block.end for block in document.blocks}
    return [
        _parsed(table, document.text[table.start : ends[table.start]]) for table in document.tables
    ]


def _parsed(table: Table, text: str) -> ParsedTable:
    spans = {(span.row, span.column): (span.rows, span.columns) for span in table.spans}
    raw = [line.split("\t") for line in table.raw.split("\n")]
    cells = []
    for row, line in enumerate(text.split("\n")):
        values = raw[row] if row < len(raw) else []
        for column, cell in enumerate(line.split("\t")):
            rows, columns = spans.get((row, column), (1, 1))
            if cell or (row, column) in spans:
                value = values[column] if column < len(values) else ""
                cells.append(
                    ParsedCell(
                        text=cell, row=row, column=column, rows=rows, columns=columns,
                        raw=value or None,
                    )
                )  # fmt: skip
    parts = [ParsedTablePart.model_validate(part) for part in table.parts]
    return ParsedTable(start=table.start, head_rows=table.head_rows, cells=cells, parts=parts)
