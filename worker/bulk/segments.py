"""Segments of a batch's output and error files, while they are made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from jobs.batches.batch import LineCallback, Unflushed
from jobs.batches.input.index import ENTRY_BYTES

# A segment is made in memory: it ends with the line that goes beyond this.
SEGMENT_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class Lines:
    """Lines for one file, on their way to a segment."""

    data: bytearray = field(default_factory=bytearray)
    count: int = 0

    def add(self, line: bytes) -> None:
        self.data += line
        self.count += 1


@dataclass(slots=True)
class Draft:
    """Two segments, and of how many jobs and lines that are not to be run they tell."""

    output: Lines = field(default_factory=Lines)
    errors: Lines = field(default_factory=Lines)
    callbacks: dict[str, LineCallback] = field(default_factory=dict)
    jobs: int = 0
    unrun: int = 0

    @property
    def full(self) -> bool:
        return len(self.output.data) + len(self.errors.data) >= SEGMENT_BYTES


def rest(left: Unflushed, draft: Draft) -> Unflushed:
    """What is left to be written after the draft was."""
    flushed = left.batch.flushed + draft.jobs + draft.unrun
    return Unflushed(
        batch=replace(left.batch, flushed=flushed),
        jobs=left.jobs[draft.jobs :],
        unrun=left.unrun[draft.unrun * ENTRY_BYTES :],
    )
