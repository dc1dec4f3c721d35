"""Documents that cannot be read end their own job, with the reader's reason, and nothing else."""

from __future__ import annotations

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption  # type: ignore[import-untyped]

from jobs.problems import ProblemError
from jobs.states import JobStatus
from tests.integration.processes.system import Desk
from tests.unit.readers.builders import drawn_pdf


def an_encrypted_pdf() -> bytes:
    lock = StandardEncryption("a user's", ownerPassword="an owner's")
    return drawn_pdf(lambda canvas: canvas.drawString(100, 700, "Secret"), encrypt=lock)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.7\n" + b"\x00garbage" * 100, "document-corrupt"),
        (an_encrypted_pdf(), "document-encrypted"),
        (b" \n\n \n", "document-empty"),
    ],
    ids=["corrupt", "encrypted", "blank"],
)
async def test_a_document_that_cannot_be_read_fails_its_job_at_the_first_run(
    desk: Desk, data: bytes, code: str
) -> None:
    document = await desk.upload(data, "letter.pdf")
    job = await desk.ended(await desk.submit(document_id=document.id))
    assert job.error is not None
    assert (job.status, job.error["type"]) == (JobStatus.failed, f"/problems/{code}")
    assert job.attempts == 1
    assert job.error["detail"]
    assert (await desk.ended(await desk.submit())).status is JobStatus.succeeded


async def test_a_renamed_binary_is_refused_before_there_is_a_job(desk: Desk) -> None:
    with pytest.raises(ProblemError) as raised:
        await desk.upload(b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 8, "letter.docx")
    assert raised.value.problem.code == "document-unsupported"


async def test_a_document_whose_file_is_gone_fails_its_job(desk: Desk) -> None:
    document = await desk.upload(b"A letter about water.", "letter.txt")
    desk.store.path(document.blob).unlink()
    job = await desk.ended(await desk.submit(document_id=document.id))
    assert job.error is not None
    assert (job.status, job.error["type"]) == (JobStatus.failed, "/problems/document-missing")
