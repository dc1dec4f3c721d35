"""Tasks that change a file, through worker and store."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from docx import Document
from docx.shared import Pt

from jobs.model.problems import ProblemError
from jobs.model.states import JobStatus
from jobs.views import job_view
from tests.integration.processes.system import Desk
from tests.unit.tasks.official_layout.official_letter import OPENING, letter, saved


async def test_a_fixed_file_is_a_document_for_the_next_job(desk: Desk, tmp_path: Path) -> None:
    wrong = letter()
    wrong.paragraphs[OPENING].runs[0].font.size = Pt(12)
    sent = await desk.upload(saved(wrong, tmp_path).read_bytes(), "通知.docx")
    job = await desk.ended(await desk.submit(task="format_fix", document_id=sent.id))
    assert (job.status, job.error) == (JobStatus.succeeded, None)
    assert [change["rule"] for change in job.result["changes"]] == ["body.size"]
    file = job.result["file"]
    assert file["filename"] == "通知.fixed.docx"
    fixed = await desk.ledger.documents.get(desk.name, file["document_id"])
    assert fixed is not None
    assert (fixed.bytes, fixed.sha256, fixed.media_type) == (
        file["bytes"], file["sha256"], sent.media_type,
    )  # fmt: skip
    after = Document(io.BytesIO(await desk.store.read(fixed.blob)))
    assert after.paragraphs[OPENING].runs[0].font.size == Pt(16)
    again = await desk.ended(
        await desk.submit(task="format_check", document_id=file["document_id"])
    )
    assert again.error is None
    assert (await job_view(again, desk.store)).result["findings"] == []
    # The same file again is the same document, stored once.
    twice = await desk.ended(await desk.submit(task="format_fix", document_id=sent.id))
    assert twice.result["file"] == file
    blob = (await desk.ledger.documents.get(desk.name, file["document_id"])).blob  # type: ignore[union-attr]
    assert blob == fixed.blob


async def test_a_job_on_text_has_no_file_to_check(desk: Desk) -> None:
    with pytest.raises(ProblemError) as refused:
        await desk.submit(task="format_check")
    assert refused.value.problem.code == "document-not-accepted"
