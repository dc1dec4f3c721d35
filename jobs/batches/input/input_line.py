"""Reads single lines of a batch's input file that were checked when the file was indexed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from jobs.batches.batch import LineUrl
from jobs.batches.input.lines import Line, LineProblemError, parse_line
from jobs.model.job import InputLine
from jobs.model.roles import ModelChoice
from jobs.store import Store

# A thread for each line costs more than the reading of a short one.
READ_TOGETHER_BYTES = 1024 * 1024
# 0.1 ms of parsing.
LONG_LINE_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class LineHeader:
    """The members of a line that appear in its job's view and in the output file."""

    custom_id: str
    is_chat: bool = False
    model: ModelChoice | None = None
    document_id: str | None = None
    callback_url: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


async def read_header(store: Store, line: InputLine) -> LineHeader | None:
    """The header of one line; see `read_headers`."""
    [header] = [each async for each in read_headers(store, [line])]
    return header


async def read_headers(
    store: Store, lines: Sequence[InputLine | None]
) -> AsyncIterator[LineHeader | None]:
    """The headers, without validating the lines again. None for a line that is None or whose file
    is missing or damaged.

    Lines are read together, up to `READ_TOGETHER_BYTES`.
    """
    first = 0
    while first < len(lines):
        end, size = first, 0
        while end < len(lines) and (end == first or size < READ_TOGETHER_BYTES):
            size += _length(lines[end])
            end += 1
        together = [line for line in lines[first:end] if line is not None]
        slices = iter(
            await store.slices([(line.blob, line.offset, line.length) for line in together])
        )
        for line in lines[first:end]:
            yield _header(next(slices)) if line is not None else None
        first = end


async def read_lines(store: Store, lines: Sequence[InputLine]) -> Sequence[Line | None]:
    """The lines, to be run; None for a line whose file is missing or damaged."""
    slices = await store.slices([(line.blob, line.offset, line.length) for line in lines])
    parsed = []
    for data, line in zip(slices, lines, strict=True):
        parsed.append(_parse(data, line.number))
        if line.length > LONG_LINE_BYTES:
            await asyncio.sleep(0)  # a line may have megabytes, which take milliseconds each
    return parsed


def _length(line: InputLine | None) -> int:
    return line.length if line is not None else 0


def _header(data: bytes | None) -> LineHeader | None:
    try:
        return _header_of(from_json(data)) if data is not None else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _header_of(line: Mapping[str, Any]) -> LineHeader:
    if line["url"] == LineUrl.chat:
        return LineHeader(line["custom_id"], is_chat=True)
    body = line["body"]
    return LineHeader(
        custom_id=line["custom_id"],
        model=ModelChoice(body["model"]) if body.get("model") else None,
        document_id=body["input"].get("document_id"),
        callback_url=body.get("callback_url"),
        metadata=body.get("metadata", {}),
    )


def _parse(data: bytes | None, number: int) -> Line | None:
    try:
        return parse_line(data, number, checked=True) if data is not None else None
    except LineProblemError:
        return None
