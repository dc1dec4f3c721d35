"""Estimates the tokens of a new batch from its documents' sizes, or from its file's first lines."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from jobs.batches.file import StoredFile
from jobs.batches.input.index import (
    ANSWER_TOKENS,
    CHARS_PER_TOKEN,
    document_tokens,
    estimate_tokens,
)
from jobs.batches.input.lines import Line, LineProblemError, LineUrl, parse_line
from jobs.ledger import Ledger
from jobs.store import Store

SAMPLE_LINES = 300
SAMPLE_BYTES = 2 * 1024 * 1024
SAMPLE_SECONDS = 0.2
_DOCUMENTS_PER_CALL = 1_000
_BOM = b"\xef\xbb\xbf"
_UNKNOWN_TASK = ""


@dataclass(slots=True)
class _Sample:
    """The valid lines at the start of a file, and the number of bytes that were read."""

    lines: list[Line] = field(default_factory=list)
    bytes: int = 0


class TokenEstimate:
    """Tokens by task, as the index of the batch will have them."""

    def __init__(self, ledger: Ledger, store: Store) -> None:
        self._ledger = ledger
        self._store = store

    async def of_documents(
        self, department: str, task: str, document_ids: Sequence[str]
    ) -> Mapping[str, int]:
        """One task on each document; documents that do not exist count nothing."""
        sizes = await self._sizes(department, document_ids)
        tokens = {one: document_tokens(size) + ANSWER_TOKENS for one, size in sizes.items()}
        return {task: sum(tokens.get(one, 0) for one in document_ids)}

    async def of_file(self, file: StoredFile, endpoint: LineUrl) -> Mapping[str, int]:
        """Extrapolated from the file's first lines."""
        [start] = await self._store.slices([(file.blobs[0], 0, SAMPLE_BYTES)])
        lines = _first_lines(start or b"", whole=file.bytes <= SAMPLE_BYTES)
        sample = await asyncio.to_thread(_sample, lines, endpoint, file.department)
        if not sample.bytes:
            return tokens_from_size(file.bytes, file.lines)
        ids = [one.document_id for one in sample.lines if one.document_id is not None]
        sizes = await self._sizes(file.department, ids)
        tokens = Counter[str]()
        for line in sample.lines:
            if line.document_id is None or line.document_id in sizes:
                tokens[line.task] += estimate_tokens(line, sizes.get(line.document_id or ""))
        share = sample.bytes / file.bytes
        return {task: round(amount / share) for task, amount in tokens.items()}

    async def _sizes(self, department: str, document_ids: Sequence[str]) -> Mapping[str, int]:
        ids, sizes = sorted(set(document_ids)), dict[str, int]()
        for start in range(0, len(ids), _DOCUMENTS_PER_CALL):
            some = ids[start : start + _DOCUMENTS_PER_CALL]
            sizes |= await self._ledger.documents.sizes(department, some)
        return sizes


def tokens_from_size(size: int, lines: int) -> Mapping[str, int]:
    """The estimate for a file that could not be sampled; `size` is in bytes."""
    return {_UNKNOWN_TASK: round(size / CHARS_PER_TOKEN) + lines * ANSWER_TOKENS}


def _sample(lines: Sequence[bytes], endpoint: LineUrl, department: str) -> _Sample:
    """Empty if the first line is longer than a sample, or the file does not exist."""
    sample, ends = _Sample(), time.monotonic() + SAMPLE_SECONDS
    for number, data in enumerate(lines, 1):
        sample.bytes += len(data)
        # An invalid line will be refused and costs nothing.
        with suppress(LineProblemError):
            sample.lines.append(parse_line(data, number, endpoint, department=department))
        if time.monotonic() > ends:
            break
    return sample


def _first_lines(start: bytes, *, whole: bool) -> Sequence[bytes]:
    """Lines with their line ends, without a last line that may be incomplete."""
    lines = start.removeprefix(_BOM).splitlines(keepends=True)
    return lines[:SAMPLE_LINES] if whole else lines[:-1][:SAMPLE_LINES]
