"""Damaged files read through the real pool of processes, and what came of each."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest

from jobs.reading.pool import Reading
from tasks.errors import DocumentError
from tests.fuzz.mutations import mutated
from tests.unit.readers.builders import LIMITS as PLAIN

LIMITS = replace(PLAIN, ocr_pages=2)
SECONDS = 20.0
MEMORY_MIB = 2_048
_AT_ONCE = 3


@dataclass(slots=True)
class Outcome:
    """What came of the files of one format: `Document`, or the name of the error, and how often."""

    counts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0


@asynccontextmanager
async def pool(folder: Path, processes: int = 2) -> AsyncIterator[Reading]:
    """A pool whose processes put what is temporary into `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        async with Reading(
            processes=processes, timeout_seconds=SECONDS, memory_mib=MEMORY_MIB
        ) as reading:
            yield reading


async def fuzz(reading: Reading, name: str, whole: bytes, files: range, folder: Path) -> Outcome:
    """Read mutations of a file by their numbers, the same ones each time for a `name`.

    Raises whatever a reading raises that is neither a document nor a `DocumentError`.
    """
    outcome = Outcome()
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        async with places:
            path = folder / f"{name}-{number}"
            path.write_bytes(await asyncio.to_thread(mutated, whole, Random(f"{name} {number}")))
            start = time.monotonic()
            try:
                await reading.read(path, LIMITS)
                outcome.counts["Document"] += 1
            except DocumentError as error:
                outcome.counts[type(error).__name__] += 1
            finally:
                path.unlink()
            outcome.slowest = max(outcome.slowest, time.monotonic() - start)

    async with asyncio.TaskGroup() as group:
        for number in files:
            group.create_task(one(number))
    return outcome
