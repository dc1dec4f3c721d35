"""The documents that options name: found at any depth, read once for many jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from pydantic import BaseModel

from documents.document import Document
from documents.errors import DocumentMissing, PagesUnread
from documents.limits import ReadLimits
from documents.readers.text import read_characters
from jobs.ledger import Ledger
from jobs.model.job import StoredDocument
from jobs.submit.references import OptionReferences
from tasks.references import DocumentRef, LibraryRef
from worker.run.references import References

LIMITS = ReadLimits(10_000, 10)


class Options(BaseModel):
    old: DocumentRef | None = None
    more: list[DocumentRef] = []
    by_name: dict[str, DocumentRef] = {}
    library: LibraryRef | None = None


def stored(document_id: str, department: str = "tax") -> StoredDocument:
    now = datetime.now(UTC)
    return StoredDocument(document_id, department, "0", 3, "text/plain", None, "text:words", now)


@dataclass
class FakeLedger:
    """A fake of the ledger's documents and libraries, and of the reader."""

    ids: Sequence[str]
    read: list[str] = field(default_factory=list)

    @property
    def documents(self) -> Any:
        return self

    @property
    def libraries(self) -> Any:
        return _Library(self)

    async def get(self, department: str, document_id: str) -> StoredDocument | None:
        return stored(document_id, department) if document_id in self.ids else None

    async def read_one(self, document: StoredDocument) -> Document:
        self.read.append(document.id)
        await asyncio.sleep(0)
        return read_characters(f"{document.id} " * 10, LIMITS)

    async def read_text(self, text: str) -> Document:
        return read_characters(text, LIMITS)

    def references(self, **more: Any) -> References:
        return References(cast("Ledger", self), self.read_one, self.read_text, **more)


@dataclass
class _Library:
    ledger: FakeLedger

    async def documents(self, department: str, name: str) -> Sequence[StoredDocument]:
        return [stored(one) for one in self.ledger.ids] if name == "laws" else []


def test_references_are_found_at_any_depth() -> None:
    options = Options.model_validate(
        {
            "old": {"document_id": "a"},
            "more": [{"text": "t"}, {"document_id": "b"}],
            "by_name": {"x": {"document_id": "c"}},
            "library": "laws",
        }
    )
    assert OptionReferences.of(options) == OptionReferences(
        frozenset("abc"), frozenset({"laws"}), ("t",)
    )


async def test_each_reference_gets_its_document() -> None:
    ledger = FakeLedger(["a", "b"])
    options = Options.model_validate(
        {"old": {"text": "words"}, "more": [{"document_id": "b"}], "library": "laws"}
    )
    await ledger.references().resolve("tax", options)
    assert options.old is not None
    assert options.old.document.text == "words"
    assert options.more[0].document.text.startswith("b")
    assert options.library is not None
    assert [one.text[0] for one in options.library.documents] == ["a", "b"]


async def test_jobs_that_start_together_read_a_library_once() -> None:
    ledger = FakeLedger(["a", "b", "c"])
    references = ledger.references()
    jobs = [Options.model_validate({"library": "laws"}) for _ in range(8)]
    await asyncio.gather(*(references.resolve("tax", options) for options in jobs))
    await references.resolve("tax", Options.model_validate({"old": {"document_id": "b"}}))
    assert sorted(ledger.read) == ["a", "b", "c"]


async def test_departments_do_not_share_a_document_with_the_same_text() -> None:
    ledger = FakeLedger(["a"])
    references = ledger.references()
    for department in ("tax", "health", "tax"):
        await references.resolve(department, Options.model_validate({"old": {"document_id": "a"}}))
    assert ledger.read == ["a", "a"]


async def test_the_cache_is_bounded_and_evicts_the_least_recently_used() -> None:
    ledger = FakeLedger(["a", "b", "c"])
    references = ledger.references(cached_chars=45)
    for name in ("a", "b", "a", "c", "a", "b"):
        await references.resolve("tax", Options.model_validate({"old": {"document_id": name}}))
    assert ledger.read == ["a", "b", "c", "b"]


@pytest.mark.parametrize("options", [{"old": {"document_id": "z"}}, {"library": "none"}])
async def test_a_reference_deleted_before_the_run_is_missing(options: dict[str, Any]) -> None:
    with pytest.raises(DocumentMissing):
        await FakeLedger(["a"]).references().resolve("tax", Options.model_validate(options))


async def test_a_document_with_unread_pages_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger, whole = FakeLedger(["a"]), FakeLedger.read_one

    async def partly(self: FakeLedger, document: StoredDocument) -> Document:
        return replace(await whole(self, document), pages=3, unread_pages=(2, 3))

    monkeypatch.setattr(FakeLedger, "read_one", partly)
    references = ledger.references()
    for options in ({"old": {"document_id": "a"}}, {"library": "laws"}):
        with pytest.raises(PagesUnread, match="2 of 3 pages"):
            await references.resolve("tax", Options.model_validate(options))
