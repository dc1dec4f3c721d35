"""Corrected results as test cases, in the form that `chancery task test` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

from jobs.model.job import Job
from tasks.department_tasks.limits import MOST_CASE_CHARACTERS
from tasks.department_tasks.result_paths import values_at

# Result paths of test cases are within the `data` of a department task's result.
_DATA = "/data"
_NAME_CHARACTERS = 100


class CaseSource(BaseModel):
    """What a job worked on: a `text`, or a document."""

    text: str | None = None
    document_id: str | None = None
    filename: str | None = None
    media_type: str | None = None


class CaseExpectation(BaseModel):
    equal: Mapping[str, Any]


class CaseView(BaseModel):
    """A test case: the input of a job, and what a person corrected in its result."""

    name: str = Field(description="The id of the job.")
    text: str | None = None
    file: str | None = Field(None, description="A file name; `document_id` has its content.")
    document_id: str | None = None
    options: Mapping[str, Any]
    expect: CaseExpectation


class CasesView(BaseModel):
    """A page of test cases. `next_cursor` is null on the last page.

    `missing`: corrections of this page that are left out, because the document of their job, or the
    store's copy of the case, is gone.
    """

    task: str
    cases: Sequence[CaseView]
    missing: int = 0
    next_cursor: str | None


def case_of(
    job: Job,
    source: CaseSource,
    options: Mapping[str, Any],
    result: Any,
    changed: Sequence[str],
) -> CaseView:
    """The test case of a correction. It expects the corrected values, not those removed."""
    text = source.text
    if text is not None and not 0 < len(text) <= MOST_CASE_CHARACTERS:
        text = None
    in_file = text is None
    name = f"{job.id}-{_file_name(source.filename)}"
    return CaseView(
        name=job.id,
        text=text,
        file=name if in_file else None,
        document_id=source.document_id if in_file else None,
        options=options,
        expect=CaseExpectation(equal=dict(_expected(result, changed))),
    )


def _expected(result: Any, changed: Sequence[str]) -> Sequence[tuple[str, Any]]:
    in_data = [path for path in changed if path.startswith(f"{_DATA}/")]
    values = result if not in_data else result["data"]
    paths = [path.removeprefix(_DATA) for path in in_data] if in_data else changed
    return [(path, value) for path in paths for _, value in values_at(values, path)]


def _file_name(filename: str | None) -> str:
    """A name without folders, such as `notice.pdf`."""
    plain = (filename or "document").replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in plain if char.isprintable())[-_NAME_CHARACTERS:] or "document"
