"""One line of a batch's input file (JSONL as in OpenAI's Batch API), read and checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import from_json

from jobs.model.lanes import Lane
from jobs.model.problems import ProblemError
from jobs.model.roles import ModelChoice
from jobs.submit.checks import CheckedOptions, check_options, check_task_name, check_text, listed
from jobs.submit.references import OptionReferences
from jobs.submit.requests import JobRequest

# What a chat line's task is called, beside the names of the registry.
CHAT_TASK = "chat.completions"
MAX_CUSTOM_ID_CHARS = 512
MAX_ERRORS = 20  # of one line; what is told of it is to stay small
MAX_POINTER_CHARS = 200

_WHOLE_BATCH = ("not_before", "deadline")
_PLACE = re.compile(r" at line \d+ column (\d+)$")


class LineUrl(StrEnum):
    jobs = "/v1/jobs"
    chat = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that fits. `number` is its place in the file, from 1, blank lines counted.

    A line for `/v1/jobs` has a `request`, whose lane is `bulk`; one for `/v1/chat/completions` has
    a `chat`: the body that goes to the engine as it is.
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
        """The text of a job that brings its own."""
        given = self.request.input if self.request is not None else None
        return given.text if given is not None else None

    @property
    def document_id(self) -> str | None:
        """The document of a job that names one."""
        given = self.request.input if self.request is not None else None
        return given.document_id if given is not None else None

    @property
    def references(self) -> OptionReferences:
        """What the options of a job refer to; empty for a line that was not checked."""
        return self.options.references if self.options is not None else OptionReferences()

    @property
    def metadata(self) -> Mapping[str, Any]:
        return self.request.metadata if self.request is not None else {}

    @property
    def model(self) -> ModelChoice | None:
        return self.request.model if self.request is not None else None

    @property
    def callback_url(self) -> str | None:
        return self.request.callback_url if self.request is not None else None


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line is refused. `code` is one of `jobs.model.problems.TITLES`; `custom_id` is None
    where the line gives none that can be used; each of `errors` points into the line (RFC 6901)."""

    code: str
    detail: str
    line: int
    custom_id: str | None = None
    errors: Sequence[Mapping[str, Any]] = ()


class LineProblemError(Exception):
    """A line does not fit."""

    def __init__(self, problem: LineProblem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class _Misfit(Exception):
    """What is wrong, before it is known whose line it is."""

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
    taken: bool = False,
    screen: Callable[[str], None] | None = None,
) -> Line:
    """Read and check a line. `endpoint` is the only url that it may have, where that is given;
    `max_text_chars` is the longest text taken, without limit for a line that was checked before;
    `department` may not ask for every task, where it is given; `screen` raises a `ProblemError` for
    a text that is not taken. Of a line that was `taken` before, task and options are not looked at
    again: the task may be another by now, or none.

    More members than OpenAI's four are no error. Whether a document exists and a callback is
    allowed is not checked here.

    Raises `LineProblemError`: `invalid-json`, `invalid-request`, `unknown-task`, `document-empty`,
    `text-too-long`, and what `screen` raises.
    """
    custom_id = None
    try:
        given = _object(data)
        custom_id = _custom_id(given.get("custom_id"))
        url = _url(given, endpoint)
        body = given.get("body")
        if not isinstance(body, dict):
            _refuse("#/body", "Give an object.")
        if url is LineUrl.chat:
            _check_chat(body)
            line, words = Line(number, custom_id, url, chat=body), _chat_words(body)
        else:
            request = _job_request(body)
            options = None if taken else _check_job(request, max_text_chars, department)
            line = Line(number, custom_id, url, request, options)
            words = _job_words(line)
        _check_words(words, screen)
    except _Misfit as misfit:
        # Without a cause: what is kept of a bad line must not keep the line itself.
        raise LineProblemError(
            LineProblem(misfit.code, misfit.detail, number, custom_id, misfit.errors)
        ) from None
    return line


def _object(data: bytes) -> dict[str, Any]:
    try:
        given = from_json(data, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        raise _Misfit("invalid-json", _why_no_json(data, str(error))) from None
    if not isinstance(given, dict):
        raise _Misfit("invalid-json", "The line is JSON, but not an object. Send one a line.")
    return given


def _why_no_json(data: bytes, said: str) -> str:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return f"The line is not UTF-8 from its byte {error.start + 1} on. Save the file as UTF-8."
    place = _PLACE.search(said)
    if place is None:
        return f"The line is not JSON: {said}."
    # Counted in bytes by the reader, in characters by whoever looks at the line.
    column = len(data[: int(place[1]) - 1].decode(errors="ignore")) + 1
    return f"The line is not JSON: {said[: place.start()]} at column {column}."


def _custom_id(given: Any) -> str:
    if not isinstance(given, str) or not given:
        _refuse("#/custom_id", "Give a text that no other line of the file has.")
    if len(given) > MAX_CUSTOM_ID_CHARS:
        _refuse("#/custom_id", f"It may have {MAX_CUSTOM_ID_CHARS} characters at most.")
    return given


def _url(given: Mapping[str, Any], endpoint: str | None) -> LineUrl:
    if given.get("method") != "POST":
        _refuse("#/method", "It must be `POST`.")
    try:
        url = LineUrl(str(given.get("url")))
    except ValueError:
        _refuse("#/url", f"It must be {' or '.join(f'`{one.value}`' for one in LineUrl)}.")
    if endpoint is not None and url != endpoint:
        _refuse("#/url", f"It must be `{endpoint}`, the `endpoint` of the batch.")
    return url


def _check_chat(body: Mapping[str, Any]) -> None:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        _refuse("#/body/messages", "Give a list of at least one message.")
    if body.get("stream") not in (None, False):
        _refuse("#/body/stream", "A line's answer is not streamed. Leave it out.")


def _chat_words(body: Mapping[str, Any]) -> Iterator[str]:
    """What the messages of a chat say, whichever way they say it."""
    for message in body["messages"]:
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else [content]:
            words = part.get("text") if isinstance(part, dict) else part
            if isinstance(words, str):
                yield words


def _job_words(line: Line) -> Iterator[str]:
    """The texts that a job brings along, those in its options too."""
    yield line.text or ""
    yield from line.references.texts


def _check_words(texts: Iterable[str], screen: Callable[[str], None] | None) -> None:
    if screen is None:
        return
    try:
        for text in texts:
            screen(text)
    except ProblemError as error:
        raise _Misfit(error.problem.code, error.problem.detail) from None


def _job_request(body: dict[str, Any]) -> JobRequest:
    for name in _WHOLE_BATCH:
        if body.get(name) is not None:
            _refuse(f"#/body/{name}", "It is given for the whole batch, in its `metadata`.")
    if body.get("lane", Lane.bulk) != Lane.bulk:
        _refuse("#/body/lane", "The lane is given for the whole batch, in its `metadata`.")
    try:
        request = JobRequest.model_validate({**body, "lane": Lane.bulk})
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise _unfit(listed(found, prefix=("body",))) from None
    return request


def _check_job(
    request: JobRequest, max_text_chars: int | None, department: str | None
) -> CheckedOptions:
    try:
        return _check_task_and_texts(request, max_text_chars, department)
    except ProblemError as error:
        raise _Misfit(error.problem.code, error.problem.detail) from None


def _check_task_and_texts(
    request: JobRequest, max_text_chars: int | None, department: str | None
) -> CheckedOptions:
    check_task_name(request.task, department)
    options = check_options(request.task, request.options)
    if options.errors:
        raise _unfit([{**one, "pointer": f"#/body{one['pointer'][1:]}"} for one in options.errors])
    if request.input is None:
        _refuse("#/body/input", "Give either `text` or `document_id`.")
    text = request.input.text
    for each in [*options.references.texts, *([text] if text is not None else [])]:
        check_text(each, len(each) if max_text_chars is None else max_text_chars)
    return options


def _refuse(pointer: str, detail: str) -> NoReturn:
    raise _unfit([{"pointer": pointer, "detail": detail}])


def _unfit(errors: Sequence[Mapping[str, Any]]) -> _Misfit:
    return _Misfit(
        "invalid-request",
        "Something in the line does not fit; `errors` says what.",
        [{**one, "pointer": one["pointer"][:MAX_POINTER_CHARS]} for one in errors[:MAX_ERRORS]],
    )
