"""Reads the rows of a document: JSON, JSON lines, CSV, or the first sheet of a workbook."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from documents.document import BlockKind, Document
from documents.limits import ReadLimits
from documents.readers import sheets
from documents.readers.markdown import MEDIA_TYPE as MARKDOWN
from documents.readers.text import MEDIA_TYPE as TEXT
from documents.readers.text import decoded
from documents.source import FileResult
from tasks.errors import OptionsInvalid
from tasks.references import DocumentRef

_LINES = (TEXT, MARKDOWN)


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `where` is its position for error messages, such as `line 3`."""

    where: str
    values: Mapping[str, Any]


def as_written(path: Path, _: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """The text of a file with its original lines.

    Reading a document joins lines into paragraphs, which would destroy CSV and JSON lines.
    """
    return FileResult({"text": decoded(path, limits)})


async def text_or_workbook(reference: DocumentRef, what: str) -> str | Document:
    """The text of the named document, or the document itself if it is a workbook.

    `what` is the name of the option, for error messages.

    Raises `OptionsInvalid` for other formats, and what reading raises.
    """
    document = reference.document
    if document.media_type in sheets.MEDIA_TYPES:
        return document
    if document.media_type not in _LINES:
        raise OptionsInvalid(
            f"The document that `{what}` names is not JSON, JSON lines, CSV or a workbook."
        )
    if reference.text is not None:
        return reference.text
    if document.source is None:
        return document.text
    made = await document.source.work("as_written", {})
    return str(made.values["text"])


def rows(source: str | Document, what: str) -> list[Row]:
    """Raises `OptionsInvalid`, which names the line."""
    if isinstance(source, Document):
        return list(_sheet_rows(source))
    text = source.lstrip("\ufeff")
    first = text.lstrip()[:1]
    try:
        if first == "[":
            return list(_array_rows(text, what))
        return list(_json_line_rows(text, what) if first == "{" else _csv_rows(text, what))
    except RecursionError:
        raise OptionsInvalid(f"The JSON of `{what}` is nested too deeply.") from None


def _array_rows(text: str, what: str) -> Iterator[Row]:
    try:
        values = json.loads(text, strict=False)
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise OptionsInvalid(f"`{what}` is not valid JSON at line {line}.") from None
    for index, value in enumerate(values):
        yield _row(f"entry {index + 1}", value, what)


def _json_line_rows(text: str, what: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, strict=False)
        except ValueError:
            raise OptionsInvalid(f"`{what}`, line {number}: it is not valid JSON.") from None
        yield _row(f"line {number}", value, what)


def _row(where: str, value: Any, what: str) -> Row:
    if not isinstance(value, dict):
        raise OptionsInvalid(f"`{what}`, {where}: it is not a JSON object.")
    return Row(where, value)


def _csv_rows(text: str, what: str) -> Iterator[Row]:
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",\t;", key=first.count)
    reader = csv.DictReader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter)
    skipped = text[: len(text) - len(text.lstrip())].count("\n")
    try:
        for values in reader:
            named = {name.strip(): value for name, value in values.items() if name and value}
            yield Row(f"line {reader.line_num + skipped}", named)
    except csv.Error:
        raise OptionsInvalid(
            f"`{what}`, line {reader.line_num + 1 + skipped}: it is not valid CSV."
        ) from None


def _sheet_rows(document: Document) -> Iterator[Row]:
    """The rows of the first sheet, numbered without empty rows. The first row has the names."""
    lines: list[str] = []
    for block in document.blocks:
        if block.kind is BlockKind.heading and lines:
            break
        if block.kind is BlockKind.table:
            lines += document.text[block.start : block.end].split("\n")
    names = [name.strip() for name in lines[0].split("\t")] if lines else []
    for number, line in enumerate(lines[1:], start=2):
        values = zip(names, line.split("\t"), strict=False)
        yield Row(f"row {number}", {name: value for name, value in values if name and value})
