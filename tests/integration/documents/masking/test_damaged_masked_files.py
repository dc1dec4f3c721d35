"""A short run of `make fuzz` over masking: no damaged file yields a file that leaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.quality.leaks.search import found_in
from tests.fuzz.masked import MASKED, damaged, fuzz_masked
from tests.fuzz.run import pool
from tests.scratch import removed

FILES = 6


@pytest.mark.parametrize("kind", MASKED.values())
async def test_some_damaged_files_leak_nothing(tmp_path: Path, kind: str) -> None:
    files, scratch = tmp_path / "files", tmp_path / "scratch"
    files.mkdir()
    scratch.mkdir()
    async with pool(scratch) as reading:
        outcome = await fuzz_masked(reading, kind, range(FILES), files)
    assert outcome.leaks == []
    assert outcome.crashed == []
    assert outcome.counts.total() == FILES
    assert list(files.iterdir()) == []
    assert removed(scratch)


@pytest.mark.parametrize("kind", MASKED.values())
def test_many_damaged_files_still_hold_the_value(kind: str) -> None:
    # A search of a damaged container takes seconds.
    cases = [damaged(kind, number) for number in range(FILES // 2)]
    holding = sum(bool(found_in(case.data, [case.value.text])) for case in cases)
    assert holding >= len(cases) / 3
