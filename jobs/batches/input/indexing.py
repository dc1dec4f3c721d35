"""From a batch's input file to its index, slice by slice, in bounded memory."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.batches.input.index import (
    MOST_FILE_BYTES,
    MOST_LINE_NUMBER,
    Entry,
    estimate_tokens,
    prefix_of,
    unpack,
)
from jobs.batches.input.lines import Line, LineProblem, LineProblemError, parse_line
from jobs.batches.input.reading import LineReader, RawLine
from jobs.batches.input.release_order import ReleaseOrder
from jobs.model.problems import Problem, ProblemError
from jobs.submit.references import no_such_library, no_such_reference
from tasks.secrecy import Secrecy, marking_of

SLICE_LINES = 500
SLICE_BYTES = 4 * 1024 * 1024

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class IndexLimits:
    """`max_lines` counts no blank ones; `max_line_bytes` counts no line ending. `allow_secrecy` is
    the most secret marking that a line's text may bear; None: no marking at all. `department` is
    whose file it is; None: every task is known."""

    max_lines: int
    max_line_bytes: int
    max_text_chars: int
    allow_secrecy: Secrecy | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """How far the file is read. `lines` and `bytes_read` are since its start, the rest is of this
    slice alone. `document_ids`, `libraries` and `callback_urls` are what its lines name, to be
    looked up."""

    lines: int
    bytes_read: int
    done: bool
    problems: Sequence[LineProblem]
    document_ids: frozenset[str]
    libraries: frozenset[str]
    callback_urls: frozenset[str]


@dataclass(frozen=True, slots=True)
class Index:
    """`packed` has an entry for each line that is to run, in the order of release.

    `tasks` are the names that entries refer to by number; `lines_by_task` and `tokens_by_task`
    stand in the same order. `lines` counts all that are not blank, `problems` those that were
    refused, `groups` the runs of lines that begin their prompts alike.
    """

    packed: bytes
    tasks: tuple[str, ...]
    lines_by_task: tuple[int, ...]
    tokens_by_task: tuple[int, ...]
    lines: int
    problems: int
    groups: int


@dataclass(frozen=True, slots=True)
class _Open:
    """A line of the last slice that may still be refused, and its entry's position."""

    place: int
    line: Line


class Indexer:
    """Works through a file. Each `read_slice` may run in a thread of its own; between two, the
    caller looks up what the slice asks for and says so. One thing at a time.

    Raises `ProblemError("too-large")` for a file of 4 GiB or more.
    """

    def __init__(self, path: Path, endpoint: str | None, limits: IndexLimits) -> None:
        self._endpoint = endpoint
        self._limits = limits
        if path.stat().st_size > MOST_FILE_BYTES:
            raise ProblemError(
                "too-large", f"A batch's file may have {MOST_FILE_BYTES} bytes. Split it."
            )
        self._reader = LineReader(path, limits.max_line_bytes)
        self._lines = 0
        self._problems = 0
        self._first_lines: dict[bytes, int] = {}
        self._tasks: dict[str, int] = {}
        self._entries = ReleaseOrder()
        self._open: list[_Open] = []

    def read_slice(self, max_lines: int = SLICE_LINES, max_bytes: int = SLICE_BYTES) -> Slice:
        """Read and check some more of the file: lines until there are `max_lines`, blank ones
        counted, or `max_bytes`.

        Raises `ProblemError` where the file as a whole is of no use: `too-many-lines`, `no-lines`;
        and `OSError`.
        """
        self._open = []
        problems: list[LineProblem] = []
        reader, done = self._reader, False
        with reader.open() as file:
            until_line, until_byte = reader.number + max_lines, reader.offset + max_bytes
            while not done and reader.number < until_line and reader.offset < until_byte:
                raw = reader.read(file)
                if raw is None:
                    done = True
                else:
                    self._take(raw, problems)
        if done and self._lines == 0:
            raise ProblemError("no-lines", "The file has no lines. Give one for each request.")
        self._problems += len(problems)
        return self._slice(problems, done=done)

    def know_documents(self, sizes: Mapping[str, int]) -> Sequence[LineProblem]:
        """Say which of the last slice's documents the department has, and their bytes. Lines that
        name another are refused."""
        refused = []
        for one in self._open:
            document_id = one.line.document_id
            missing = sorted(one.line.references.document_ids - sizes.keys())
            if document_id is not None and document_id not in sizes:
                problem = _no_such_document(one.line)
            elif missing:
                problem = _of_problem(one.line, no_such_reference(missing[0]).problem)
            else:
                if document_id is not None:
                    self._entries.estimate(one.place, estimate_tokens(one.line, sizes[document_id]))
                continue
            if self._entries.drop(one.place):
                refused.append(problem)
        self._problems += len(refused)
        return refused

    def miss_libraries(self, names: Collection[str]) -> Sequence[LineProblem]:
        """Say which libraries that the last slice names the department does not have. Lines that
        name them are refused."""
        refused = []
        for one in self._open:
            missing = sorted(one.line.references.libraries.intersection(names))
            if missing and self._entries.drop(one.place):
                refused.append(_of_problem(one.line, no_such_library(missing[0]).problem))
        self._problems += len(refused)
        return refused

    def refuse_callbacks(self, problems: Mapping[str, Problem]) -> Sequence[LineProblem]:
        """Say which of the last slice's callback URLs are not allowed, and why. Lines that name
        them are refused."""
        refused = []
        for one in self._open:
            why = problems.get(one.line.callback_url or "")
            if why is not None and self._entries.drop(one.place):
                errors = [{"pointer": "#/body/callback_url", "detail": why.detail}]
                refused.append(_problem(one.line, why.code, why.detail, errors))
        self._problems += len(refused)
        return refused

    def index(self) -> Index:
        """The index of what was read."""
        packed, groups = self._entries.packed()
        lines, tokens = [0] * len(self._tasks), [0] * len(self._tasks)
        for entry in unpack(packed):
            lines[entry.task] += 1
            tokens[entry.task] += entry.tokens
        return Index(
            packed=packed,
            tasks=tuple(self._tasks),
            lines_by_task=tuple(lines),
            tokens_by_task=tuple(tokens),
            lines=self._lines,
            problems=self._problems,
            groups=groups,
        )

    def _slice(self, problems: Sequence[LineProblem], *, done: bool) -> Slice:
        lines = [one.line for one in self._open]
        references = [one.references for one in lines]
        inputs = frozenset(one.document_id for one in lines if one.document_id)
        return Slice(
            lines=self._lines,
            bytes_read=self._reader.offset,
            done=done,
            problems=problems,
            document_ids=inputs.union(*(one.document_ids for one in references)),
            libraries=frozenset[str]().union(*(one.libraries for one in references)),
            callback_urls=frozenset(one.callback_url for one in lines if one.callback_url),
        )

    def _take(self, raw: RawLine, problems: list[LineProblem]) -> None:
        if self._reader.number > MOST_LINE_NUMBER:
            raise too_many_lines(MOST_LINE_NUMBER, "blank ones included")
        if raw.blank:
            return
        self._lines += 1
        if self._lines > self._limits.max_lines:
            raise too_many_lines(self._limits.max_lines)
        try:
            self._keep(raw)
        except LineProblemError as error:
            problems.append(error.problem)

    def _keep(self, raw: RawLine) -> None:
        number = self._reader.number
        if raw.too_long:
            most = self._limits.max_line_bytes
            detail = f"The line is longer than {most} bytes. Split its document, or upload it."
            raise LineProblemError(LineProblem("too-large", detail, number))
        line = self._unique(raw.data)
        entry = Entry(
            offset=raw.offset,
            length=len(raw.data),
            tokens=estimate_tokens(line),
            line=number,
            task=self._tasks.setdefault(line.task, len(self._tasks)),
        )
        place = self._entries.add(entry, prefix_of(line))
        references = line.references
        if line.document_id or line.callback_url or references.document_ids or references.libraries:
            self._open.append(_Open(place, line))

    def _unique(self, data: bytes) -> Line:
        try:
            line = parse_line(
                data,
                self._reader.number,
                self._endpoint,
                max_text_chars=self._limits.max_text_chars,
                department=self._limits.department,
                screen=self._screen,
            )
        except LineProblemError as error:
            if error.problem.custom_id is not None:
                self._first_line(error.problem.custom_id)
            raise
        first = self._first_line(line.custom_id)
        if first != self._reader.number:
            raise LineProblemError(
                _problem(
                    line,
                    "duplicate-custom-id",
                    f"Line {first} has the same `custom_id`. Give each line its own.",
                    [{"pointer": "#/custom_id", "detail": f"Line {first} has it."}],
                )
            )
        return line

    def _screen(self, text: str) -> None:
        """Raises `ProblemError`: `secrecy-marked`."""
        marking, allowed = marking_of(text), self._limits.allow_secrecy
        if marking is not None and not (allowed and allowed.covers(marking.level)):
            raise ProblemError(
                "secrecy-marked",
                f"The line's text is marked {marking.level.value}, which the department may not "
                "send. It is not run. Take it out of the file, and delete the file.",
            )

    def _first_line(self, custom_id: str) -> int:
        """The first line that has it: perhaps this one."""
        digest = hashlib.blake2b(custom_id.encode(), digest_size=_DIGEST_BYTES).digest()
        return self._first_lines.setdefault(digest, self._reader.number)


def _no_such_document(line: Line) -> LineProblem:
    detail = "The department has no such document, or it was kept as long as documents are kept."
    pointer = "#/body/input/document_id"
    return _problem(line, "not-found", detail, [{"pointer": pointer, "detail": "Not found."}])


def _of_problem(line: Line, problem: Problem) -> LineProblem:
    errors = [{"pointer": "#/body/options", "detail": problem.detail}]
    return _problem(line, problem.code, problem.detail, errors)


def _problem(
    line: Line, code: str, detail: str, errors: Sequence[Mapping[str, str]]
) -> LineProblem:
    return LineProblem(code, detail, line.number, line.custom_id, errors)


def too_many_lines(most: int, counted: str = "blank ones left out") -> ProblemError:
    return ProblemError(
        "too-many-lines",
        f"The file has more than {most} lines, {counted}: make several batches of it.",
        max_lines=most,
    )
