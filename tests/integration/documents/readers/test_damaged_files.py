"""A short run of `make fuzz`: reading damaged files and work on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from standin.documents.builders import FORMATS, LIMITS, as_eml, saved
from tests.fuzz.run import SECONDS, fuzz, pool
from tests.scratch import removed

FILES = 30


@pytest.mark.parametrize("name", [*FORMATS, "eml"])
async def test_thirty_damaged_files_break_nothing_and_leave_nothing(
    tmp_path: Path, name: str
) -> None:
    whole = {**FORMATS, "eml": as_eml}[name]()
    files, scratch = tmp_path / "files", tmp_path / "scratch"
    files.mkdir()
    scratch.mkdir()
    async with pool(scratch) as reading:
        outcome = await fuzz(reading, name, whole, range(FILES), files)
        assert (await reading.read(saved(tmp_path, whole), LIMITS)).text
    assert outcome.counts.total() == FILES
    assert outcome.crashed == []
    assert outcome.slowest < 2 * SECONDS
    assert list(files.iterdir()) == []
    assert removed(scratch)
