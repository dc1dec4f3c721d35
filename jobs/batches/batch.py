"""Batches and the values that are exchanged with the ledger while they are processed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from jobs.batches.estimate import Stall
from jobs.model.job import InputLine, Job
from jobs.model.lanes import Lane
from jobs.model.provenance import Provenance
from jobs.model.states import JobStatus


class LineUrl(StrEnum):
    """What the lines of a batch ask for: the batch's endpoint, and the URL in each line."""

    jobs = "/v1/jobs"
    chat = "/v1/chat/completions"


class BatchStatus(StrEnum):
    """As in OpenAI's Batch API."""

    validating = "validating"  # its input file is being read
    failed = "failed"  # its input file is unusable
    in_progress = "in_progress"
    finalizing = "finalizing"  # every line has ended; the last results are being written
    completed = "completed"
    expired = "expired"  # its deadline passed; finished lines are kept
    cancelling = "cancelling"
    cancelled = "cancelled"


BATCH_ENDINGS = frozenset(
    {BatchStatus.failed, BatchStatus.completed, BatchStatus.expired, BatchStatus.cancelled}
)


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A checked submission.

    `window` is a calendar window that narrows the department's (`jobs/windows/window.py`);
    `expected_at` is the first estimate of its end, `stall` why there is none,
    `tokens` the estimated tokens by task.
    """

    id: str
    callback_id: str | None
    department: str
    endpoint: str
    lane: Lane
    input_file_id: str
    input_bytes: int
    completion_window: str
    deadline: datetime
    created_at: datetime
    callback_url: str | None = None
    window: str | None = None
    expected_at: datetime | None = None
    stall: Stall | None = None
    tokens: Mapping[str, int] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as the ledger records it.

    `read`: bytes of the input file that were checked. `indexed`: lines, of `total`, that were
    accepted; `released`: those of them that were started or given up. `stall`: why it stands still,
    so that `expected_at` is None. `progress_at`: when a line ended last, or its first line could
    start. `tokens`: the estimated tokens of the indexed lines by task; of the whole file before it
    is indexed. `output_begun`,
    `error_begun`: whether the file with that id exists yet. `moments`: when it entered each status.
    `model`: of the first line that a model answered. `prompt_tokens`, `completion_tokens` and
    `cached_tokens`: of the ended lines. `traceparent`: the step of a trace that submitted it.
    """

    id: str
    department: str
    endpoint: str
    lane: Lane
    status: BatchStatus
    input_file_id: str
    output_file_id: str | None
    error_file_id: str | None
    output_begun: bool
    error_begun: bool
    input_blob: str
    input_bytes: int
    read: int
    completion_window: str
    created_at: datetime
    deadline: datetime
    moments: Mapping[BatchStatus, datetime]
    callback_url: str | None
    callback_id: str | None
    window: str | None
    first_expected_at: datetime | None
    expected_at: datetime | None
    metadata: Mapping[str, Any]
    errors: Sequence[Mapping[str, Any]]
    tokens: Mapping[str, int]
    total: int
    indexed: int
    released: int
    flushed: int
    completed: int
    failed: int
    closing: BatchStatus | None
    stall: Stall | None = None
    progress_at: datetime | None = None
    model: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    traceparent: str | None = None

    @property
    def ended_at(self) -> datetime | None:
        return self.moments.get(self.status) if self.status in BATCH_ENDINGS else None


@dataclass(frozen=True, slots=True)
class Indexing:
    """A scheduler's claim on a batch whose input file it reads.

    `readings` counts the claims, this one included, since one last made progress.
    """

    batch: Batch
    token: int
    readings: int


@dataclass(frozen=True, slots=True)
class IndexResult:
    """The result of reading an input file. `index` is packed, in the order of the file."""

    index: bytes
    tasks: Sequence[str]
    tokens: Mapping[str, int]
    indexed: int
    total: int
    refused: int
    output_file_id: str
    error_file_id: str
    refusals: Segment | None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stored part of an output or error file."""

    blob: str
    bytes: int
    lines: int


@dataclass(frozen=True, slots=True)
class PendingOutcomes:
    """How many outcomes wait to be written. `last`: hardly any more will follow."""

    outcomes: int
    last: bool


@dataclass(frozen=True, slots=True)
class EndedChat:
    """What a batch's files need of the job of a line that is a chat; the members are those of
    `Job`. A whole job takes several times as long to read.
    """

    id: str
    batch_id: str | None
    status: JobStatus
    line: InputLine | None
    result_json: str | None
    result_blob: str | None
    error: Mapping[str, Any] | None
    provenance: Provenance | None
    held_blob: str | None
    case_blob: str | None


@dataclass(frozen=True, slots=True)
class PendingLines:
    """What to write next to a batch's files: jobs in the order in which they ended, and the packed
    index entries of lines that will not be run.
    """

    batch: Batch
    jobs: Sequence[Job | EndedChat]
    unrun: bytes


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line whose job is kept after its outcome was written: what the record gets from the line.

    It has a callback, or a person corrected its result; `callback_id` and `url` are then None.
    """

    callback_id: str | None
    url: str | None
    custom_id: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FlushResult:
    """What was written to a batch's files. `kept` lines are by job id."""

    batch: Batch
    outcomes: int
    unrun: int
    output: Segment | None
    error: Segment | None
    kept: Mapping[str, KeptLine]
