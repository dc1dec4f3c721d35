"""Scanned documents are read by a separate pool."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PIL import Image

from documents.errors import DocumentTooLong, NoTextLayer
from documents.isolation.pool import ReaderPool
from standin.documents.builders import LIMITS, saved
from tests.integration.documents.isolation.reader_processes import reader_pids, wait_for_readers
from tests.unit.documents.readers.pages import NOTICE, SCANS, a4, drawn, saved_picture, scanned_pdf


def pool(*, ocr: bool = True, memory: int = 2_048, timeout: float = 120) -> ReaderPool:
    scans = ReaderPool(processes=1, timeout_seconds=timeout, memory_mib=memory) if ocr else None
    return ReaderPool(processes=1, timeout_seconds=30, memory_mib=512, ocr=scans)


def loads_ocr(pid: int) -> bool:
    return "onnxruntime" in Path(f"/proc/{pid}/maps").read_text()


async def test_a_scan_is_read_by_the_ocr_pool(tmp_path: Path) -> None:
    path = saved(tmp_path, scanned_pdf([None, a4()]))
    async with pool() as reading:
        document = await reading.read(path, SCANS)
        assert document.pages == 2
        assert NOTICE[0].split()[0] in document.text
        assert (document.blocks[-1].confidence or 0) > 0.9
        assert sorted(loads_ocr(pid) for pid in reader_pids()) == [False, True]


async def test_a_letter_does_not_start_ocr(tmp_path: Path) -> None:
    async with pool() as reading:
        await reading.read(saved(tmp_path, scanned_pdf([None])), SCANS)
        assert not any(loads_ocr(pid) for pid in reader_pids())
        assert len(reader_pids()) == 1


async def test_a_letter_does_not_wait_for_a_scan(tmp_path: Path) -> None:
    scan = saved_picture(tmp_path, drawn(), "TIFF", more=[drawn()] * 10)
    letter = saved(tmp_path, b"a letter", "letter")
    async with pool() as reading:
        long = asyncio.create_task(reading.read(scan, SCANS))
        # The one process for letters is free again once the process for scans has started.
        await wait_for_readers(2)
        assert (await reading.read(letter, SCANS)).text == "a letter"
        assert not long.done()
        long.cancel()


async def test_without_a_pool_for_scans_they_are_refused(tmp_path: Path) -> None:
    async with pool(ocr=False) as reading:
        with pytest.raises(NoTextLayer):
            await reading.read(saved_picture(tmp_path, drawn(), "PNG"), LIMITS)


async def test_ocr_that_takes_too_much_memory_costs_one_document(tmp_path: Path) -> None:
    path = saved_picture(tmp_path, Image.new("RGB", (9_900, 9_900)), "PNG")
    async with pool(memory=250) as reading:
        with pytest.raises(DocumentTooLong, match="memory"):
            await reading.read(path, SCANS)
        letter = saved(tmp_path, b"a letter", "letter")
        assert (await reading.read(letter, SCANS)).text == "a letter"


async def test_closing_ends_both_pools(tmp_path: Path) -> None:
    reading = pool()
    await reading.read(saved_picture(tmp_path, drawn(), "PNG"), SCANS)
    assert len(reader_pids()) == 2
    await reading.close()
    assert reader_pids() == set()
