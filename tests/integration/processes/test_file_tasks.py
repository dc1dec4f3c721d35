"""Tasks that work on the file itself, through worker and store."""

from __future__ import annotations

import io
from pathlib import Path

from docx import Document
from docx.shared import Pt

from jobs.model.states import JobStatus
from tests.integration.processes.system import Desk
from tests.unit.tasks.official_layout.official_letter import OPENING, letter, saved


async def test_a_mended_file_is_a_document_that_the_next_job_may_have(
    desk: Desk, tmp_path: Path
) -> None:
    spoilt = letter()
    spoilt.paragraphs[OPENING].runs[0].font.size = Pt(12)
    sent = await desk.upload(saved(spoilt, tmp_path).read_bytes(), "通知.docx")
    job = await desk.ended(await desk.submit(task="format_fix", document_id=sent.id))
    assert (job.status, job.error) == (JobStatus.succeeded, None)
    assert [one["rule"] for one in job.result["changes"]] == ["body.size"]
    file = job.result["file"]
    assert file["filename"] == "通知.fixed.docx"
    kept = await desk.ledger.documents.get(desk.name, file["document_id"])
    assert kept is not None
    assert (kept.bytes, kept.sha256, kept.media_type) == (
        file["bytes"], file["sha256"], sent.media_type,
    )  # fmt: skip
    after = Document(io.BytesIO(await desk.store.read(kept.blob)))
    assert after.paragraphs[OPENING].runs[0].font.size == Pt(16)
    again = await desk.ended(
        await desk.submit(task="format_check", document_id=file["document_id"])
    )
    assert again.result["findings"] == []
    # The same file again is the same document, kept once.
    twice = await desk.ended(await desk.submit(task="format_fix", document_id=sent.id))
    assert twice.result["file"] == file
    blob = (await desk.ledger.documents.get(desk.name, file["document_id"])).blob  # type: ignore[union-attr]
    assert blob == kept.blob


async def test_a_text_has_no_file_to_check(desk: Desk) -> None:
    job = await desk.ended(await desk.submit(task="format_check"))
    assert job.status is JobStatus.failed
    assert job.error is not None
    assert job.error["type"] == "/problems/document-unsupported"
