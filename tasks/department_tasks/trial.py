"""Runs the test cases of a task's file on an engine."""

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
from tasks.department_tasks.models import OwnResult
from tasks.department_tasks.result_paths import texts_in, values_at
from tasks.department_tasks.run import task_of
from tasks.engine import Engine
from tasks.errors import ChecksFailed

LIMITS = ReadLimits(max_chars=1_000_000, max_pages=1_000, ocr_pages=200)
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one case; `differences` from what it expects are empty if it passed."""

    case: str
    differences: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.differences


def case_document(file: OwnFile, case: Case) -> Document:
    """Read the case's text or file. Raises `DocumentError` and `OSError`."""
    if case.file is not None:
        return read(file.path.parent / case.file, LIMITS)
    return read_characters(case.text or "", LIMITS)


async def try_case(file: OwnFile, case: Case, document: Document, engine: Engine) -> Outcome:
    """Run the task on the case. Failures of the engine or the model are in the outcome."""
    task = task_of(file.definition, file.digest)
    options = task.options.model_validate(case.options)
    started = time.monotonic()
    try:
        result = await task.run(document, options, engine)
    except ChecksFailed as error:
        differences = [f"{error.code}: {error.faults}"]
    except WorkError as error:
        differences = [f"{error.code}: {error}"]
    else:
        differences = list(differences_of(case.expect, result))
    return Outcome(case.name, tuple(differences), time.monotonic() - started)


def differences_of(expected: Expectation, result: OwnResult) -> Iterator[str]:
    """How the result differs from what the case expects."""
    for path, value in expected.equal.items():
        actual = [one for _, one in values_at(result.data, path)]
        if not actual:
            yield f"there is no value at {path}"
        yield from (
            f"{path} is {_shown(one)}, not {_shown(value)}" for one in actual if one != value
        )
    for path, words in expected.contains.items():
        text = "\n".join(one for _, at in values_at(result.data, path) for one in texts_in(at))
        yield from (f"{path} does not contain “{word}”" for word in words if word not in text)
    for report in result.checks:
        if report.check in expected.passes and not report.passed:
            first = report.failures[0]
            yield f"{report.check} failed at {first.path}: {first.detail}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
