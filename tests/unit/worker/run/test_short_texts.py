"""A short text, which has no file, is read like a file with its bytes, and without a process."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from documents.errors import UnsupportedDocument
from documents.isolation.pool import ReaderPool
from documents.limits import ReadLimits
from documents.readers import text as plain_text
from jobs.blobs import inline_blob
from jobs.model.job import StoredDocument
from jobs.store import Folder, Store
from worker.run.inputs import Inputs, TaskInput
from worker.run.outcome import Outcome

LIMITS = ReadLimits(10_000, 10)


async def read(text: str, data_dir: Path) -> TaskInput:
    anything: Any = None
    pool = ReaderPool(processes=1, timeout_seconds=1, memory_mib=64)
    inputs = Inputs(anything, Store(Folder(data_dir / "store")), pool, LIMITS, anything)
    stored = StoredDocument(
        "doc_1", "tax", "0" * 64, 3, "text/plain", None, inline_blob(text), datetime.now(UTC)
    )
    job = SimpleNamespace(id="job_1", department="tax", task="summarize", options={}, model=None)
    claim: Any = SimpleNamespace(job=job, tries=0, document=stored)
    job_input = await inputs.read(Outcome(claim))
    assert pool.offline is None  # no process was started
    assert isinstance(job_input, TaskInput)
    return job_input


@pytest.mark.parametrize("text", ["\ufeffNotice.\r\n\r\nThe water is off.", "通知\n\n磨坊街停水。"])
async def test_a_short_text_is_read_like_its_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notice.txt"
    path.write_bytes(text.encode())
    job_input = await read(text, tmp_path)
    assert job_input.document == plain_text.read(path, LIMITS)
    assert job_input.document.source is not None


async def test_a_short_text_that_is_no_text_fails_as_its_file_does(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDocument):
        await read("\x01\x02" * 50, tmp_path)
