"""Estimates the tokens of a new batch from its documents' sizes, or from its file's first lines."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from documents.errors import WorkError
from documents.isolation.compute import compute
from jobs.batches.batch import LineUrl
from jobs.batches.file import StoredFile
from jobs.batches.input.lines import LineProblemError, parse_line
from jobs.batches.input.token_counts import (
    ANSWER_TOKENS,
    CHARS_PER_TOKEN,
    document_tokens,
    estimate_tokens,
)
from jobs.ledger import Ledger
from jobs.store import Store

SAMPLE_LINES = 300
SAMPLE_BYTES = 2 * 1024 * 1024
SAMPLE_SECONDS = 0.2
# A sample of short lines, which `compute` works on inline: the first batch after a start does not
# wait for a process.
SHORT_SAMPLE_BYTES = 16_000
SHORT_SAMPLE_LINES = 50
_DOCUMENTS_PER_CALL = 1_000
_BOM = b"\xef\xbb\xbf"
_UNKNOWN_TASK = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """The valid lines at the start of a file, and the number of bytes that were read.

    `tokens` has those of lines with a text or a chat, by task; `documents` the task and the id of
    each line with a document.
    """

    bytes: int
    tokens: dict[str, int]
    documents: list[tuple[str, str]]


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
        data, is_whole = start or b"", file.bytes <= SAMPLE_BYTES
        if len(data) > SHORT_SAMPLE_BYTES:
            short = data[:SHORT_SAMPLE_BYTES]
            if short.count(b"\n") > SHORT_SAMPLE_LINES:
                data, is_whole = short, False
        try:
            sample = await compute(sample_lines, data, endpoint, file.department, is_whole=is_whole)
        except WorkError:
            return tokens_from_size(file.bytes, file.lines)
        if not sample.bytes:
            return tokens_from_size(file.bytes, file.lines)
        sizes = await self._sizes(file.department, [one for _, one in sample.documents])
        tokens = Counter(sample.tokens)
        for task, document_id in sample.documents:
            if document_id in sizes:
                tokens[task] += document_tokens(sizes[document_id]) + ANSWER_TOKENS
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


def sample_lines(data: bytes, endpoint: LineUrl, department: str, *, is_whole: bool) -> Sample:
    """The lines at the start of a file. Empty if the first line is longer than a sample."""
    size, ends = 0, time.monotonic() + SAMPLE_SECONDS
    tokens, documents = Counter[str](), list[tuple[str, str]]()
    lines = data.removeprefix(_BOM).splitlines(keepends=True)
    # Without a last line that may be incomplete.
    for number, line_data in enumerate((lines if is_whole else lines[:-1])[:SAMPLE_LINES], 1):
        size += len(line_data)
        # An invalid line will be refused and costs nothing.
        with suppress(LineProblemError):
            line = parse_line(line_data, number, endpoint, department=department)
            if line.document_id is None:
                tokens[line.task] += estimate_tokens(line)
            else:
                documents.append((line.task, line.document_id))
        if time.monotonic() > ends:
            break
    return Sample(size, dict(tokens), documents)
