"""The errors of work whose process was killed or could not do it."""

from __future__ import annotations

from dataclasses import dataclass

from documents.errors import (
    ComputeCrashed,
    ComputeError,
    ComputeTimeout,
    ComputeTooLarge,
    DocumentTooLong,
    ReaderCrashed,
    ReaderUnavailable,
    ReadTimeout,
    WorkError,
)


@dataclass(frozen=True, slots=True)
class Failures:
    """The error for each way of failing, of one kind of work.

    `too_slow` is a format with `seconds`. `broken` is for a defect, and for a process that answers
    what no process of ours does.
    """

    too_slow: tuple[type[WorkError], str]
    too_large: tuple[type[WorkError], str]
    died: tuple[type[WorkError], str]
    broken: tuple[type[WorkError], str]

    def timeout(self, seconds: float) -> WorkError:
        kind, detail = self.too_slow
        return kind(detail.format(seconds=f"{seconds:g}"))


READING = Failures(
    too_slow=(
        ReadTimeout,
        "Reading took more than {seconds} seconds. Split or simplify the document.",
    ),
    too_large=(
        DocumentTooLong,
        "Reading the document exceeds the memory limit. Split it, or remove its pictures.",
    ),
    died=(
        ReaderCrashed,
        "The process that read the document died. Save the document again, or send it in another "
        "format.",
    ),
    broken=(
        ReaderCrashed,
        "The reader broke down on the document. Save it again, or send it in another format.",
    ),
)
COMPUTING = Failures(
    too_slow=(
        ComputeTimeout,
        "The work took more than {seconds} seconds. Split the document, or simplify the options.",
    ),
    too_large=(
        ComputeTooLarge,
        "The work exceeds the memory limit. Split the document, or simplify the options.",
    ),
    died=(
        ComputeCrashed,
        "The process that worked on the document died. Split the document, or simplify the "
        "options.",
    ),
    broken=(ComputeError, "The task has a defect; see the log."),
)


def stopping() -> ReaderUnavailable:
    return ReaderUnavailable("The worker is stopping. The job will be run again.")


def killed() -> ReaderUnavailable:
    return ReaderUnavailable(
        "The process that worked on the document was killed or stopped from outside, as when the "
        "machine runs out of memory. The job will be run again. If this persists, ask the operator "
        "to free memory."
    )


def unavailable() -> ReaderUnavailable:
    return ReaderUnavailable(
        "No process could be started to work on the document. The job will be run again. If this "
        "persists, ask the operator to free memory."
    )
