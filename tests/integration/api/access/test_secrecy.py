"""Marked documents are refused before they are stored, whichever way they come in."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from jobs.ledger import Ledger
from standin.documents.builders import PARAGRAPH, as_docx, as_pdf
from tasks.secrecy import Secrecy
from tests.integration.api.conftest import Api, problem_of

TEXT = "机密★1年\n特急\n\n关于开展检查的通知\n"
MARKED = [(PARAGRAPH, "机密★1年"), (PARAGRAPH, "关于开展检查的通知")]


async def test_a_marked_text_is_refused_and_not_kept(api: Api) -> None:
    job = {"task": "summarize", "input": {"text": TEXT}}
    problem = problem_of(await api.http.post("/v1/jobs", json=job), 422, "secrecy-marked")
    assert problem["level"] == "机密"
    assert api.files() == []


async def test_a_marked_text_in_the_options_is_refused_and_not_kept(api: Api) -> None:
    job = {"task": "compare", "input": {"text": "通知"}, "options": {"old": {"text": TEXT}}}
    problem_of(await api.http.post("/v1/jobs", json=job), 422, "secrecy-marked")
    assert api.files() == []


@pytest.mark.parametrize(
    "data", [TEXT.encode(), TEXT.encode("gb18030"), as_pdf(MARKED)], ids=["utf-8", "gbk", "pdf"]
)
async def test_a_marked_upload_is_refused_and_not_kept(api: Api, data: bytes) -> None:
    problem_of(await api.http.post("/v1/documents", content=data), 422, "secrecy-marked")
    job = {"task": "summarize"}
    files: dict[str, Any] = {"job": (None, json.dumps(job)), "file": ("n", data)}
    problem_of(await api.http.post("/v1/jobs", files=files), 422, "secrecy-marked")
    assert api.files() == []


async def test_a_level_that_the_department_allows_is_accepted(api: Api, ledger: Ledger) -> None:
    await ledger.departments.set_secrecy("tax", Secrecy.confidential)
    assert (await api.http.post("/v1/documents", content=TEXT.encode())).status_code == 201
    top = TEXT.replace("机密", "绝密")
    problem_of(await api.http.post("/v1/documents", content=top.encode()), 422, "secrecy-marked")
    problem_of(await api.other.post("/v1/documents", content=TEXT.encode()), 422, "secrecy-marked")


async def test_other_requests_are_answered_while_an_upload_is_looked_at(api: Api) -> None:
    upload = asyncio.create_task(api.http.post("/v1/documents", content=as_docx(MARKED)))
    assert (await api.http.get("/healthz")).status_code == 200
    await upload
