"""A document that was not checked in full for secrecy markings is not kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from documents.document import Block, Document
from documents.errors import PagesUnread, SecrecyUnchecked
from documents.limits import ReadLimits
from jobs.model.department import Department
from jobs.model.job import StoredDocument
from jobs.store import Folder, Store
from tasks.secrecy import Secrecy
from worker.run.inputs import Inputs
from worker.run.outcome import Outcome

TEXT = "Only this page was read."
UNREAD = Document(TEXT, (Block(0, len(TEXT), page=1),), "application/pdf", 3, (2, 3))
STORED = StoredDocument(
    "doc_1", "tax", "0" * 64, 3, "text/plain", None, "tax/doc_1", expires_at=datetime.now(UTC)
)
DEPARTMENT = Department("tax", (), ())


@dataclass
class Reading:
    """Reads `document`, and keeps a list of the documents that were removed."""

    document: Document = UNREAD
    department: Department = DEPARTMENT
    withdrawn: list[str] = field(default_factory=list)

    async def read(self, *_: object, **__: object) -> Document:
        return self.document

    async def get(self, _: str) -> Department:
        return self.department

    async def withdraw(self, stored: StoredDocument) -> None:
        self.withdrawn.append(stored.id)


async def read(reading: Reading, data_dir: Path, *, refuse: bool) -> None:
    ledger: Any = SimpleNamespace(departments=reading)
    anything: Any = reading
    store = Store(Folder(data_dir / "store"))
    stored = replace(STORED, blob=await store.put(b"notice", "tax", "doc_1"))
    limits = ReadLimits(10_000, 10)
    inputs = Inputs(ledger, store, anything, limits, anything, refuse_unchecked=refuse)
    job = SimpleNamespace(id="job_1", department="tax", task="summarize", options={}, model=None)
    await inputs.read(Outcome(SimpleNamespace(job=job, tries=0, document=stored)))  # type: ignore[arg-type]


async def test_a_document_with_unread_pages_is_removed(tmp_path: Path) -> None:
    reading = Reading()
    with pytest.raises(SecrecyUnchecked, match="2 pages"):
        await read(reading, tmp_path, refuse=True)
    assert reading.withdrawn == ["doc_1"]


async def test_it_is_kept_where_the_settings_or_the_department_allow_it(tmp_path: Path) -> None:
    allowed = Department("tax", (), (), allow_secrecy=Secrecy.top_secret)
    for reading, refuse in ((Reading(), False), (Reading(department=allowed), True)):
        with pytest.raises(PagesUnread):
            await read(reading, tmp_path, refuse=refuse)
        assert reading.withdrawn == []


async def test_a_document_that_was_read_in_full_is_kept(tmp_path: Path) -> None:
    reading = Reading(replace(UNREAD, unread_pages=()))
    await read(reading, tmp_path, refuse=True)
    assert reading.withdrawn == []
