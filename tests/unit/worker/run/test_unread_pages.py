"""Documents with unread pages fail every task that needs the whole text."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from documents.document import Block, Document
from documents.errors import PagesUnread
from documents.limits import ReadLimits
from jobs.ledger import Ledger
from jobs.model.job import StoredDocument
from jobs.model.lanes import Lane
from jobs.process.settings import CascadeSettings, RedisSettings
from worker.engine.requests.cache_salts import CacheSalts
from worker.run.cascade import Cascade
from worker.run.inputs import Inputs
from worker.run.outcome import Outcome
from worker.run.task import run_task

TEXT = "Only this page was read."
UNREAD = tuple(range(2, 9))
STORED = StoredDocument(
    "doc_1", "tax", "0" * 64, 3, "text/plain", None, "tax/doc_1", datetime.now(UTC)
)


async def result_of(task: str, unread: tuple[int, ...]) -> bytes:
    document = Document(TEXT, (Block(0, len(TEXT), page=1),), "application/pdf", 8, unread)

    async def read(*_: object, **__: object) -> Document:
        return document

    store: Any = SimpleNamespace(readable=lambda blob: nullcontext(Path(blob)))
    reading: Any = SimpleNamespace(read=read)
    nothing: Any = None
    inputs = Inputs(nothing, store, reading, ReadLimits(10_000, 10), nothing)
    job = SimpleNamespace(
        id="job_1", department="tax", task=task, lane=Lane.interactive, options={}, model=None
    )
    claim: Any = SimpleNamespace(job=job, tries=0, document=STORED)
    lease: Any = SimpleNamespace(claim=claim, progress=None)
    engine: Any = SimpleNamespace(model="m")
    outcome = Outcome(claim)
    cascade = Cascade(
        engine, None, CascadeSettings(), CacheSalts(Ledger(RedisSettings()), shared=True)
    )
    return await run_task(lease, outcome, await inputs.read(outcome), cascade)


@pytest.mark.parametrize("task", ["summarize"])
async def test_a_task_fails_over_unread_pages(task: str) -> None:
    with pytest.raises(PagesUnread, match=r"7 of 8 pages .* 2, 3, 4, 5, 6…"):
        await result_of(task, UNREAD)


async def test_parse_lists_the_unread_pages() -> None:
    assert b'"unread_pages":[2,3,4,5,6,7,8]' in await result_of("parse", UNREAD)
