"""A document as Markdown: CommonMark with tables, that reads back as what it was."""

from __future__ import annotations

import re

from documents.document import Block, BlockKind, Document

_MOST_LEVEL = 6
_UNKNOWN_LEVEL = 2
# What Markdown would take for markup wherever it stands in a line.
_MARKUP = re.compile(r"[\\`*_\[<~]|&(?=#?[0-9A-Za-z]+;)|!(?=\[)")
# And what it would where a line begins.
_START = re.compile(
    r"(?P<sign>#{1,6}(?=[ \t]|$)|>|[-+](?=[ \t]|$)|=+[ \t]*$|-+[ \t]*$|:?-[-:| \t]*$|\|)"
)
_NUMBER = re.compile(r"(?P<digits>[0-9]{1,9})(?P<sign>[.)])(?=[ \t]|$)")
_LISTED = re.compile(r"[0-9]{1,9}[.)] +\S")


def as_markdown(document: Document, *, page_breaks: bool = False) -> str:
    """The blocks of a document as Markdown, with a line's end after the last.

    A heading of no known level gets the second. The first row of a table is its heading, since
    Markdown knows no other. With `page_breaks` a comment stands before each page's first block.
    """
    parts: list[str] = []
    page: int | None = None
    for block in document.blocks:
        if page_breaks and block.page is not None and block.page != page:
            page = block.page
            parts.append(f"<!-- page {page} -->")
        text = document.text[block.start : block.end]
        parts.append(_written(block, text))
    return "\n\n".join(parts) + "\n" if parts else ""


def _written(block: Block, text: str) -> str:
    if block.kind is BlockKind.heading:
        return "#" * min(block.level or _UNKNOWN_LEVEL, _MOST_LEVEL) + " " + _one_line(text)
    if block.kind is BlockKind.table:
        return _table(text)
    if block.kind is not BlockKind.list_item:
        return _lines(text, "")
    if _LISTED.match(text):
        number, rest = text.split(" ", 1)
        return f"{number} {_lines(rest.lstrip(), ' ' * (len(number) + 1))}"
    return f"- {_lines(text, '  ')}"


def _one_line(text: str) -> str:
    line = "<br>".join(_escaped(part.strip()) for part in text.split("\n"))
    return re.sub(r"#+$", lambda match: "\\#" * len(match.group()), line)


def _lines(text: str, indent: str) -> str:
    """A paragraph whose lines stay lines."""
    return f"\\\n{indent}".join(_begun(part.strip(" \t")) for part in text.split("\n"))


def _table(text: str) -> str:
    rows = [row.split("\t") for row in text.split("\n")]
    columns = max(len(row) for row in rows)
    head, *body = [_row(row + [""] * (columns - len(row))) for row in rows]
    return "\n".join([head, "|" + " --- |" * columns, *body])


def _row(cells: list[str]) -> str:
    shown = (_escaped(cell.strip()).replace("|", "\\|") for cell in cells)
    return "| " + " | ".join(shown) + " |"


def _begun(line: str) -> str:
    """A line that begins as words do, and not as a list or a heading."""
    escaped = _escaped(line)
    numbered = _NUMBER.match(escaped)
    if numbered:
        return f"{numbered['digits']}\\{escaped[numbered.start('sign') :]}"
    return f"\\{escaped}" if _START.match(escaped) else escaped


def _escaped(text: str) -> str:
    return _MARKUP.sub(lambda match: "\\" + match.group(), text)
