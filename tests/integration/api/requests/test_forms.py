"""Forms of older systems that become jobs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from jobs.ledger import Ledger
from jobs.submit.form_mapping import read_mapping
from tests.integration.api.conftest import Api, problem_of

PAGE = Path(__file__).parents[4] / "docs/integration/inbound-forms.md"
EXAMPLE = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
LEAST = 'text = "t"\n[job]\ntask = "summarize"\n'


async def post(api: Api, **request: Any) -> httpx.Response:
    return await api.http.post("/v1/forms/notices", **request)


@pytest.fixture
async def form(api: Api, ledger: Ledger) -> Api:
    """tax may post the form of the page."""
    stored = read_mapping(EXAMPLE.encode()).model_dump_json()
    assert await ledger.departments.set_form("tax", "notices", stored)
    return api


async def test_a_form_with_a_file_becomes_a_job(form: Api, ledger: Ledger) -> None:
    body = b""
    for field in (("YWH", "〔2026〕1187"), ("ZS", "60"), ("提交", "x")):
        body += b'--XX\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % tuple(
            each.encode("gb18030") for each in field
        )
    body += b'--XX\r\nContent-Disposition: form-data; name="FJ"; filename="%s"\r\n\r\n%s\r\n' % (
        "通知.txt".encode("gb18030"),
        "停水通知。".encode("gb18030"),
    )
    body += b"--XX--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    answer = await post(form, content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["task"], job["lane"]) == ("summarize", "bulk")
    assert job["metadata"] == {"case": "税务-〔2026〕1187"}
    stored = await ledger.jobs.get("tax", job["id"])
    assert stored is not None
    assert stored.options == {"max_words": 60}
    document = await ledger.documents.get("tax", job["document_id"])
    assert document is not None
    assert document.filename == "通知.txt"
    # The same form again is the same job, by the mapping's idempotency key.
    again = await post(form, content=body, headers=headers)
    assert (again.json()["id"], again.headers["idempotency-replayed"]) == (job["id"], "true")
    other = await post(form, content=body.replace(b"60", b"61"), headers=headers)
    assert problem_of(other, 422, "idempotency-mismatch")


async def test_an_urlencoded_form_has_its_text_in_its_charset(form: Api, ledger: Ledger) -> None:
    content = "YWH=a+b&ZS=&ZW=%CD%A3%CB%AE%A1%A3&other=1"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await post(form, content=content, headers=headers)
    assert answer.status_code == 202, answer.text
    job = await ledger.jobs.get("tax", answer.json()["id"])
    assert job is not None
    assert (job.options, job.metadata) == ({}, {"case": "税务-a b"})
    content_of = await form.http.get(f"/v1/documents/{job.document_id}/content")
    assert content_of.text == "停水。"


@pytest.mark.parametrize(
    ("content", "part", "pointer", "detail"),
    [
        ("ZW=x", "YWH", "#/YWH", "This field is required."),
        ("YWH=&ZW=x", "YWH", "#/YWH", "This field is required."),
        ("YWH=1", "FJ", "#/FJ", "This field is required."),
        ("YWH=1&ZW=x&ZS=many", "ZS", "#/ZS", "Expected an integer."),
        ("YWH=1&ZW=x&ZS=true", "ZS", "#/ZS", "Expected an integer."),
        ("YWH=1&ZW=x&ZS=3", "ZS", "#/options/max_words", "The number must be at least 20."),
        ("YWH=1&YWH=2&ZW=x", "YWH", "#/YWH", "The field occurs twice."),
        ("YWH=1&ZW=%FF", "ZW", "#/ZW", "The text is not GB18030."),
        (f"YWH={'1' * 256}&ZW=x", "YWH", "#/YWH", "The text may have at most 255 characters."),
    ],
)
async def test_an_error_names_the_field_of_the_form(
    form: Api, content: str, part: str, pointer: str, detail: str
) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await post(form, content=content, headers=headers)
    assert problem_of(answer, 422, "invalid-request")
    assert answer.json()["errors"] == [{"part": part, "pointer": pointer, "detail": detail}]


async def test_limits_and_errors_are_as_everywhere(form: Api, ledger: Ledger) -> None:
    assert problem_of(await form.other.post("/v1/forms/notices", data={}), 404, "not-found")
    assert problem_of(await form.anonymous.post("/v1/forms/notices"), 401, "unauthorized")
    assert problem_of(await post(form, json={}), 415, "unsupported-media-type")
    encoded = {"Content-Type": "application/x-www-form-urlencoded"}
    many = await post(form, content="&" * 1_000, headers=encoded)
    assert problem_of(many, 422, "invalid-request")
    large = {"YWH": "1", "ZW": "x" * 6_000}
    assert problem_of(await post(form, data=large), 413, "too-large")
    in_parts = await post(form, files={name: (None, value) for name, value in large.items()})
    assert problem_of(in_parts, 413, "too-large")
    file = {"YWH": (None, "1"), "FJ": ("a.txt", b"x" * 30_000)}
    assert problem_of(await post(form, files=file), 413, "too-large")
    assert form.files() == []
    assert (await form.http.get("/v1/jobs")).json()["data"] == []

    strict = read_mapping(LEAST.encode()).model_dump_json()
    await ledger.departments.set_form("tax", "notices", strict)
    for request in (
        {"data": {"t": "x", "u": "y"}},
        {"files": {"t": (None, "x"), "u": (None, "y")}},
    ):
        refused = await post(form, **request)
        assert problem_of(refused, 422, "invalid-request")
        assert "There is no part `u`." in refused.json()["errors"][0]["detail"]
    assert (await post(form, data={"t": "x"})).status_code == 202


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[job]\ntask = 'a'", "Name the part"),
        ("text = 't'\n[job]\n", "needs a `task`"),
        (LEAST + "input = 'a'", "cannot have input"),
        (LEAST + "deadline = 2026-01-01", "JSON does not have"),
        (LEAST + "[job.options]\na = inf", "JSON does not have"),
        (LEAST + "[job.options]\na = '${b}'", "not in `fields`"),
        (LEAST + "[job.options]\na = '$b'", r"Write \$\$"),
        ("file = 't'\n" + LEAST, "different names"),
        ("required = ['x']\n" + LEAST, "names x"),
        (LEAST + "[fields]\nx = 'date'", "'text', 'integer', 'number' or 'boolean'"),
        (LEAST + f"[job.options]\na = '{'${x}' * 101}'\n[fields]\nx = 'text'", "At most 100"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        read_mapping(text.encode())


def test_a_mapping_is_stored_and_read_again() -> None:
    mapping = read_mapping(EXAMPLE.encode())
    assert type(mapping).model_validate_json(mapping.model_dump_json()) == mapping
    assert json.loads(mapping.model_dump_json())["fields"] == {"YWH": "text", "ZS": "integer"}
