"""Builds the index of a batch's input file, slice by slice, in bounded memory."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from documents.isolation.compute import compute
from jobs.batches.input.checked_lines import CheckedLine, LineCheck, LineLimits, check_lines
from jobs.batches.input.entries import Entries
from jobs.batches.input.index import MAX_FILE_BYTES, MAX_LINE_NUMBER, Entry, unpack
from jobs.batches.input.lines import LineProblem
from jobs.batches.input.reading import LineReader, RawLine
from jobs.batches.input.token_counts import ANSWER_TOKENS, document_tokens
from jobs.model.problems import Problem, ProblemError
from jobs.submit.references import no_such_library, no_such_reference
from tasks.secrecy import Secrecy

SLICE_LINES = 500
SLICE_BYTES = 4 * 1024 * 1024

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class IndexLimits:
    """`max_lines` does not count blank lines; `max_line_bytes` does not count line endings.
    `allow_secrecy` is the highest secrecy marking allowed in a line's text; None allows no marking.
    `department`: its tasks are allowed; None allows all tasks.
    """

    max_lines: int
    max_line_bytes: int
    max_text_chars: int
    allow_secrecy: Secrecy | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of the file that one call has read. `lines` and `bytes_read` count from the start of
    the file. The caller looks up `document_ids`, `libraries` and `callback_urls`.
    """

    lines: int
    bytes_read: int
    done: bool
    problems: Sequence[LineProblem]
    document_ids: frozenset[str]
    libraries: frozenset[str]
    callback_urls: frozenset[str]


@dataclass(frozen=True, slots=True)
class Index:
    """`packed` has an entry for each accepted line, in the order of the file.

    Entries refer to `tasks` by position; `lines_by_task` and `tokens_by_task` have the same order.
    `lines` counts the lines that are not blank, `problems` the refused lines.
    """

    packed: bytes
    tasks: tuple[str, ...]
    lines_by_task: tuple[int, ...]
    tokens_by_task: tuple[int, ...]
    lines: int
    problems: int


@dataclass(frozen=True, slots=True)
class _Lookup:
    """A line of the last slice that refers to objects to look up, and its entry's number."""

    entry: int
    line: CheckedLine


class Indexer:
    """Indexes one file. After each `read_slice` the caller looks up what the slice refers to and
    passes the results to `apply_document_sizes`, `refuse_missing_libraries` and `refuse_callbacks`.
    Not safe for concurrent calls.

    Raises `ProblemError("too-large")` for a file of 4 GiB or more.
    """

    def __init__(self, path: Path, endpoint: str | None, limits: IndexLimits) -> None:
        self._limits = limits
        self._line_limits = LineLimits(
            endpoint, limits.max_text_chars, limits.allow_secrecy, limits.department
        )
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ProblemError(
                "too-large", f"A batch's file may have at most {MAX_FILE_BYTES} bytes. Split it."
            )
        self._reader = LineReader(path, limits.max_line_bytes)
        self._lines = 0
        self._problems = 0
        self._first_lines: dict[bytes, int] = {}
        self._tasks: dict[str, int] = {}
        self._entries = Entries()
        self._lookups: list[_Lookup] = []

    async def read_slice(self, max_lines: int = SLICE_LINES, max_bytes: int = SLICE_BYTES) -> Slice:
        """Read and check the next lines, up to `max_lines` (blank lines included) or `max_bytes`.

        Raises `ProblemError` for an unusable file: `too-many-lines`, `no-lines`; `OSError`; and
        what `compute` raises, because lines are checked in a process.
        """
        self._lookups = []
        lines, done = await asyncio.to_thread(self._next_lines, max_lines, max_bytes)
        numbered = [(number, raw.data) for number, raw in lines if not raw.too_long]
        checks = iter(await compute(check_lines, numbered, self._line_limits))
        problems: list[LineProblem] = []
        for number, raw in lines:
            check = self._too_long(number) if raw.too_long else next(checks)
            problem = self._problem(number, check)
            if problem is not None:
                problems.append(problem)
            elif check.line is not None:
                self._keep(raw, check.line)
        if done and self._lines == 0:
            raise ProblemError(
                "no-lines", "The file has no lines. Write one line for each request."
            )
        self._problems += len(problems)
        return self._slice(problems, done=done)

    def _next_lines(
        self, max_lines: int, max_bytes: int
    ) -> tuple[Sequence[tuple[int, RawLine]], bool]:
        """The next lines that are not blank, with their numbers; and whether the file has ended."""
        lines: list[tuple[int, RawLine]] = []
        reader = self._reader
        with reader.open() as file:
            until_line, until_byte = reader.number + max_lines, reader.offset + max_bytes
            while reader.number < until_line and reader.offset < until_byte:
                raw = reader.read(file)
                if raw is None:
                    return lines, True
                if reader.number > MAX_LINE_NUMBER:
                    raise too_many_lines(MAX_LINE_NUMBER, "blank lines included")
                if not raw.blank:
                    lines.append((reader.number, raw))
                    self._lines += 1
                if self._lines > self._limits.max_lines:
                    raise too_many_lines(self._limits.max_lines)
        return lines, False

    def apply_document_sizes(self, sizes: Mapping[str, int]) -> Sequence[LineProblem]:
        """`sizes`: the bytes of the last slice's documents that exist. Updates the estimates; lines
        that refer to other documents are refused.
        """
        refused = []
        for one in self._lookups:
            document_id = one.line.document_id
            missing = sorted(one.line.document_ids - sizes.keys())
            if document_id is not None and document_id not in sizes:
                problem = _no_such_document(one.line)
            elif missing:
                problem = _reference_problem(one.line, no_such_reference(missing[0]).problem)
            else:
                if document_id is not None:
                    tokens = document_tokens(sizes[document_id]) + ANSWER_TOKENS
                    self._entries.estimate(one.entry, tokens)
                continue
            if self._entries.drop(one.entry):
                refused.append(problem)
        self._problems += len(refused)
        return refused

    def refuse_missing_libraries(self, names: Collection[str]) -> Sequence[LineProblem]:
        """Refuse lines of the last slice that refer to these libraries, which do not exist."""
        refused = []
        for one in self._lookups:
            missing = sorted(one.line.libraries.intersection(names))
            if missing and self._entries.drop(one.entry):
                refused.append(_reference_problem(one.line, no_such_library(missing[0]).problem))
        self._problems += len(refused)
        return refused

    def refuse_callbacks(self, problems: Mapping[str, Problem]) -> Sequence[LineProblem]:
        """Refuse lines of the last slice with these callback URLs, which are not allowed."""
        refused = []
        for one in self._lookups:
            problem = problems.get(one.line.callback_url or "")
            if problem is not None and self._entries.drop(one.entry):
                errors = [{"pointer": "#/body/callback_url", "detail": problem.detail}]
                refused.append(_problem(one.line, problem.code, problem.detail, errors))
        self._problems += len(refused)
        return refused

    def index(self) -> Index:
        """The index of the lines read so far."""
        packed = self._entries.packed()
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
        )

    def _slice(self, problems: Sequence[LineProblem], *, done: bool) -> Slice:
        lines = [one.line for one in self._lookups]
        inputs = frozenset(one.document_id for one in lines if one.document_id)
        return Slice(
            lines=self._lines,
            bytes_read=self._reader.offset,
            done=done,
            problems=problems,
            document_ids=inputs.union(*(one.document_ids for one in lines)),
            libraries=frozenset[str]().union(*(one.libraries for one in lines)),
            callback_urls=frozenset(one.callback_url for one in lines if one.callback_url),
        )

    def _too_long(self, number: int) -> LineCheck:
        most = self._limits.max_line_bytes
        detail = (
            f"The line is longer than {most} bytes. Split its document, or upload the document."
        )
        return LineCheck(problem=LineProblem("too-large", detail, number))

    def _problem(self, number: int, check: LineCheck) -> LineProblem | None:
        """The line's own problem, or that an earlier line has the same `custom_id`."""
        problem, line = check.problem, check.line
        if problem is not None or line is None:
            if problem is not None and problem.custom_id is not None:
                self._first_line(problem.custom_id, number)
            return problem
        first = self._first_line(line.custom_id, number)
        if first == number:
            return None
        return _problem(
            line,
            "duplicate-custom-id",
            f"Line {first} has the same `custom_id`. Give each line a unique one.",
            [{"pointer": "#/custom_id", "detail": f"Line {first} has it."}],
        )

    def _keep(self, raw: RawLine, line: CheckedLine) -> None:
        entry = Entry(
            offset=raw.offset,
            length=len(raw.data),
            tokens=line.tokens,
            line=line.number,
            task=self._tasks.setdefault(line.task, len(self._tasks)),
        )
        number = self._entries.add(entry)
        if line.document_id or line.callback_url or line.document_ids or line.libraries:
            self._lookups.append(_Lookup(number, line))

    def _first_line(self, custom_id: str, number: int) -> int:
        """The number of the first line with this `custom_id`, which may be the current line."""
        digest = hashlib.blake2b(custom_id.encode(), digest_size=_DIGEST_BYTES).digest()
        return self._first_lines.setdefault(digest, number)


def _no_such_document(line: CheckedLine) -> LineProblem:
    detail = "The document does not exist, or its retention time has passed."
    pointer = "#/body/input/document_id"
    return _problem(line, "not-found", detail, [{"pointer": pointer, "detail": "Not found."}])


def _reference_problem(line: CheckedLine, problem: Problem) -> LineProblem:
    errors = [{"pointer": "#/body/options", "detail": problem.detail}]
    return _problem(line, problem.code, problem.detail, errors)


def _problem(
    line: CheckedLine, code: str, detail: str, errors: Sequence[Mapping[str, str]]
) -> LineProblem:
    return LineProblem(code, detail, line.number, line.custom_id, errors)


def too_many_lines(most: int, counted: str = "not counting blank lines") -> ProblemError:
    return ProblemError(
        "too-many-lines",
        f"The file has more than {most} lines, {counted}. Split it into several batches.",
        max_lines=most,
    )
