"""What a job request must fit, whichever way it came: as a call, or as a line of a batch's file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from jobs.model.problems import ProblemError
from jobs.submit.references import Named
from tasks.registry import TASKS, tasks_for

_OPTIONS_REMEMBERED = 256
_REMEMBERED_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class CheckedOptions:
    """`canonical` is the JSON of the options with the defaults filled in: the same for all options
    that mean the same. It is empty where `errors` says what does not fit. `named` is what they name
    besides the document that is worked on.
    """

    canonical: bytes
    errors: Sequence[Mapping[str, Any]]
    named: Named = field(default_factory=Named)


def invalid_request(
    errors: Sequence[ErrorDetails], *, prefix: tuple[str, ...] = ()
) -> ProblemError:
    """Pydantic's findings as a problem, each with a JSON pointer (RFC 6901) into the request."""
    return ProblemError(
        "invalid-request",
        "Something in the request does not fit; `errors` says what.",
        errors=listed(errors, prefix=prefix),
    )


def listed(errors: Sequence[ErrorDetails], *, prefix: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Pydantic's findings as a problem's `errors`; `prefix` leads to what was checked."""
    return [
        {
            "pointer": "#" + "".join(f"/{_escaped(part)}" for part in (*prefix, *error["loc"])),
            "detail": error["msg"],
        }
        for error in errors
    ]


def check_task(task: str, options: Mapping[str, Any], department: str) -> BaseModel:
    """The task's options, read.

    Raises `ProblemError`: `unknown-task`, or `invalid-request` where the options do not fit.
    """
    check_task_name(task, department)
    try:
        checked: BaseModel = TASKS[task].options.model_validate(options)
    except ValidationError as error:
        raise invalid_request(error.errors(), prefix=("options",)) from error
    return checked


def check_task_name(task: str, department: str | None) -> None:
    """Raises `ProblemError`: `unknown-task`, also for a task that is for other departments.

    Without a department, every task is known.
    """
    known = TASKS if department is None else tasks_for(department)
    if task not in known:
        raise ProblemError(
            "unknown-task",
            f"The tasks are: {', '.join(sorted(known))}. GET /v1/tasks describes them.",
        )


def checked_options(task: str, options: Mapping[str, Any]) -> CheckedOptions:
    """As `check_task` checks them, but remembered: the lines of a batch mostly have the same, and
    to check a schema takes long. `task` must exist, and `options` must be from JSON."""
    given = to_json(options)
    model: type[BaseModel] = TASKS[task].options
    if len(given) > _REMEMBERED_BYTES:  # texts; they differ from line to line
        return _check(model, given)
    return _checked(model, given)


@lru_cache(_OPTIONS_REMEMBERED)
def _checked(model: type[BaseModel], options: bytes) -> CheckedOptions:
    return _check(model, options)


def _check(model: type[BaseModel], options: bytes) -> CheckedOptions:
    try:
        found = model.model_validate(from_json(options))
    except ValidationError as error:
        return CheckedOptions(b"", listed(error.errors(), prefix=("options",)))
    return CheckedOptions(found.model_dump_json().encode(), (), Named.in_options(found))


def check_text(text: str, max_chars: int) -> None:
    """Raises `ProblemError`: `document-empty` or `text-too-long`."""
    if not text or text.isspace():
        raise ProblemError("document-empty", "The text is empty. Send some.")
    if len(text) > max_chars:
        raise ProblemError(
            "text-too-long",
            f"The text has {len(text)} characters; {max_chars} are taken.",
            max_text_chars=max_chars,
        )


def _escaped(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
