"""Damaged files read and worked on in the real pool of processes, and what came of each."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from documents.document import Document
from documents.errors import DocumentError, ReaderCrashed
from documents.inventory.hidden_content import WITH_HIDDEN_CONTENT
from documents.isolation.pool import ReaderPool
from documents.masking.formats import MASKED_FORMATS
from documents.readers import docx, markdown, text
from documents.source import FileResult
from standin.documents.builders import LIMITS as PLAIN
from tasks.file_work import IN_PROCESSES
from tasks.redact.finder import RULES, Wanted
from tasks.redact.masker import Masker, Style
from tasks.secrecy.files import LOOKED_AT
from tests.fuzz.mutations import mutated

LIMITS = replace(PLAIN, ocr_pages=2)
SECONDS = 20.0
MEMORY_MIB = 2_048
_AT_ONCE = 3
# Words of the samples, so that something is masked.
TERMS = ("防汛", "North Bridge", "district")


@dataclass(slots=True)
class Outcome:
    """What came of the files of one format: `Document`, or the name of the error, and how often.

    `worked` has the same of the work on those that could be read, `broken` the files and the work
    that a process broke down or died on.
    """

    counts: Counter[str] = field(default_factory=Counter)
    worked: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    slowest: float = 0.0


@asynccontextmanager
async def pool(folder: Path, processes: int = 2) -> AsyncIterator[ReaderPool]:
    """A pool whose processes put what is temporary into `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        async with ReaderPool(
            processes=processes,
            timeout_seconds=SECONDS,
            memory_mib=MEMORY_MIB,
            file_work=IN_PROCESSES,
        ) as reading:
            yield reading


def works(media_type: str) -> Mapping[str, Mapping[str, Any]]:
    """All work that a file of this format may be asked for, with its arguments."""
    found: dict[str, Mapping[str, Any]] = {}
    if media_type in LOOKED_AT:
        found["secrecy"] = {"media_type": media_type}
    if media_type in WITH_HIDDEN_CONTENT:
        found["hidden_content"] = {"media_type": media_type}
    if media_type in MASKED_FORMATS:
        masker = Masker(Wanted(frozenset(RULES), TERMS), Style())
        found["redact"] = {"media_type": media_type, "masker": masker.as_json()}
    if media_type == docx.MEDIA_TYPE:
        found["format_check"] = found["format_fix"] = {"kind": None, "leave_out": []}
    if media_type in {text.MEDIA_TYPE, markdown.MEDIA_TYPE}:
        found["as_written"] = {}
    return found


async def fuzz(reading: ReaderPool, name: str, whole: bytes, files: range, folder: Path) -> Outcome:
    """Read mutations of a file by their numbers, the same ones each time for a `name`, and work
    on those that can be read.

    Raises whatever a reading raises that is neither a document nor a `DocumentError`.
    """
    outcome = Outcome()
    places = asyncio.Semaphore(_AT_ONCE)

    async def done(
        asked: Awaitable[Document | FileResult], what: str
    ) -> tuple[str, Document | None]:
        start = time.monotonic()
        try:
            made = await asked
            return "ok", made if isinstance(made, Document) else None
        except DocumentError as error:
            if isinstance(error, ReaderCrashed):
                outcome.broken.append(what)
            return type(error).__name__, None
        finally:
            outcome.slowest = max(outcome.slowest, time.monotonic() - start)

    async def one(number: int) -> None:
        async with places:
            path = folder / f"{name}-{number}"
            path.write_bytes(await asyncio.to_thread(mutated, whole, Random(f"{name} {number}")))
            try:
                came, document = await done(reading.read(path, LIMITS), path.name)
                outcome.counts["Document" if document else came] += 1
                for work, arguments in works(document.media_type).items() if document else ():
                    asked = reading.work(path, LIMITS, work, arguments)
                    came, _ = await done(asked, f"{path.name} {work}")
                    outcome.worked[f"{work} {came}"] += 1
            finally:
                path.unlink()

    async with asyncio.TaskGroup() as group:
        for number in files:
            group.create_task(one(number))
    return outcome
