"""Checks a corrected result: it has to be a result of the task for the job's options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from jobs.submit.checks import listed
from tasks.errors import OptionsMisfit, TaskGone
from tasks.model.schema_parts import pointer
from tasks.registry import TASKS
from tasks.task import ResultFault, Task

MOST_CHANGES = 200
_MOST_UNKNOWN = 20
_PREFIX = ("result",)


@dataclass(frozen=True, slots=True)
class CheckedCorrection:
    """`errors`: what is wrong, with JSON pointers into the request; then the rest is empty.

    `result`: the corrected result as JSON. `changed`: JSON pointers of what differs from the result
    of the run; `not_listed`: how many more there are.
    """

    errors: list[dict[str, Any]]
    result: str = ""
    changed: tuple[str, ...] = ()
    not_listed: int = 0


def check_correction(
    task: str, options_json: bytes, run_result: bytes, corrected: bytes
) -> CheckedCorrection:
    """Raises `TaskGone`, and `OptionsMisfit` if the job's options no longer fit the task."""
    known = TASKS.get(task)
    if known is None:
        raise TaskGone("The task is no longer offered, so that a correction cannot be checked.")
    value = from_json(corrected)
    try:
        result: BaseModel = known.result.model_validate_json(corrected, strict=True)
    except ValidationError as error:
        return CheckedCorrection(listed(error.errors(), value, prefix=_PREFIX))
    text = result.model_dump_json()
    whole = from_json(text)
    unknown = islice(_unknown(value, whole, ()), _MOST_UNKNOWN)
    errors = [_error(steps, "The task's result has no such member.") for steps in unknown]
    errors += [_error(steps, fault) for steps, fault in _faults(known, options_json, result)]
    if errors:
        return CheckedCorrection(errors)
    changes = _differences(_as_written_now(known, run_result), whole, ())
    changed = tuple(islice(changes, MOST_CHANGES))
    return CheckedCorrection([], text, changed, sum(1 for _ in changes))


def _as_written_now(task: Task[Any, Any], run_result: bytes) -> Any:
    """The run's result with the members that the task's result has got since, at their defaults."""
    try:
        return from_json(task.result.model_validate_json(run_result).model_dump_json())
    except ValidationError:
        return from_json(run_result)


def _faults(task: Task[Any, Any], options_json: bytes, result: BaseModel) -> Iterator[ResultFault]:
    if task.result_faults is None:
        return
    try:
        options = task.options.model_validate(from_json(options_json))
    except ValidationError as error:
        raise OptionsMisfit(
            f"The task is now {task.name} {task.version}, which does not accept the job's options. "
            "Approve the result unchanged, or reject it."
        ) from error
    yield from task.result_faults(options, result)


def _error(steps: tuple[str | int, ...], detail: str) -> dict[str, Any]:
    return {"pointer": f"#{pointer(*_PREFIX, *steps)}", "detail": detail}


def _unknown(
    value: Any, known: Any, steps: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    """Members of `value` that its model dropped."""
    if isinstance(value, dict) and isinstance(known, dict):
        for name, member in value.items():
            if name not in known:
                yield (*steps, name)
            else:
                yield from _unknown(member, known[name], (*steps, name))
    elif isinstance(value, list) and isinstance(known, list):
        for index, (item, other) in enumerate(zip(value, known, strict=False)):
            yield from _unknown(item, other, (*steps, index))


def _differences(before: Any, after: Any, steps: tuple[str | int, ...]) -> Iterator[str]:
    """The innermost values that differ; a list whose length changed as a whole."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            if name in before and name in after:
                yield from _differences(before[name], after[name], (*steps, name))
            else:
                yield pointer(*steps, name)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differences(one, other, (*steps, index))
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield pointer(*steps)
