"""POST /v1/documents, GET /v1/documents/{id}, and its content"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest

from tests.integration.api.conftest import Api, problem_of

NOTICE = "停水通知\n\n三月五日停水。\n".encode()
SHA256 = hashlib.sha256(NOTICE).hexdigest()


async def pieces(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece


async def test_a_raw_body_is_kept_with_the_name_from_content_disposition(api: Api) -> None:
    answer = await api.http.post(
        "/v1/documents",
        content=NOTICE,
        headers={"Content-Disposition": "attachment; filename*=UTF-8''%E9%80%9A%E7%9F%A5.txt"},
    )
    assert answer.status_code == 201
    document = answer.json()
    fields = {"id", "sha256", "bytes", "media_type", "filename", "expires_at", "secrecy_checked"}
    assert set(document) == fields
    assert document["secrecy_checked"] is True
    assert document["id"].startswith("doc_")
    assert (document["sha256"], document["bytes"]) == (SHA256, len(NOTICE))
    assert (document["media_type"], document["filename"]) == ("text/plain", "通知.txt")
    assert datetime.fromisoformat(document["expires_at"]).tzinfo is not None
    assert len(api.files()) == 1


async def test_the_query_names_the_document_before_the_header_does(api: Api) -> None:
    answer = await api.http.post(
        "/v1/documents",
        params={"filename": "../通知.txt"},
        content=NOTICE,
        headers={"Content-Disposition": 'attachment; filename="other.txt"'},
    )
    assert answer.json()["filename"] == "通知.txt"


async def test_a_part_named_file_is_kept_with_its_name(api: Api) -> None:
    answer = await api.http.post("/v1/documents", files={"file": ("通知.txt", NOTICE)})
    assert answer.status_code == 201
    assert (answer.json()["sha256"], answer.json()["filename"]) == (SHA256, "通知.txt")


async def test_the_same_bytes_again_are_the_same_document_kept_once(api: Api) -> None:
    first = await api.http.post("/v1/documents", content=NOTICE)
    again = await api.http.post("/v1/documents", files={"file": ("n.txt", NOTICE)})
    assert again.status_code == 201
    assert again.json()["id"] == first.json()["id"]
    assert len(api.files()) == 1


async def test_a_document_serves_jobs_of_its_own_department_only(api: Api) -> None:
    document = (await api.http.post("/v1/documents", content=NOTICE)).json()
    job = {"task": "summarize", "input": {"document_id": document["id"]}}
    mine = await api.http.post("/v1/jobs", json=job)
    assert mine.status_code == 202
    assert mine.json()["document_id"] == document["id"]
    problem_of(await api.other.post("/v1/jobs", json=job), 404, "not-found")


@pytest.mark.parametrize("body", [{"content": b""}, {"files": {"file": ("empty.txt", b"")}}])
async def test_an_empty_document_is_refused(api: Api, body: dict[str, object]) -> None:
    answer = await api.http.post("/v1/documents", **body)  # type: ignore[arg-type]
    problem_of(answer, 422, "document-empty")
    assert api.files() == []


async def test_a_renamed_binary_is_refused(api: Api) -> None:
    binary = b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 8
    answer = await api.http.post("/v1/documents", files={"file": ("notice.docx", binary)})
    problem_of(answer, 422, "document-unsupported")
    assert api.files() == []


async def test_a_body_over_the_limit_is_refused_before_it_is_read(api: Api) -> None:
    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = await api.http.post(
        "/v1/documents", content=unread(), headers={"Content-Length": "20001"}
    )
    assert problem_of(answer, 413, "too-large")["max_bytes"] == 20_000


@pytest.mark.parametrize("kind", ["raw", "form"])
async def test_a_body_over_the_limit_of_undeclared_length_is_refused(api: Api, kind: str) -> None:
    if kind == "raw":
        answer = await api.http.post("/v1/documents", content=pieces(*[b"text " * 1000] * 5))
    else:
        form = httpx.Request("POST", "http://x", files={"file": ("n.txt", b"text " * 5000)})
        answer = await api.http.post(
            "/v1/documents",
            content=pieces(form.read()),
            headers={"Content-Type": form.headers["content-type"]},
        )
    problem_of(answer, 413, "too-large")
    assert api.files() == []


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("multipart/form-data", b"anything"),
        ("multipart/form-data; boundary=XX", b"no boundary at all"),
        ("multipart/form-data; boundary=XX", b"--XX--\r\n"),
        (
            "multipart/form-data; boundary=XX",
            b'--XX\r\nContent-Disposition: form-data; name="file"\r\n\r\ncut off he',
        ),
        (
            "multipart/form-data; boundary=XX",
            b'--XX\r\nContent-Disposition: form-data; name="paper"\r\n\r\nnotice\r\n--XX--\r\n',
        ),
    ],
)
async def test_a_malformed_form_is_refused_and_says_what_is_wrong(
    api: Api, media_type: str, body: bytes
) -> None:
    answer = await api.http.post(
        "/v1/documents", content=body, headers={"Content-Type": media_type}
    )
    assert problem_of(answer, 422, "invalid-request")["errors"][0]["pointer"].startswith("#")
    assert api.files() == []


async def test_a_document_can_be_looked_at_and_downloaded_by_its_department_alone(
    api: Api,
) -> None:
    made = await api.http.post("/v1/documents?filename=通知.txt", content=NOTICE)
    place = f"/v1/documents/{made.json()['id']}"
    assert (await api.http.get(place)).json() == made.json()
    content = await api.http.get(f"{place}/content")
    assert (content.status_code, content.content) == (200, NOTICE)
    assert content.headers["content-type"].startswith("text/plain")
    assert content.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E9")
    assert content.headers["x-content-type-options"] == "nosniff"
    end = await api.http.get(f"{place}/content", headers={"Range": "bytes=6-"})
    assert (end.status_code, end.content) == (206, NOTICE[6:])
    for path in (place, f"{place}/content"):
        problem_of(await api.other.get(path), 404, "not-found")
        assert (await api.anonymous.get(path)).status_code == 401


async def test_a_short_text_of_a_job_has_no_file_and_is_a_document(api: Api) -> None:
    text = "通知：磨坊街停水。"
    job = await api.submit(input={"text": text})
    assert api.files() == []
    path = f"/v1/documents/{job['document_id']}"
    content = await api.http.get(f"{path}/content")
    assert (content.text, content.headers["content-type"]) == (text, "text/plain; charset=utf-8")
    assert (await api.http.get(path)).json()["bytes"] == len(text.encode())
    # The same bytes as a file are the same document, which needs no file either.
    upload = await api.http.post("/v1/documents?filename=notice.txt", content=text.encode())
    assert upload.json()["id"] == job["document_id"]
    assert upload.json()["filename"] == "notice.txt"
    assert api.files() == []
    problem_of(await api.other.get(path), 404, "not-found")


async def test_a_document_missing_in_the_store_is_reported(api: Api) -> None:
    made = await api.http.post("/v1/documents", content=NOTICE)
    for file in api.files():
        (api.folder / "store" / file).unlink()
    path = f"/v1/documents/{made.json()['id']}/content"
    problem_of(await api.http.get(path), 404, "file-missing")
