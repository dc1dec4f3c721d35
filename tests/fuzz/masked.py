"""Masks damaged files in the pool of processes, and searches what was handed out.

Each file has one value in one place (`bench.quality.leaks`) and is then damaged. The search is that
of the leak measurement: it uses none of the project's readers.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from bench.quality.leaks.cases import Case, places
from bench.quality.leaks.search import found_in, squeezed
from bench.quality.leaks.values import value
from documents.errors import ComputeError, DocumentError, ReaderCrashed
from documents.isolation.pool import ReaderPool
from documents.source import FileResult, ResultFile
from standin.scripted_engine import Answer, Request, ScriptedEngine
from tasks.redact import RedactOptions, redact
from tests.fuzz.mutations import mutated, touched
from tests.fuzz.run import LIMITS

# By the name in `make fuzz`.
MASKED: Mapping[str, str] = {
    "masked-docx": "DOCX", "masked-xlsx": "XLSX", "masked-pdf": "PDF", "masked-ofd": "OFD",
    "masked-html": "HTML", "masked-eml": "e-mail", "masked-text": "text",
    "masked-markdown": "Markdown",
}  # fmt: skip
_CONCURRENCY = 3


@dataclass(slots=True)
class MaskedOutcome:
    """Counts of results: `masked`, `not masked`, or the name of the error.

    `leaks` are the files whose value was handed out, and where; `crashed` those that crashed a
    process.
    """

    counts: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    slowest: float = 0.0


@dataclass
class _PoolSource:
    """A source whose file work is done in the pool."""

    reading: ReaderPool
    path: Path
    media_type: str
    filename: str | None = None
    kept: list[bytes] = field(default_factory=list)

    async def work(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        ocr: bool = False,
    ) -> FileResult:
        return await self.reading.work(self.path, LIMITS, name, arguments)

    async def keep(self, data: bytes, *, filename: str, media_type: str) -> ResultFile:
        self.kept.append(data)
        return ResultFile(
            document_id="doc", filename=filename, media_type=media_type, bytes=len(data), sha256=""
        )


def damaged(kind: str, number: int) -> Case:
    """The same `kind` and `number` give the same file."""
    chance = Random(f"masked {kind} {number}")
    place = chance.choice([one for one in places() if one.format == kind])
    one = value(chance, latin=place.latin)
    damage = chance.choice((mutated, touched))
    return Case(kind, place.name, one, damage(place.build(one.text), chance))


async def fuzz_masked(
    reading: ReaderPool, kind: str, files: Sequence[int], folder: Path
) -> MaskedOutcome:
    """Mask the damaged files with the given numbers. Raises what is no error of a document."""
    outcome = MaskedOutcome()
    slots = asyncio.Semaphore(_CONCURRENCY)

    async def run(number: int) -> None:
        async with slots:
            case = await asyncio.to_thread(damaged, kind, number)
            path = folder / f"{kind}-{number}"
            path.write_bytes(case.data)
            start = time.monotonic()
            try:
                leak, status = await _masked(reading, path, case)
            finally:
                path.unlink()
            outcome.slowest = max(outcome.slowest, time.monotonic() - start)
            outcome.counts[status] += 1
            if leak is not None:
                outcome.leaks.append(f"{path.name} ({case.place}): {leak}")
            if status == ReaderCrashed.__name__:
                outcome.crashed.append(path.name)

    async with asyncio.TaskGroup() as group:
        for number in files:
            group.create_task(run(number))
    return outcome


async def _masked(reading: ReaderPool, path: Path, case: Case) -> tuple[str | None, str]:
    """Where the value is in what was handed out, and what became of the file."""
    # Damage may put other digits beside a number, where no rule finds it, but a term is found.
    options = RedactOptions(terms=[case.value.text], use_model=False)
    try:
        document = await reading.read(path, LIMITS)
        source = _PoolSource(reading, path, document.media_type)
        result = await redact(replace(document, source=source), options, ScriptedEngine(_refuse))
    except (DocumentError, ComputeError) as error:
        return None, type(error).__name__
    text = case.value.text
    if squeezed(text) in squeezed(f"{result.text} {result.model_dump_json()}"):
        return "the result", "masked"
    for data in source.kept:
        if ways := await asyncio.to_thread(found_in, data, [text]):
            return ways[text], "masked"
    return None, "masked" if result.file else "not masked"


def _refuse(_: Request) -> Answer:
    raise AssertionError("the model was asked")
