"""Documents that cannot be read fail their own job only, with the reader's reason."""

from __future__ import annotations

import zipfile

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption  # type: ignore[import-untyped]

from documents.readers import docx
from jobs.model.problems import ProblemError
from jobs.model.states import JobStatus
from standin.documents.builders import PARAGRAPH, as_docx, docx_with, drawn_pdf
from tests.integration.processes.system import Desk


def encrypted_pdf() -> bytes:
    encryption = StandardEncryption("a user's", ownerPassword="an owner's")
    return drawn_pdf(lambda canvas: canvas.drawString(100, 700, "Secret"), encrypt=encryption)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.7\n" + b"\x00garbage" * 100, "document-corrupt"),
        (encrypted_pdf(), "document-encrypted"),
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


async def test_a_renamed_binary_is_refused_at_the_upload(desk: Desk) -> None:
    with pytest.raises(ProblemError) as raised:
        await desk.upload(b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 8, "letter.docx")
    assert raised.value.problem.code == "document-unsupported"


async def test_a_document_without_its_file_fails_its_job(desk: Desk) -> None:
    document = await desk.upload(b"A letter about water.", "letter.txt")
    desk.folder.path(document.blob).unlink()
    job = await desk.ended(await desk.submit(document_id=document.id))
    assert job.error is not None
    assert (job.status, job.error["type"]) == (JobStatus.failed, "/problems/document-missing")


async def test_a_marking_missed_at_the_upload_fails_the_job_and_removes_the_document(
    desk: Desk,
) -> None:
    document = await desk.upload(as_docx([(PARAGRAPH, "机密★1年"), (PARAGRAPH, "通知")]), "n.docx")
    path = desk.folder.path(document.blob)
    job = await desk.ended(await desk.submit(document_id=document.id))
    assert job.error is not None
    assert (job.status, job.error["type"]) == (JobStatus.failed, "/problems/secrecy-marked")
    assert "通知" not in job.error["detail"]
    assert await desk.ledger.documents.get(desk.name, document.id) is None
    assert not path.exists()


async def test_the_worker_finds_a_marking_in_the_header_of_a_docx(desk: Desk) -> None:
    body = "<w:p><w:r><w:t>通知</w:t></w:r></w:p>"
    header = {"word/header1.xml": "hdr|<w:p><w:r><w:t>绝密★长期</w:t></w:r></w:p>"}
    document = await desk.upload(docx_with(body, header), "n.docx")
    job = await desk.ended(await desk.submit(document_id=document.id))
    assert job.error is not None
    assert job.error["type"] == "/problems/secrecy-marked"


async def test_a_masked_file_is_a_document_of_the_department(desk: Desk) -> None:
    document = await desk.upload(as_docx([(PARAGRAPH, "电话13812341234。")]), "n.docx")
    options = {"kinds": ["mobile"]}
    job = await desk.ended(
        await desk.submit(task="redact", document_id=document.id, options=options)
    )
    assert job.status is JobStatus.succeeded, job.error
    assert job.result["text"] == "电话138****1234。"
    masked = await desk.ledger.documents.get(desk.name, job.result["file"]["document_id"])
    assert masked is not None
    assert (masked.filename, masked.media_type) == ("n-masked.docx", docx.MEDIA_TYPE)
    with zipfile.ZipFile(desk.folder.path(masked.blob)) as packed:
        assert b"13812341234" not in packed.read("word/document.xml")
