"""Reads single lines of a batch's input file that were checked when the file was indexed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from jobs.batches.input.lines import Line, LineProblemError, LineUrl, parse_line
from jobs.model.job import InputLine
from jobs.model.roles import ModelChoice
from jobs.store import Store


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
    """The header, without validating the line again. None if the file is missing or damaged."""
    [data] = await store.slices([(line.blob, line.offset, line.length)])
    try:
        return _header(from_json(data)) if data is not None else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


async def read_lines(store: Store, lines: Sequence[InputLine]) -> Sequence[Line | None]:
    """The lines, to be run; None for a line whose file is missing or damaged."""
    slices = await store.slices([(line.blob, line.offset, line.length) for line in lines])
    parsed = []
    for data, line in zip(slices, lines, strict=True):
        parsed.append(_parse(data, line.number))
        await asyncio.sleep(0)  # a line may have megabytes, which take milliseconds each
    return parsed


def _header(line: Mapping[str, Any]) -> LineHeader:
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
