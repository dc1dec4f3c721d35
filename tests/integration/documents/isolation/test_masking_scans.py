"""A file whose pictures need OCR is masked in the pool that has it; others are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from documents.isolation.pool import ReaderPool
from documents.ocr.record import loaded
from documents.source import FileResult
from jobs.process.processes import task_processes
from jobs.process.settings import TaskSettings
from standin.documents.builders import as_pdf, saved
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Style, masker_json
from tests.integration.documents.isolation.reader_processes import reader_pids
from tests.unit.documents.readers.pages import SCANS, a4, scanned_pdf

PHONE = "13812341234"


def pool() -> ReaderPool:
    limits: dict[str, Any] = {"processes": 1, "timeout_seconds": 120, "memory_mib": 2_048}
    scans = task_processes(TaskSettings(), **limits)
    return task_processes(TaskSettings(), **limits, ocr=scans)


async def masked(reading: ReaderPool, path: Path, **arguments: Any) -> FileResult:
    masker = masker_json(Targets(frozenset(RULES)), Style())
    given = {"places": [], "cover": [], "verify_by_ocr": False, "scans": "", **arguments}
    given |= {"masker": masker, "media_type": "application/pdf"}
    return await reading.work(path, SCANS, "redact", given, ocr=True)


async def test_a_scan_is_masked_and_verified_in_the_pool_with_ocr(tmp_path: Path) -> None:
    path = saved(tmp_path, scanned_pdf([a4([f"Call {PHONE} today.", "Thank you."])]))
    async with pool() as reading:
        place = [1, "mobile", PHONE]
        document = await reading.read(path, SCANS)
        given = {"scans": document.scans, "places": [place], "verify_by_ocr": True}
        result = await masked(reading, path, **given)
        assert len(loaded(document.scans)) == 1
        assert result.file is not None
        assert {"part": "page 1", "kind": "mobile", "count": 1} in result.values["masked"]
        assert result.values["missing"] == []
        assert PHONE not in (await reading.read(saved(tmp_path, result.file), SCANS)).text
        assert len(reader_pids()) == 2


async def test_a_file_without_pictures_starts_no_ocr(tmp_path: Path) -> None:
    async with pool() as reading:
        assert (await masked(reading, saved(tmp_path, as_pdf()))).file is not None
        assert len(reader_pids()) == 1
