"""No task takes a part of a document for the whole."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from documents.document import Block, Document
from documents.errors import PagesUnread
from jobs.model.job import Usage
from jobs.model.lanes import Lane
from jobs.process.settings import CascadeSettings
from worker.run.cascade import Cascade
from worker.run.inputs import DocumentInput
from worker.run.work import Outcome, Work

WORDS = "Only this page was read."
UNREAD = tuple(range(2, 9))


async def outcome(task: str, unread: tuple[int, ...]) -> Outcome:
    document = Document(WORDS, (Block(0, len(WORDS), page=1),), "application/pdf", 8, unread)

    async def of(_: object) -> DocumentInput:
        return DocumentInput(document, {}, "0" * 64, None)

    async def give_references(*_: object) -> None:
        """None of the tasks here names a document."""

    session = SimpleNamespace(usage=Usage(), asked=None)
    engine: Any = SimpleNamespace(model="m", session=lambda **_: session)
    inputs: Any = SimpleNamespace(of=of, give_references=give_references)
    cascade = Cascade(engine, None, CascadeSettings())
    work = Work(inputs=inputs, cascade=cascade, timeout_seconds=10)
    job = SimpleNamespace(id="job_1", task=task, lane=Lane.interactive)
    lease: Any = SimpleNamespace(claim=SimpleNamespace(job=job, tries=0), progress=None)
    return await work.do(lease)


@pytest.mark.parametrize("task", ["summarize"])
async def test_a_task_fails_over_pages_that_nobody_read(task: str) -> None:
    error = (await outcome(task, UNREAD)).error
    assert isinstance(error, PagesUnread)
    assert "7 of 8 pages" in str(error)
    assert "2, 3, 4, 5, 6…" in str(error)


async def test_parse_says_which_they_are() -> None:
    found = await outcome("parse", UNREAD)
    assert found.error is None
    assert found.result is not None
    assert b'"unread_pages":[2,3,4,5,6,7,8]' in found.result
