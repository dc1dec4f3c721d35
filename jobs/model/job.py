"""Jobs and documents as the ledger records them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from jobs.model.lanes import Lane
from jobs.model.provenance import Provenance
from jobs.model.roles import ModelChoice, Role
from jobs.model.states import JobStatus


@dataclass(frozen=True, slots=True)
class Progress:
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What requests to engines used.

    `cached_tokens` are part of `prompt_tokens`, and `reasoning_tokens` of `completion_tokens`; both
    are 0 if the engine does not report them. `engine_seconds`: the durations of the requests.
    `gpu_seconds`: their share of the time in which the engine was busy, times its GPUs. `joules`:
    the same share of the energy; 0 if the engine's power is not known.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    engine_seconds: float = 0.0
    reasoning_tokens: int = 0
    gpu_seconds: float = 0.0
    joules: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.engine_seconds + other.engine_seconds,
            self.reasoning_tokens + other.reasoning_tokens,
            self.gpu_seconds + other.gpu_seconds,
            self.joules + other.joules,
        )

    def __sub__(self, part: Usage) -> Usage:
        return Usage(
            self.prompt_tokens - part.prompt_tokens,
            self.completion_tokens - part.completion_tokens,
            self.cached_tokens - part.cached_tokens,
            self.engine_seconds - part.engine_seconds,
            self.reasoning_tokens - part.reasoning_tokens,
            self.gpu_seconds - part.gpu_seconds,
            self.joules - part.joules,
        )


@dataclass(frozen=True, slots=True)
class RunUsage:
    """The usage of one run: all of it, the fast engine's part, and the engines' models by role."""

    total: Usage = field(default_factory=Usage)
    fast: Usage = field(default_factory=Usage)
    models: Mapping[Role, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InputLine:
    """The position of a job's line in its batch's input file; `offset` and `length` in bytes."""

    blob: str
    number: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class NewJob:
    """A checked submission. `references` are the ids of documents that its options refer to."""

    id: str
    callback_id: str | None
    department: str
    task: str
    lane: Lane
    options: Mapping[str, Any]
    document_id: str
    callback_url: str | None = None
    batch_id: str | None = None
    not_before: datetime | None = None
    deadline: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    model: ModelChoice | None = None
    references: Sequence[str] = ()
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One task on one document for one department.

    `model`: the requested model; None for the worker's default. `result_json`: the result's JSON,
    None if the store has it under the name `result_blob`. `error`: a problem object (RFC 9457).
    `line`: set for a line of a batch, whose options, input and metadata are only in the batch's
    input file. `traceparent`: the step of a trace that submitted it; None if it is not traced.
    input file. `awaiting_until`: set while the result waits for approval, when the job expires
    without one. `held_blob`: the name of that result in the store; after a correction or another
    end it is still there. `case_blob`: the test case that a correction made.
    """

    id: str
    department: str
    task: str
    lane: Lane
    options: Mapping[str, Any]
    document_id: str | None
    callback_url: str | None
    callback_id: str | None
    batch_id: str | None
    not_before: datetime | None
    deadline: datetime | None
    metadata: Mapping[str, Any]
    status: JobStatus
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int
    progress: Progress
    result_json: str | None
    result_blob: str | None
    error: Mapping[str, Any] | None
    usage: Usage
    provenance: Provenance | None
    model: ModelChoice | None = None
    custom_id: str | None = None
    line: InputLine | None = None
    traceparent: str | None = None
    awaiting_until: datetime | None = None
    held_blob: str | None = None
    case_blob: str | None = None

    @property
    def result(self) -> Any:
        """The result's JSON value."""
        return from_json(self.result_json) if self.result_json else None


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to be recorded. `blob` is the name of its bytes in the store, or a short text
    itself (`jobs/blobs.py`).

    `secrecy_checked`: whether all of it was checked for secrecy markings when it was sent.
    """

    id: str
    department: str
    sha256: str
    bytes: int
    media_type: str
    filename: str | None
    blob: str
    secrecy_checked: bool = field(default=True, kw_only=True)


@dataclass(frozen=True, slots=True)
class StoredDocument(NewDocument):
    """A recorded document. The ledger sets `expires_at` by Redis's clock."""

    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's claim on a job. `token` is the fencing token of this run; `tries` counts earlier
    runs that failed because of the job. A line of a batch has no `document`: its input is in the
    line.
    """

    job: Job
    token: int
    tries: int
    document: StoredDocument | None
