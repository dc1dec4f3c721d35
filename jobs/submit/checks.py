"""Checks of a job request, for `POST /v1/jobs` and for the lines of a batch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from documents.errors import WorkError
from documents.isolation.compute import INLINE_BYTES, compute
from documents.kinds import kind_names
from jobs.model.problems import ProblemError
from jobs.submit.references import OptionReferences
from jobs.submit.schema_hints import hints_of
from jobs.submit.validation_texts import nearest, validation_text
from tasks.registry import TASKS, tasks_for

# How many errors say what would be right; the api shows 20.
_HINTS = 20
_CACHED_OPTIONS = 256
_CACHED_MAX_BYTES = 64 * 1024
# The time of a processor for validating options; 10 ms is usual for the longest.
_MAX_SECONDS = 0.5
_TOO_SLOW = "Checking the options takes too long. Shorten or simplify them."
_INVALID_REQUEST = "The request is invalid; `errors` lists what to correct."


@dataclass(frozen=True, slots=True)
class CheckedOptions:
    """The result of validating a task's options.

    `errors` lists what is invalid; then the rest is empty. `canonical` is their JSON with the
    defaults filled in: equal for options with the same meaning. `model` is shared by all requests
    with these options; copy it before changing it.
    """

    errors: Sequence[Mapping[str, Any]] = ()
    canonical: bytes = b""
    model: BaseModel | None = None
    references: OptionReferences = field(default_factory=OptionReferences)


def invalid_request(
    errors: Sequence[ErrorDetails], value: Any = None, model: type[BaseModel] | None = None
) -> ProblemError:
    """Pydantic's errors as a problem, each with a JSON pointer (RFC 6901) into the request.

    `value` and `model`: see `listed`.
    """
    return ProblemError(
        "invalid-request", _INVALID_REQUEST, errors=listed(errors, value, model=model)
    )


def invalid_field(pointer: str, detail: str) -> ProblemError:
    """The problem for one invalid member; `pointer` is its JSON pointer (RFC 6901)."""
    errors = [{"pointer": pointer, "detail": detail}]
    return ProblemError("invalid-request", _INVALID_REQUEST, errors=errors)


def listed(
    errors: Sequence[ErrorDetails | Mapping[str, Any]],
    value: Any = None,
    *,
    prefix: tuple[str, ...] = (),
    model: type[BaseModel] | None = None,
) -> list[dict[str, Any]]:
    """Pydantic's errors as a problem's `errors`; `prefix` is the path to the validated `value`.

    Pydantic's locations also name branches of unions, and validators. With `value` the pointers
    name only what is there, or a member that is missing. With `model`, which refused the value,
    the first errors say what would be right.
    """
    hints = hints_of(model) if model is not None else None
    entries = []
    for number, error in enumerate(errors):
        path = tuple(_path(error, value))
        pointer = "".join(f"/{_escape(part)}" for part in (*prefix, *path))
        detail = validation_text(error, path, value, hints if number < _HINTS else None)
        entries.append({"pointer": f"#{pointer}", "detail": detail})
    return entries


def _path(error: ErrorDetails | Mapping[str, Any], value: Any) -> Iterator[str | int]:
    location: tuple[str | int, ...] = error["loc"]
    if value is None:
        yield from location
        return
    for index, part in enumerate(location):
        if _has(value, part):
            value = value[part]
        elif error["type"] != "missing" or index < len(location) - 1:
            continue
        yield part


def _has(value: Any, part: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, Mapping) and part in value


async def check_task(task: str, options: Mapping[str, Any], department: str) -> CheckedOptions:
    """Check a request's task and options.

    Raises `ProblemError`: `unknown-task`, `invalid-request`, or why a process could not check them.
    """
    check_task_name(task, department)
    try:
        checked = await validate_options(task, options)
    except WorkError as error:
        raise ProblemError(error.code, str(error)) from error
    if checked.errors:
        raise ProblemError("invalid-request", _INVALID_REQUEST, errors=checked.errors)
    return checked


async def validate_options(task: str, options: Mapping[str, Any]) -> CheckedOptions:
    """As `check_options`, for an event loop: long options are first validated in a process."""
    options_json = to_json(options)
    if len(options_json) > INLINE_BYTES:
        errors = await compute(validation_errors, task, options_json)
        if errors:
            return CheckedOptions(errors=errors)
    return _validate(task, options_json)


def validation_errors(task: str, options_json: bytes) -> list[dict[str, Any]]:
    """What is invalid in the options of a task, or that validating them takes too long."""
    began = time.process_time()
    options = from_json(options_json)
    try:
        TASKS[task].options.model_validate(options)
    except ValidationError as error:
        model = TASKS[task].options
        return listed(error.errors(), options, prefix=("options",), model=model)
    if time.process_time() - began > _MAX_SECONDS:
        return [{"pointer": "#/options", "detail": _TOO_SLOW}]
    return []


def check_task_name(task: str, department: str | None) -> None:
    """Raises `ProblemError`: `unknown-task`, also for a task of other departments.

    With `department` None the tasks of all departments are allowed.
    """
    known = TASKS if department is None else tasks_for(department)
    if task not in known:
        meant = nearest(task, sorted(known))
        raise ProblemError(
            "unknown-task",
            (f"Did you mean `{meant}`? " if meant else "")
            + f"The tasks are: {', '.join(sorted(known))}. GET /v1/tasks describes them.",
        )


def check_kind(task: str, media_type: str) -> None:
    """Raises `ProblemError("document-not-accepted")` if the task does not take such a document."""
    accepts = TASKS[task].accepts
    if accepts is not None and media_type not in accepts:
        raise ProblemError(
            "document-not-accepted",
            f"The task `{task}` takes documents of the kind {kind_names(accepts)}; this one is "
            f"{kind_names([media_type])}.",
            accepts=sorted(accepts),
            media_type=media_type,
        )


def check_options(task: str, options: Mapping[str, Any]) -> CheckedOptions:
    """Validate the options (JSON values) of an existing task. May take some 10 ms for a schema.

    Results are cached: the lines of a batch, and repeated requests, mostly have equal options.
    """
    return _validate(task, to_json(options))


def check_text(text: str, max_chars: int) -> None:
    """Raises `ProblemError`: `document-empty` or `text-too-long`."""
    if not text or text.isspace():
        raise ProblemError("document-empty", "The text is empty. Send a text.")
    if len(text) > max_chars:
        raise ProblemError(
            "text-too-long",
            f"The text has {len(text)} characters; the limit is {max_chars}.",
            max_text_chars=max_chars,
        )


def _validate(task: str, options_json: bytes) -> CheckedOptions:
    model: type[BaseModel] = TASKS[task].options
    if len(options_json) > _CACHED_MAX_BYTES:  # long texts, which differ from request to request
        return _validated(model, options_json)
    return _validated_cached(model, options_json)


def _validated(model: type[BaseModel], options_json: bytes) -> CheckedOptions:
    value = from_json(options_json)
    try:
        options = model.model_validate(value)
    except ValidationError as error:
        errors = listed(error.errors(), value, prefix=("options",), model=model)
        return CheckedOptions(errors=errors)
    return CheckedOptions(
        canonical=options.model_dump_json().encode(),
        model=options,
        references=OptionReferences.of(options),
    )


_validated_cached = lru_cache(_CACHED_OPTIONS)(_validated)


def _escape(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
