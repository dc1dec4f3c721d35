"""Parses and checks one line of a batch's input file (JSONL as in OpenAI's Batch API)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import from_json

from documents.kinds import PLAIN_TEXT
from jobs.batches.batch import LineUrl
from jobs.model.lanes import Lane
from jobs.model.problems import ProblemError
from jobs.model.roles import ModelChoice
from jobs.submit.checks import (
    CheckedOptions,
    check_kind,
    check_options,
    check_task_name,
    check_text,
    listed,
)
from jobs.submit.references import OptionReferences
from jobs.submit.requests import JobRequest

# The task name of chat lines, besides the names in the registry.
CHAT_TASK = "chat.completions"
MAX_CUSTOM_ID_CHARS = 512
MAX_ERRORS = 20  # of one line: the error file must stay small
MAX_POINTER_CHARS = 200

_WHOLE_BATCH = ("not_before", "deadline")
_COLUMN = re.compile(r" at line \d+ column (\d+)$")


@dataclass(frozen=True, slots=True)
class Line:
    """A valid line. `number` counts lines from 1, blank lines included.

    A line for `/v1/jobs` has a `request` in the bulk lane, and its `options` unless it was checked
    before; a line for `/v1/chat/completions` has a `chat`, its body: `chat.engine_request` is what
    the engine gets of it.
    """

    number: int
    custom_id: str
    url: LineUrl
    request: JobRequest | None = None
    options: CheckedOptions | None = None
    chat: Mapping[str, Any] | None = None

    @property
    def task(self) -> str:
        return self.request.task if self.request is not None else CHAT_TASK

    @property
    def text(self) -> str | None:
        """The text of a job whose input is a text."""
        job_input = self.request.input if self.request is not None else None
        return job_input.text if job_input is not None else None

    @property
    def document_id(self) -> str | None:
        """The document of a job whose input is a document."""
        job_input = self.request.input if self.request is not None else None
        return job_input.document_id if job_input is not None else None

    @property
    def references(self) -> OptionReferences:
        """What the options of a job refer to; empty for a line that was not checked."""
        return self.options.references if self.options is not None else OptionReferences()

    @property
    def model(self) -> ModelChoice | None:
        return self.request.model if self.request is not None else None

    @property
    def callback_url(self) -> str | None:
        return self.request.callback_url if self.request is not None else None


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line is refused. `code` is a key of `PROBLEM_TYPES`; `custom_id` is None if the line
    has no valid one; each of `errors` has a JSON pointer into the line (RFC 6901).
    """

    code: str
    detail: str
    line: int
    custom_id: str | None = None
    errors: Sequence[Mapping[str, Any]] = ()


class LineProblemError(Exception):
    """A line is invalid."""

    def __init__(self, problem: LineProblem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class _Invalid(Exception):
    """The problem of a line, without its number and `custom_id`."""

    def __init__(self, code: str, detail: str, errors: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = errors


def parse_line(
    data: bytes,
    number: int,
    endpoint: str | None = None,
    *,
    max_text_chars: int | None = None,
    department: str | None = None,
    checked: bool = False,
    screen: Callable[[str], None] | None = None,
) -> Line:
    """Parse and check a line.

    `endpoint`: the only `url` allowed; None allows all. `max_text_chars`: None for no limit.
    `department`: its tasks are allowed; None allows all tasks. `screen`: raises a `ProblemError`
    for a text that must be refused. With `checked`, task and options are not checked again: the
    task may have been changed or removed since the file was indexed.

    Members other than OpenAI's four are ignored. Documents and callback URLs are not looked up
    here.

    Raises `LineProblemError`: `invalid-json`, `invalid-request`, `unknown-task`, `document-empty`,
    `text-too-long`, and what `screen` raises.
    """
    custom_id = None
    try:
        members = _object(data)
        custom_id = _custom_id(members.get("custom_id"))
        url = _url(members, endpoint)
        body = members.get("body")
        if not isinstance(body, dict):
            _refuse("#/body", "Give an object.")
        if url is LineUrl.chat:
            if not checked:
                _check_chat(body)
            line, texts = Line(number, custom_id, url, chat=body), _chat_texts(body)
        else:
            request = _job_request(body)
            options = None if checked else _check_job(request, max_text_chars, department)
            line = Line(number, custom_id, url, request, options)
            texts = _job_texts(line)
        _screen_texts(texts, screen)
    except _Invalid as error:
        # `from None`: the problem must not keep the line in memory through its traceback.
        raise LineProblemError(
            LineProblem(error.code, error.detail, number, custom_id, error.errors)
        ) from None
    return line


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = from_json(data, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        raise _Invalid("invalid-json", _json_error(data, str(error))) from None
    if not isinstance(value, dict):
        detail = "The line is JSON, but not an object. Write one object on each line."
        raise _Invalid("invalid-json", detail)
    return value


def _json_error(data: bytes, message: str) -> str:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return f"The line is not UTF-8 at byte {error.start + 1}. Save the file as UTF-8."
    match = _COLUMN.search(message)
    if match is None:
        return f"The line is not JSON: {message}."
    # The parser counts bytes; editors count characters.
    column = len(data[: int(match[1]) - 1].decode(errors="ignore")) + 1
    return f"The line is not JSON: {message[: match.start()]} at column {column}."


def _custom_id(value: Any) -> str:
    if not isinstance(value, str) or not value:
        _refuse("#/custom_id", "Give a string that is unique in the file.")
    if len(value) > MAX_CUSTOM_ID_CHARS:
        _refuse("#/custom_id", f"It may have at most {MAX_CUSTOM_ID_CHARS} characters.")
    return value


def _url(members: Mapping[str, Any], endpoint: str | None) -> LineUrl:
    if members.get("method") != "POST":
        _refuse("#/method", "It must be `POST`.")
    try:
        url = LineUrl(str(members.get("url")))
    except ValueError:
        _refuse("#/url", f"It must be {' or '.join(f'`{one.value}`' for one in LineUrl)}.")
    if endpoint is not None and url != endpoint:
        _refuse("#/url", f"It must be `{endpoint}`, the `endpoint` of the batch.")
    return url


def _check_chat(body: Mapping[str, Any]) -> None:
    # Here because its models take 20 ms of the start of each process, and few read chats.
    from jobs.batches.input.chat import ChatRejected, check_chat  # noqa: PLC0415

    try:
        check_chat(body)
    except ChatRejected as error:
        raise _invalid(listed(error.errors, prefix=("body",))) from None


def _chat_texts(body: Mapping[str, Any]) -> Iterator[str]:
    from jobs.batches.input.chat import texts_of  # noqa: PLC0415 - see above

    return texts_of(body)


def _job_texts(line: Line) -> Iterator[str]:
    """The texts in a job's input and options."""
    yield line.text or ""
    yield from line.references.texts


def _screen_texts(texts: Iterable[str], screen: Callable[[str], None] | None) -> None:
    if screen is None:
        return
    try:
        for text in texts:
            screen(text)
    except ProblemError as error:
        raise _Invalid(error.problem.code, error.problem.detail) from None


def _job_request(body: dict[str, Any]) -> JobRequest:
    for name in _WHOLE_BATCH:
        if body.get(name) is not None:
            _refuse(f"#/body/{name}", "Give it for the whole batch, in its `metadata`.")
    if body.get("lane", Lane.bulk) != Lane.bulk:
        _refuse("#/body/lane", "Give the lane for the whole batch, in its `metadata`.")
    try:
        request = JobRequest.model_validate(body := {**body, "lane": Lane.bulk})
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        raise _invalid(listed(errors, body, prefix=("body",), model=JobRequest)) from None
    return request


def _check_job(
    request: JobRequest, max_text_chars: int | None, department: str | None
) -> CheckedOptions:
    try:
        return _check_task_and_texts(request, max_text_chars, department)
    except ProblemError as error:
        raise _Invalid(error.problem.code, error.problem.detail) from None


def _check_task_and_texts(
    request: JobRequest, max_text_chars: int | None, department: str | None
) -> CheckedOptions:
    check_task_name(request.task, department)
    options = check_options(request.task, request.options)
    if options.errors:
        raise _invalid(
            [{**one, "pointer": f"#/body{one['pointer'][1:]}"} for one in options.errors]
        )
    if request.input is None:
        _refuse("#/body/input", "Give either `text` or `document_id`.")
    text = request.input.text
    if text is not None:
        check_kind(request.task, PLAIN_TEXT)
    for each in [*options.references.texts, *([text] if text is not None else [])]:
        check_text(each, len(each) if max_text_chars is None else max_text_chars)
    return options


def _refuse(pointer: str, detail: str) -> NoReturn:
    raise _invalid([{"pointer": pointer, "detail": detail}])


def _invalid(errors: Sequence[Mapping[str, Any]]) -> _Invalid:
    return _Invalid(
        "invalid-request",
        "The line is invalid; `errors` lists what to correct.",
        [{**one, "pointer": one["pointer"][:MAX_POINTER_CHARS]} for one in errors[:MAX_ERRORS]],
    )
