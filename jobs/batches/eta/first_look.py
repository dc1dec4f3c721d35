"""What a batch may cost, before its file is read: from its documents, or the file's first lines."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

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
_DOCUMENTS_AT_ONCE = 1_000
_BOM = b"\xef\xbb\xbf"
_UNREAD = ""  # the task of lines that nobody has looked at


@dataclass(slots=True)
class _Sample:
    """The lines at a file's start that fit, and how many of its bytes were looked at."""

    lines: list[Line] = field(default_factory=list)
    bytes: int = 0


class FirstLook:
    def __init__(self, ledger: Ledger, store: Store) -> None:
        self._ledger = ledger
        self._store = store

    async def at_documents(
        self, department: str, task: str, document_ids: Sequence[str]
    ) -> Mapping[str, int]:
        """Tokens by task, as the index will have them; documents that are not there have none."""
        sizes = await self._sizes(department, document_ids)
        tokens = {one: document_tokens(size) + ANSWER_TOKENS for one, size in sizes.items()}
        return {task: sum(tokens.get(one, 0) for one in document_ids)}

    async def at_file(self, file: StoredFile, endpoint: LineUrl) -> Mapping[str, int]:
        """Tokens by task, if the rest of the file is like its first lines."""
        path = self._store.path(file.blobs[0])
        sample = await asyncio.to_thread(_sample, path, endpoint, file.department)
        if not sample.bytes:
            return unread(file.bytes, file.lines)
        named = [one.document_id for one in sample.lines if one.document_id is not None]
        sizes = await self._sizes(file.department, named)
        tokens = Counter[str]()
        for line in sample.lines:
            if line.document_id is None or line.document_id in sizes:
                tokens[line.task] += estimate_tokens(line, sizes.get(line.document_id or ""))
        share = sample.bytes / file.bytes
        return {task: round(amount / share) for task, amount in tokens.items()}

    async def _sizes(self, department: str, document_ids: Sequence[str]) -> Mapping[str, int]:
        ids, sizes = sorted(set(document_ids)), dict[str, int]()
        for start in range(0, len(ids), _DOCUMENTS_AT_ONCE):
            some = ids[start : start + _DOCUMENTS_AT_ONCE]
            sizes |= await self._ledger.documents.sizes(department, some)
        return sizes


def unread(size: int, lines: int) -> Mapping[str, int]:
    """What is taken for a file of which nothing is known but its size."""
    return {_UNREAD: round(size / CHARS_PER_TOKEN) + lines * ANSWER_TOKENS}


def _sample(path: Path, endpoint: LineUrl, department: str) -> _Sample:
    """Empty where the first line is longer than a sample, or the file is not there."""
    sample, ends = _Sample(), time.monotonic() + SAMPLE_SECONDS
    for number, data in enumerate(_first_lines(path), 1):
        sample.bytes += len(data)
        # A line that does not fit will be refused, and costs nothing.
        with suppress(LineProblemError):
            sample.lines.append(parse_line(data, number, endpoint, department=department))
        if time.monotonic() > ends:
            break
    return sample


def _first_lines(path: Path) -> Iterator[bytes]:
    """With their line ends. The last is left out where it may go on."""
    try:
        with path.open("rb") as file:
            data = file.read(SAMPLE_BYTES)
            whole = not file.read(1)
    except FileNotFoundError:
        return
    lines = data.removeprefix(_BOM).splitlines(keepends=True)
    yield from lines[:SAMPLE_LINES] if whole else lines[:-1][:SAMPLE_LINES]
