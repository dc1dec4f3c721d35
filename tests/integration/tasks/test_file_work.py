"""Work on a document's file, in the processes that read documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from docx.shared import Pt

from documents.errors import CorruptDocument, DocumentTooLong, ReaderCrashed
from documents.isolation.pool import ReaderPool
from tasks import FILE_WORK_PATH
from tasks.file_work import FILE_WORK
from tests.integration.documents.isolation.reader_processes import reader_pids
from tests.unit.tasks.official_layout.official_letter import LIMITS, OPENING, letter, saved


def pool(memory: int = 512) -> ReaderPool:
    return ReaderPool(processes=1, timeout_seconds=30, memory_mib=memory, file_work=FILE_WORK_PATH)


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    document = letter()
    document.paragraphs[OPENING].runs[0].font.size = Pt(12)
    return saved(document, tmp_path)


async def test_work_in_the_pool_gives_what_it_gives_here_and_the_new_file(spoilt: Path) -> None:
    here = FILE_WORK["format_fix"](spoilt, {}, LIMITS)
    async with pool() as reading:
        there = await reading.work(spoilt, LIMITS, "format_fix", {})
        without = await reading.work(spoilt, LIMITS, "format_check", {"leave_out": ["body.size"]})
    assert there == here
    assert there.file is not None
    assert there.file.startswith(b"PK")
    assert (without.values["findings"], without.file) == ([], None)


async def test_reading_and_working_take_turns_in_one_process(spoilt: Path) -> None:
    async with pool() as reading:
        for _ in range(2):
            assert (await reading.work(spoilt, LIMITS, "format_fix", {})).file
            assert (await reading.read(spoilt, LIMITS)).text
        assert len(reader_pids()) == 1


@pytest.fixture
def broken(tmp_path: Path, spoilt: Path) -> Path:
    path = tmp_path / "broken.docx"
    path.write_bytes(spoilt.read_bytes()[:2_000])
    return path


async def test_errors_of_work_come_out_as_those_of_reading_do(
    tmp_path: Path, spoilt: Path, broken: Path
) -> None:
    async with pool() as reading:
        with pytest.raises(CorruptDocument):
            await reading.work(broken, LIMITS, "format_check", {})
        with pytest.raises(ReaderCrashed):
            await reading.work(spoilt, LIMITS, "no such work", {})
        with pytest.raises(FileNotFoundError):
            await reading.work(tmp_path / "gone", LIMITS, "format_check", {})
        assert (await reading.work(spoilt, LIMITS, "format_check", {})).values["findings"]


async def test_work_has_the_memory_that_reading_has(tmp_path: Path) -> None:
    path = saved(letter(), tmp_path)
    async with pool(memory=1) as reading:
        with pytest.raises(DocumentTooLong, match="memory"):
            await reading.work(path, LIMITS, "format_fix", {})
