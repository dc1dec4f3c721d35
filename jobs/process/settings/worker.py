"""Workers, reading and OCR."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

from pydantic import (
    Field,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.model.lanes import Lane
from jobs.process.settings.types import EMPTY_IS_UNSET

_USUAL_THREADS = 2  # of an OCR process: each takes memory


class WorkerSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    concurrency: int = Field(
        64, ge=1, le=4_096, description="Requests that a worker keeps in flight on its engine."
    )
    lane: Annotated[Lane | None, EMPTY_IS_UNSET] = Field(
        None,
        description="`interactive` or `bulk`: this worker runs only jobs of that lane. "
        "Default: both lanes. See [operations.md](operations.md#a-worker-for-each-lane).",
    )
    share_prefix_cache: bool = Field(
        False,
        description="Let departments share the engine's prefix cache: faster where they send the "
        "same texts, but a department can then measure whether another one has sent a text.",
    )
    interactive_places: int | None = Field(
        None,
        ge=0,
        description="How many of these are reserved for interactive work. Default: an eighth.",
    )
    lease_seconds: float = Field(
        15,
        gt=0,
        description="A worker that does not renew a job's lease for this time loses the job.",
    )
    job_timeout_seconds: float = Field(3_600, gt=0, description="The longest run of one job.")
    grace_seconds: float = Field(
        20, ge=0, description="How long a stopping worker may continue its jobs."
    )
    max_attempts: int = Field(
        3, ge=1, description="The most counted runs of a job before it fails."
    )
    retry_base_seconds: float = Field(
        2,
        ge=0,
        description="The wait before a job's second run; doubles with each run, up to a minute.",
    )
    read_processes: int = Field(
        2,
        ge=1,
        description="Processes of a worker that read documents and do other work whose time "
        "depends on a document. Two more are reserved: "
        "[reliability.md](reliability.md#hostile-input).",
    )
    read_timeout_seconds: float = Field(
        60, gt=0, description="The time limit for reading one document."
    )
    read_memory_mib: int = Field(
        1_024, ge=64, description="The memory limit of one such process, in MiB."
    )
    compute_timeout_seconds: float = Field(
        60, gt=0, description="The time limit for one step of other work on a document."
    )
    result_max_bytes: int = Field(
        32 * 1024 * 1024,
        ge=1024,
        le=256 * 1024 * 1024,
        description="The largest result of a job or of one step of it, in bytes.",
    )

    @property
    def lanes(self) -> Sequence[Lane]:
        """The lanes whose jobs the worker runs, in order of priority."""
        return (self.lane,) if self.lane else tuple(Lane)

    @property
    def bulk_places(self) -> int:
        """The most requests in flight for bulk work: those not reserved for interactive work."""
        if self.lane is Lane.interactive:
            return 0
        reserved = self.interactive_places
        if reserved is None:
            reserved = self.concurrency // 8
        return max(1, self.concurrency - reserved)


class OcrSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    ocr: bool = Field(
        True, description="Read pictures and scanned pages by OCR. If off, they are refused."
    )
    ocr_processes: int = Field(
        2, ge=1, description="Processes of a worker that read scanned documents."
    )
    ocr_threads: Annotated[int | None, EMPTY_IS_UNSET] = Field(
        None,
        ge=1,
        description="Threads of each such process, at most the number of processors. Default: "
        "2, or 1 on a machine with one processor.",
    )
    ocr_max_pages: int = Field(
        200, ge=1, description="The most scanned pages that are read in one document."
    )
    ocr_timeout_seconds: float = Field(
        900, gt=0, description="The time limit for OCR of one document; later pages are not read."
    )
    ocr_memory_mib: int = Field(
        2_048, ge=1_024, description="The memory limit of an OCR process with its models, in MiB."
    )

    @property
    def threads(self) -> int:
        """`ocr_threads`, or 2 where there are two processors.

        A document is read in nearly half the time while other processes are idle, and in the same
        processor time while they are busy.
        """
        if self.ocr_threads is not None:
            return self.ocr_threads
        processors = len(os.sched_getaffinity(0))
        return min(_USUAL_THREADS, processors)
