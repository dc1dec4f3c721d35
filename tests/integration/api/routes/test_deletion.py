"""DELETE of documents, jobs and batches over HTTP: records and bytes are gone."""

from __future__ import annotations

from jobs.ledger import Ledger
from jobs.store import Folder, Store
from tests.integration.api.conftest import Api, finish, problem_of


async def test_a_job_is_deleted_with_its_text_and_its_result(api: Api, ledger: Ledger) -> None:
    job = await api.submit(input={"text": "The water is off in the mill."})
    path = f"/v1/jobs/{job['id']}"
    problem = problem_of(await api.http.delete(path), 409, "not-ended")
    assert "queued" in problem["detail"]
    blob = await Store(Folder(api.folder / "store")).put(b'{"summary": "Long."}', "tax", job["id"])
    await finish(ledger, job["id"], result=None, result_blob=blob)
    problem_of(await api.other.delete(path), 404, "not-found")
    answer = await api.http.delete(path)
    assert (answer.status_code, answer.json()) == (
        200,
        {"id": job["id"], "object": "job", "deleted": True},
    )
    assert api.files() == []
    for gone in (path, f"{path}/result", f"/v1/documents/{job['document_id']}"):
        problem_of(await api.http.get(gone), 404, "not-found")
    problem_of(await api.http.delete(path), 404, "not-found")
    assert (await api.http.get("/v1/jobs")).json()["data"] == []


async def test_a_document_is_deleted_once_no_open_job_needs_it(api: Api, ledger: Ledger) -> None:
    upload = (await api.http.post("/v1/documents", content=b"The water is off.")).json()
    path = f"/v1/documents/{upload['id']}"
    job = await api.submit(input={"document_id": upload["id"]})
    problem_of(await api.http.delete(path), 409, "document-in-use")
    await finish(ledger, job["id"])
    assert (await api.http.delete(f"/v1/jobs/{job['id']}")).status_code == 200
    assert (await api.http.get(f"{path}/content")).content == b"The water is off."
    problem_of(await api.other.delete(path), 404, "not-found")
    answer = await api.http.delete(path)
    assert answer.json() == {"id": upload["id"], "object": "document", "deleted": True}
    assert api.files() == []
    problem_of(await api.http.get(f"{path}/content"), 404, "not-found")


async def test_a_batch_is_deleted_with_its_files_when_it_has_ended(api: Api) -> None:
    upload = (await api.http.post("/v1/documents", content=b"The water is off.")).json()
    request = {"task": "summarize", "documents": [upload["id"]]}
    batch = (await api.http.post("/v1/batches", json=request)).json()
    path = f"/v1/batches/{batch['id']}"
    assert "validating" in problem_of(await api.http.delete(path), 409, "not-ended")["detail"]
    await api.http.post(f"{path}/cancel")
    problem_of(await api.other.delete(path), 404, "not-found")
    answer = await api.http.delete(path)
    assert answer.json() == {"id": batch["id"], "object": "batch", "deleted": True}
    problem_of(await api.http.get(path), 404, "not-found")
    problem_of(await api.http.get(f"/v1/files/{batch['input_file_id']}"), 404, "not-found")
    assert len(api.files()) == 1  # the document, which is deleted by itself
