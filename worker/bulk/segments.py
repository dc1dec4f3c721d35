"""Segments of a batch's output and error files, before they are stored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from jobs.batches.batch import KeptLine, PendingLines
from jobs.batches.input.index import ENTRY_BYTES

# Segments are built in memory; the line that exceeds this is the last one.
SEGMENT_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class Lines:
    """The lines of one segment."""

    data: bytearray = field(default_factory=bytearray)
    count: int = 0

    def add(self, line: bytes) -> None:
        self.data += line
        self.count += 1


@dataclass(slots=True)
class Draft:
    """A segment for each of the two files; `jobs` and `unrun` count the lines in them."""

    output: Lines = field(default_factory=Lines)
    errors: Lines = field(default_factory=Lines)
    kept: dict[str, KeptLine] = field(default_factory=dict)
    jobs: int = 0
    unrun: int = 0

    @property
    def full(self) -> bool:
        return len(self.output.data) + len(self.errors.data) >= SEGMENT_BYTES


def remaining(unflushed: PendingLines, draft: Draft) -> PendingLines:
    """The part of `unflushed` that is not in `draft`."""
    flushed = unflushed.batch.flushed + draft.jobs + draft.unrun
    return PendingLines(
        batch=replace(unflushed.batch, flushed=flushed),
        jobs=unflushed.jobs[draft.jobs :],
        unrun=unflushed.unrun[draft.unrun * ENTRY_BYTES :],
    )
