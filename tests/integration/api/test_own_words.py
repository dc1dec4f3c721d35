"""Errors say in our words what is wrong, what would be right, and where; in Chinese on request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobs.ledger import Ledger
from jobs.process.settings import LimitSettings
from standin.documents.builders import docx_with, drawn_pdf
from tests.integration.api.conftest import Api, Open, finish, problem_of

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
JOB: dict[str, Any] = {"task": "summarize", "input": {"text": "The water is off."}}


@pytest.mark.parametrize(
    ("path", "declared", "accepts"),
    [
        ("/v1/jobs", "text/plain", ["application/json", "multipart/form-data"]),
        ("/v1/jobs", "application/x-www-form-urlencoded",
         ["application/json", "multipart/form-data"]),
        ("/v1/batches", "application/xml", ["application/json"]),
        ("/v1/callbacks/redeliver", "text/csv; charset=utf-8", ["application/json"]),
        ("/v1/files", "application/jsonl", ["multipart/form-data"]),
    ],
)  # fmt: skip
async def test_another_type_of_body_is_415_with_the_types_that_are_accepted(
    api: Api, path: str, declared: str, accepts: list[str]
) -> None:
    answer = await api.http.post(path, content=b"a=b", headers={"Content-Type": declared})
    problem = problem_of(answer, 415, "unsupported-media-type")
    assert problem["accepts"] == accepts
    assert declared.partition(";")[0] in problem["detail"]
    assert "accept-encoding" not in answer.headers


@pytest.mark.parametrize(
    "declared", ["application/json; charset=utf-8", "application/x+json", None]
)
async def test_json_is_accepted_by_any_of_its_names(api: Api, declared: str | None) -> None:
    content = b'{"task": "summarize", "input": {"text": "x"}}'
    headers = {"Content-Type": declared} if declared else {}
    answer = await api.http.post("/v1/jobs", content=content, headers=headers)
    assert answer.status_code == 202, answer.text


async def test_the_part_of_a_form_is_named(api: Api) -> None:
    job = '{"task": "summarize", "callback": "http://oa/"}'
    form: dict[str, Any] = {"job": (None, job), "file": ("a.txt", b"The water is off.")}
    answer = await api.http.post("/v1/jobs", files=form)
    problem = problem_of(answer, 422, "invalid-request")
    assert problem["detail"].startswith("Part `job` of the form:")
    assert problem["errors"] == [
        {
            "part": "job",
            "pointer": "#/callback",
            "detail": "There is no member `callback`. Did you mean `callback_url`?",
        }
    ]
    form["job"] = (None, '{"task": "summarize", "options": {"max_words": 1}}')
    problem = problem_of(await api.http.post("/v1/jobs", files=form), 422, "invalid-request")
    assert (problem["errors"][0]["part"], problem["errors"][0]["pointer"]) == (
        "job",
        "#/options/max_words",
    )
    answer = await api.http.post("/v1/jobs", files={"document": ("a.txt", b"x")})
    problem = problem_of(answer, 422, "invalid-request")
    assert problem["errors"][0]["part"] == "document"
    assert "The parts are `file` and `job`." in problem["detail"]


async def test_a_callback_that_is_not_allowed_comes_with_those_that_are(api: Api) -> None:
    answer = await api.http.post("/v1/jobs", json={**JOB, "callback_url": "http://10.0.0.1/"})
    problem = problem_of(answer, 422, "callback-not-allowed")
    assert problem["allowed"] == ["oa.tax.intranet"]
    assert "are allowed to oa.tax.intranet." in problem["detail"]


@pytest.mark.parametrize("task", ["format_check", "format_fix"])
async def test_a_document_that_the_task_cannot_use_is_refused_and_not_kept(
    open_api: Open, task: str
) -> None:
    async with open_api(limits=LimitSettings()) as api:
        await _send_each_kind(api, task)


async def _send_each_kind(api: Api, task: str) -> None:
    pdf = drawn_pdf(lambda canvas: canvas.drawString(72, 720, "The water is off."))
    docx = docx_with("<w:p><w:r><w:t>水务通知</w:t></w:r></w:p>")
    as_text = await api.http.post("/v1/jobs", json={**JOB, "task": task})
    problem = problem_of(as_text, 422, "document-not-accepted")
    assert "takes documents of the kind DOCX; this one is plain text" in problem["detail"]
    form: dict[str, Any] = {"job": (None, f'{{"task": "{task}"}}'), "file": ("a.docx", pdf)}
    sent = await api.http.post("/v1/jobs", files=form)
    assert problem_of(sent, 422, "document-not-accepted")["media_type"] == "application/pdf"
    assert api.files() == []
    kept = (await api.http.post("/v1/documents", content=pdf)).json()["id"]
    named = await api.http.post("/v1/jobs", json={"task": task, "input": {"document_id": kept}})
    problem_of(named, 422, "document-not-accepted")
    form["file"] = ("a.pdf", docx)
    assert (await api.http.post("/v1/jobs", files=form)).status_code == 202


async def test_a_task_says_which_documents_it_takes(api: Api) -> None:
    check = (await api.http.get("/v1/tasks/format_check", headers=CHINESE)).json()
    assert check["accepts"] == [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    ]
    assert check["title"] == "公文排版检查"
    assert "公文格式" in check["description"]
    assert (await api.http.get("/v1/tasks/summarize")).json()["accepts"] is None


async def test_problems_are_chinese_on_request(api: Api) -> None:
    answer = await api.http.post("/v1/jobs", json={**JOB, "lanes": "bulk"}, headers=CHINESE)
    problem = problem_of(answer, 422, "invalid-request")
    assert answer.headers["content-language"] == "zh-CN"
    assert "Accept-Language" in answer.headers["vary"]
    assert problem["title"] == "请求无效"
    assert problem["detail"] == "请求无效，需更正之处见 `errors`。"
    assert problem["errors"][0]["detail"] == "没有 `lanes` 这一项。是否应为 `lane`？"
    assert problem["errors"][0]["detail"] in problem["error"]["message"]
    unknown = await api.anonymous.get("/v1/jobs", headers=CHINESE)
    assert problem_of(unknown, 401, "unauthorized")["title"] == "缺少 API 密钥或密钥无效"
    page = (await api.anonymous.get("/problems/unauthorized", headers=CHINESE)).json()
    assert page["what_to_do"].startswith("请在请求头中")


async def test_the_error_of_a_job_is_chinese_on_request(api: Api) -> None:
    job = await api.submit()
    await api.http.post(f"/v1/jobs/{job['id']}/cancel")
    shown = (await api.http.get(f"/v1/jobs/{job['id']}", headers=CHINESE)).json()
    assert shown["error"]["title"] == "作业已取消"
    listed = (await api.http.get("/v1/jobs", headers=CHINESE)).json()["data"][0]
    assert listed["error"]["title"] == "作业已取消"
    plain = (await api.http.get(f"/v1/jobs/{job['id']}")).json()
    assert plain["error"]["title"] == "The job was cancelled"


async def test_findings_of_a_result_are_chinese_on_request(api: Api, ledger: Ledger) -> None:
    job = await api.submit(task="proofread", options={})
    reason = {"reason": "This time does not exist.", "text": "25:00"}
    await finish(ledger, job["id"], result=json.dumps({"edits": [], "remarks": [reason]}))
    path = f"/v1/jobs/{job['id']}"
    english = (await api.http.get(path)).json()["result"]["remarks"]
    assert english == [reason]
    chinese = (await api.http.get(path, headers=CHINESE)).json()["result"]["remarks"]
    assert chinese == [{"reason": "该时间不存在。", "text": "25:00"}]
