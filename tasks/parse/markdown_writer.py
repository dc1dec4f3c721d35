"""Writes a document as Markdown (CommonMark with tables), so that it can be read back unchanged."""

from __future__ import annotations

import html
import re

from documents.document import Block, BlockKind, Document
from documents.table import Span, Table

_MOST_LEVEL = 6
_UNKNOWN_LEVEL = 2
# Markup anywhere in a line.
_MARKUP = re.compile(r"[\\`*_\[<~]|&(?=#?[0-9A-Za-z]+;)|!(?=\[)")
# Markup at the start of a line.
_START = re.compile(
    r"(?P<sign>#{1,6}(?=[ \t]|$)|>|[-+](?=[ \t]|$)|=+[ \t]*$|-+[ \t]*$|:?-[-:| \t]*$|\|)"
)
_NUMBER = re.compile(r"(?P<digits>[0-9]{1,9})(?P<sign>[.)])(?=[ \t]|$)")
_NUMBERED_ITEM = re.compile(r"[0-9]{1,9}[.)] +\S")


def as_markdown(document: Document, *, page_breaks: bool = False) -> str:
    """The blocks of a document as Markdown, with a final line feed.

    A heading of unknown level gets level 2. The first row of a table becomes its header, which
    Markdown requires; a table with cells that span others or with several rows of headers is
    written in HTML. `page_breaks` adds a comment before the first block of each page.
    """
    parts: list[str] = []
    tables = {table.start: table for table in document.tables}
    page: int | None = None
    for block in document.blocks:
        if page_breaks and block.page is not None and block.page != page:
            page = block.page
            parts.append(f"<!-- page {page} -->")
        text = document.text[block.start : block.end]
        table = tables.get(block.start)
        if table is not None and (table.spans or table.head_rows > 1):
            parts.append(_html_table(text, table))
        else:
            parts.append(_markdown(block, text))
    return "\n\n".join(parts) + "\n" if parts else ""


def _markdown(block: Block, text: str) -> str:
    if block.kind is BlockKind.heading:
        return "#" * min(block.level or _UNKNOWN_LEVEL, _MOST_LEVEL) + " " + _one_line(text)
    if block.kind is BlockKind.table:
        return _table(text)
    if block.kind is not BlockKind.list_item:
        return _lines(text, "")
    if _NUMBERED_ITEM.match(text):
        number, rest = text.split(" ", 1)
        return f"{number} {_lines(rest.lstrip(), ' ' * (len(number) + 1))}"
    return f"- {_lines(text, '  ')}"


def _one_line(text: str) -> str:
    line = "<br>".join(_escaped(part.strip()) for part in text.split("\n"))
    return re.sub(r"(?<!#)#++$", lambda match: "\\#" * len(match.group()), line)


def _lines(text: str, indent: str) -> str:
    """A paragraph with hard line breaks."""
    return f"\\\n{indent}".join(_line(part.strip(" \t")) for part in text.split("\n"))


def _table(text: str) -> str:
    rows = [row.split("\t") for row in text.split("\n")]
    columns = max(len(row) for row in rows)
    # Only the header needs all cells: with many rows and one long row, the others would make a
    # small table large.
    head, *body = [_row(row) for row in (rows[0] + [""] * (columns - len(rows[0])), *rows[1:])]
    return "\n".join([head, "|" + " --- |" * columns, *body])


def _html_table(text: str, table: Table) -> str:
    spans = {(span.row, span.column): span for span in table.spans}
    covered: dict[int, int] = {}  # by column, the row after the last one that a cell covers
    rows = []
    for row, line in enumerate(text.split("\n")):
        tag = "th" if row < table.head_rows else "td"
        cells = []
        for column, cell in enumerate(line.split("\t")):
            span = spans.get((row, column))
            if cell or span or covered.get(column, 0) <= row:
                cells.append(_html_cell(cell, span, tag))
            if span:
                over = range(column, column + span.columns)
                covered.update(dict.fromkeys(over, row + span.rows))
        rows.append("<tr>" + "".join(cells) + "</tr>")
    head, body = rows[: table.head_rows], rows[table.head_rows :]
    parts = ["<thead>", *head, "</thead>"] if head else []
    return "\n".join(["<table>", *parts, "<tbody>", *body, "</tbody>", "</table>"])


def _html_cell(text: str, span: Span | None, tag: str) -> str:
    rows = f' rowspan="{span.rows}"' if span and span.rows > 1 else ""
    columns = f' colspan="{span.columns}"' if span and span.columns > 1 else ""
    return f"<{tag}{rows}{columns}>{html.escape(text.strip(), quote=False)}</{tag}>"


def _row(cells: list[str]) -> str:
    escaped = (_escaped(cell.strip()).replace("|", "\\|") for cell in cells)
    return "| " + " | ".join(escaped) + " |"


def _line(line: str) -> str:
    """A line, escaped so that it does not start a list, a heading or the like."""
    escaped = _escaped(line)
    numbered = _NUMBER.match(escaped)
    if numbered:
        return f"{numbered['digits']}\\{escaped[numbered.start('sign') :]}"
    return f"\\{escaped}" if _START.match(escaped) else escaped


def _escaped(text: str) -> str:
    return _MARKUP.sub(lambda match: "\\" + match.group(), text)
