"""Reads damaged files and runs file work in the pool of processes, and counts the outcomes."""

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
from documents.inventory.walk import WALKS
from documents.isolation.pool import ReaderPool
from documents.masking.formats import MASKED_FORMATS
from documents.readers import docx, markdown, text
from documents.source import FileResult
from standin.documents.builders import LIMITS as PLAIN
from tasks import FILE_WORK_PATH
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Style, masker_json
from tasks.secrecy.files import SCREENED_IN_PROCESS
from tests.fuzz.mutations import mutated

LIMITS = replace(PLAIN, ocr_pages=2)
SECONDS = 20.0
MEMORY_MIB = 2_048
_CONCURRENCY = 3
# Words in the samples, so that something is masked.
TERMS = ("防汛", "North Bridge", "district")


@dataclass(slots=True)
class Outcome:
    """Outcomes for the files of one format: `Document` or the name of the error, with counts.

    `worked` has the outcomes of file work on the files that could be read, `crashed` the files and
    the work that crashed a process.
    """

    counts: Counter[str] = field(default_factory=Counter)
    worked: Counter[str] = field(default_factory=Counter)
    crashed: list[str] = field(default_factory=list)
    slowest: float = 0.0


@asynccontextmanager
async def pool(folder: Path, processes: int = 2) -> AsyncIterator[ReaderPool]:
    """A pool whose processes use `folder` for temporary files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        async with ReaderPool(
            processes=processes,
            timeout_seconds=SECONDS,
            memory_mib=MEMORY_MIB,
            file_work=FILE_WORK_PATH,
        ) as reading:
            yield reading


def works(media_type: str) -> Mapping[str, Mapping[str, Any]]:
    """All file work for a format, with its arguments."""
    found: dict[str, Mapping[str, Any]] = {}
    if media_type in SCREENED_IN_PROCESS:
        found["secrecy"] = {"media_type": media_type}
    arguments = {
        "media_type": media_type,
        "masker": masker_json(Targets(frozenset(RULES), TERMS), Style()),
    }
    if media_type in WALKS:
        found["disclosure_review"] = arguments
    if media_type in MASKED_FORMATS:
        own = {"places": [], "cover": [], "verify_by_ocr": False, "scans": ""}
        found["redact"] = {**arguments, **own}
    if media_type == docx.MEDIA_TYPE:
        found["format_check"] = found["format_fix"] = {"kind": None, "leave_out": []}
    if media_type in {text.MEDIA_TYPE, markdown.MEDIA_TYPE}:
        found["as_written"] = {}
    return found


async def fuzz(reading: ReaderPool, name: str, whole: bytes, files: range, folder: Path) -> Outcome:
    """Read the mutations `files` of a file, and run file work on those that can be read.

    The same `name` and number give the same mutation. Raises any exception of a read that is not
    a `DocumentError`.
    """
    outcome = Outcome()
    slots = asyncio.Semaphore(_CONCURRENCY)

    async def result(
        work: Awaitable[Document | FileResult], name: str
    ) -> tuple[str, Document | None]:
        start = time.monotonic()
        try:
            made = await work
            return "ok", made if isinstance(made, Document) else None
        except DocumentError as error:
            if isinstance(error, ReaderCrashed):
                outcome.crashed.append(name)
            return type(error).__name__, None
        finally:
            outcome.slowest = max(outcome.slowest, time.monotonic() - start)

    async def run(number: int) -> None:
        async with slots:
            path = folder / f"{name}-{number}"
            path.write_bytes(await asyncio.to_thread(mutated, whole, Random(f"{name} {number}")))
            try:
                status, document = await result(reading.read(path, LIMITS), path.name)
                outcome.counts["Document" if document else status] += 1
                for work, arguments in works(document.media_type).items() if document else ():
                    made = reading.work(path, LIMITS, work, arguments)
                    status, _ = await result(made, f"{path.name} {work}")
                    outcome.worked[f"{work} {status}"] += 1
            finally:
                path.unlink()

    async with asyncio.TaskGroup() as group:
        for number in files:
            group.create_task(run(number))
    return outcome
