"""Checks what a process has answered: a document may have taken it over."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import structlog

from documents.document import Block, BlockKind, Document, Seal, Unread
from documents.errors import ComputeTooLarge
from documents.isolation import call
from documents.isolation.failures import Failures
from documents.isolation.protocol import BROKEN, NO_FILE, OUT_OF_MEMORY, TOO_LARGE
from documents.source import FileResult
from documents.table import Span, Table, TablePart

T = TypeVar("T")
log = structlog.get_logger()

# How many blocks are built before others have turns on the event loop, for as long as that took:
# about half a millisecond.
_BLOCKS_AT_ONCE = 500


class Malformed(Exception):
    """A response that no process of ours gives."""


def raise_error(response: Mapping[str, Any], failures: Failures) -> None:
    """Raise the error that a response reports, if any."""
    code = response.get("error")
    if code is None:
        return
    if code == OUT_OF_MEMORY:
        kind, detail = failures.too_large
        raise kind(detail)
    if code == TOO_LARGE:
        raise ComputeTooLarge("The result is larger than allowed. Split the document.")
    if code == NO_FILE and isinstance(number := response.get("errno"), int):
        raise OSError(number, os.strerror(number))
    if code == BROKEN:
        log.error("process.defect", what=response.get("what"), where=response.get("where"))
        kind, detail = failures.broken
        raise kind(detail)
    error = call.error_of(str(code), str(response.get("detail")))
    if error is None:
        raise Malformed
    raise error


async def document(response: Mapping[str, Any]) -> Document:
    """Raises `Malformed`."""
    try:
        blocks: list[Block] = []
        rows = response["blocks"]
        for start in range(0, len(rows), _BLOCKS_AT_ONCE):
            began = time.monotonic()
            blocks.extend(map(_block, rows[start : start + _BLOCKS_AT_ONCE]))
            if len(rows) > _BLOCKS_AT_ONCE:
                await asyncio.sleep(time.monotonic() - began)
        pages, unread = response["pages"], response["unread_pages"]
        return Document(
            _of(str, response["text"]),
            tuple(blocks),
            _of(str, response["media_type"]),
            None if pages is None else _of(int, pages),
            tuple(_of(int, page) for page in unread),
            tuple(_unread(row) for row in response["unread"]),
            tuple(_seal(row) for row in response["seals"]),
            tuple(_table(row) for row in response["tables"]),
            scans=_of(str, response["scans"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed from error


def file_result(response: Mapping[str, Any]) -> FileResult:
    """Raises `Malformed`."""
    try:
        return FileResult(_of(dict, response["values"]), response.get("data"))
    except (KeyError, TypeError) as error:
        raise Malformed from error


def result(response: Mapping[str, Any], function: Callable[..., Any]) -> Any:
    """Raises `Malformed`."""
    try:
        return call.result_of(function, response["data"])
    except KeyError as error:
        raise Malformed from error
    except ValueError as error:
        # The places at which it does not fit, for the defect of a function.
        log.error("process.result_invalid", function=function.__qualname__, why=str(error))  # noqa: TRY400 - the trace may quote the result
        raise Malformed from None


def _block(row: Any) -> Block:
    start, end, kind, page, box, level, confidence = row
    return Block(start, end, BlockKind(kind), page, tuple(box) if box else None, level, confidence)


def _unread(row: Any) -> Unread:
    what, where, reason, page, box = row
    box = tuple(box) if box else None
    return Unread(_of(str, what), _of(str, where), _of(str, reason), page, box)


def _seal(row: Any) -> Seal:
    shape, text, page, box, confidence, holds = row
    box = tuple(box) if box else None
    return Seal(_of(str, shape), _of(str, text), page, box, confidence, holds)


def _table(row: Any) -> Table:
    start, spans, head_rows, raw, parts = row
    placed = tuple(Span(*span) for span in spans)
    on_pages = tuple(
        TablePart(first, offset, page, tuple(box)) for first, offset, page, box in parts
    )
    return Table(_of(int, start), placed, _of(int, head_rows), _of(str, raw), on_pages)


def _of(kind: type[T], value: Any) -> T:
    if not isinstance(value, kind):
        raise TypeError(kind.__name__)
    return value
