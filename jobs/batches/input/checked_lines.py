"""Parses and checks the lines of one slice of a batch's input file, in a process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.batches.input.lines import LineProblem, LineProblemError, parse_line
from jobs.batches.input.token_counts import estimate_tokens
from jobs.model.problems import ProblemError
from tasks.secrecy import Secrecy
from tasks.secrecy.markings import marking_of


@dataclass(frozen=True, slots=True)
class LineLimits:
    """`endpoint`: the only `url` allowed; None allows all. `allow_secrecy` is the highest secrecy
    marking allowed in a line's text; None allows no marking. `department`: its tasks are allowed;
    None allows all tasks.
    """

    endpoint: str | None
    max_text_chars: int
    allow_secrecy: Secrecy | None
    department: str | None


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """What the index needs to know of a valid line."""

    number: int
    custom_id: str
    task: str
    tokens: int
    document_id: str | None
    callback_url: str | None
    document_ids: frozenset[str]
    libraries: frozenset[str]


@dataclass(frozen=True, slots=True)
class LineCheck:
    """Either the line or its problem."""

    line: CheckedLine | None = None
    problem: LineProblem | None = None


def check_lines(lines: Sequence[tuple[int, bytes]], limits: LineLimits) -> list[LineCheck]:
    """Check numbered lines, for `compute`."""
    return [_check(number, data, limits) for number, data in lines]


def _check(number: int, data: bytes, limits: LineLimits) -> LineCheck:
    def screen(text: str) -> None:
        _refuse_marked(text, limits.allow_secrecy)

    try:
        line = parse_line(
            data,
            number,
            limits.endpoint,
            max_text_chars=limits.max_text_chars,
            department=limits.department,
            screen=screen,
        )
    except LineProblemError as error:
        return LineCheck(problem=error.problem)
    references = line.references
    return LineCheck(
        CheckedLine(
            number=number,
            custom_id=line.custom_id,
            task=line.task,
            tokens=estimate_tokens(line),
            document_id=line.document_id,
            callback_url=line.callback_url,
            document_ids=references.document_ids,
            libraries=references.libraries,
        )
    )


def _refuse_marked(text: str, allowed: Secrecy | None) -> None:
    """Raises `ProblemError`: `secrecy-marked`."""
    marking = marking_of(text)
    if marking is not None and not (allowed and allowed.covers(marking.level)):
        raise ProblemError(
            "secrecy-marked",
            f"The line's text is marked {marking.level.value}, which the department may not "
            "send. It is not run. Remove it, and delete the uploaded file.",
        )
