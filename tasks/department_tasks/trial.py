"""A test case of a task's file, tried on an engine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from documents.document import Document
from documents.errors import WorkError
from documents.limits import ReadLimits
from documents.read import read
from documents.readers.text import read_characters
from tasks.department_tasks.definition import Case, Expectation
from tasks.department_tasks.file import OwnFile
from tasks.department_tasks.result import OwnResult
from tasks.department_tasks.result_paths import texts_in, values_at
from tasks.department_tasks.run import task_of
from tasks.engine import Engine
from tasks.errors import ChecksFailed

LIMITS = ReadLimits(max_chars=1_000_000, max_pages=1_000, ocr_pages=200)
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Outcome:
    """`differences` is what was not as expected: none where the case passed."""

    case: str
    differences: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.differences


def case_document(file: OwnFile, case: Case) -> Document:
    """The case's text, or its file, read. Raises a `DocumentError`, and `OSError`."""
    if case.file is not None:
        return read(file.path.parent / case.file, LIMITS)
    return read_characters(case.text or "", LIMITS)


async def try_case(file: OwnFile, case: Case, document: Document, engine: Engine) -> Outcome:
    """Run the task on the case. Raises nothing that the engine or the model does."""
    task = task_of(file.definition, file.digest)
    options = task.options.model_validate(case.options)
    began = time.monotonic()
    try:
        result = await task.run(document, options, engine)
    except ChecksFailed as error:
        differences = [f"{error.code}: {error.said}"]
    except WorkError as error:
        differences = [f"{error.code}: {error}"]
    else:
        differences = list(differences_of(case.expect, result))
    return Outcome(case.name, tuple(differences), time.monotonic() - began)


def differences_of(expected: Expectation, result: OwnResult) -> Iterator[str]:
    """What of the result is not as the case expects."""
    for place, value in expected.equal.items():
        found = [one for _, one in values_at(result.data, place)]
        if not found:
            yield f"nothing is at {place}"
        yield from (
            f"{place} is {_shown(one)}, not {_shown(value)}" for one in found if one != value
        )
    for place, words in expected.contains.items():
        said = "\n".join(text for _, one in values_at(result.data, place) for text in texts_in(one))
        yield from (f"{place} does not contain “{one}”" for one in words if one not in said)
    for report in result.checks:
        if report.check in expected.passes and not report.passed:
            first = report.failures[0]
            yield f"{report.check} failed at {first.path}: {first.detail}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
