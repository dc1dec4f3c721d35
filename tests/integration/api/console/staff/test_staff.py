"""What staff do in the console: submit files, follow them, see results, download."""

from __future__ import annotations

import re
import subprocess
from collections.abc import AsyncIterator
from html import unescape

import httpx
import pytest
import pytest_asyncio
from pydantic_core import to_json

from jobs.ledger import Ledger
from jobs.model.problems import Problem
from jobs.model.states import JobStatus
from jobs.process.settings import LimitSettings
from standin.documents.builders import as_docx, as_pdf
from tests.integration.api.conftest import Api, finish, opened_api
from tests.integration.api.console.conftest import ConsoleSystem, Visitor, add_accounts, audited

pytestmark = pytest.mark.asyncio(loop_scope="module")
shared = pytest_asyncio.fixture(loop_scope="module", scope="module")

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>.txt'
TEXT = "张三的手机号是13800138000。\n\n<b onmouseover=alert(1)>停水通知</b>"


@pytest.fixture(scope="module")
def ledger(module_ledger: Ledger) -> Ledger:
    return module_ledger


@shared
async def system(
    ledger: Ledger,
    valkey: tuple[subprocess.Popen[bytes], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ConsoleSystem]:
    """One for all tests: the processes that open files take seconds to start."""
    async with opened_api(
        ledger,
        valkey[1],
        tmp_path_factory.mktemp("api"),
        limits=LimitSettings(max_document_bytes=200_000),
    ) as api:
        await add_accounts(ledger)
        yield ConsoleSystem(api)


@shared
async def api(system: ConsoleSystem) -> Api:
    return system.api


@shared
async def zhang(system: ConsoleSystem) -> AsyncIterator[Visitor]:
    async with system.visitor() as visitor:
        await visitor.sign_in("zhang")
        yield visitor


async def submit(
    visitor: Visitor, task: str, *files: tuple[str, bytes], field: str = "files", **fields: str
) -> httpx.Response:
    await visitor.get(f"/submit/{task}")
    data = {"csrf": visitor.token, "lane": "interactive", "no_secrets": "yes", **fields}
    return await visitor.http.post(
        f"/console/submit/{task}", data=data, files=[(field, file) for file in files or [("", b"")]]
    )


def job_id(answer: httpx.Response) -> str:
    assert answer.url.path.startswith("/console/jobs/"), answer.text
    return answer.url.path.rpartition("/")[2]


async def test_a_file_becomes_a_job_of_the_persons_department(
    zhang: Visitor, ledger: Ledger, system: ConsoleSystem
) -> None:
    answer = await submit(zhang, "redact", ("通知.txt", TEXT.encode()), **{"option.mask": "stars"})
    job = await ledger.jobs.get("tax", job_id(answer))
    assert job is not None
    assert (job.task, job.lane, job.options["mask"]) == ("redact", "interactive", "stars")
    assert job.metadata == {"submitted_by": "zhang", "filename": "通知.txt"}
    assert re.search(r"排队中，本部门前面还有 \d+ 个", answer.text)
    assert "通知.txt" in (await zhang.get("/records")).text
    last = [one for one in audited(system.api) if one["action"] == "job.submit"][-1]
    assert (last["account"], last["task"], last["target"]) == ("zhang", "redact", job.id)


async def test_the_notice_comes_before_the_file_and_must_be_confirmed(
    zhang: Visitor, ledger: Ledger
) -> None:
    before = len((await ledger.jobs.list("tax")).items)
    page = (await zhang.get("/submit/redact")).text
    assert page.index("严禁上传涉密文件") < page.index('type="file"')
    answer = await submit(zhang, "redact", ("a.txt", b"Text."), no_secrets="")
    assert answer.status_code == 422
    assert len((await ledger.jobs.list("tax")).items) == before
    # The file need not be sent again.
    (document,) = re.findall(r'name="document" value="([^"]+)"', answer.text)
    answer = await submit(zhang, "redact", document=document)
    assert job_id(answer)


async def test_a_form_that_is_sent_twice_is_one_job(zhang: Visitor, ledger: Ledger) -> None:
    files = [("a.txt", b"Sent twice."), ("b.txt", b"This one too.")]
    before = len((await ledger.jobs.list("tax", limit=100)).items)
    answers = [await submit(zhang, "summarize", *files, form="f1") for _ in range(2)]
    assert len((await ledger.jobs.list("tax", limit=100)).items) == before + 2
    assert all("已完成 0 个，共 2 个" in answer.text for answer in answers)
    await submit(zhang, "summarize", *files, form="f2")
    assert len((await ledger.jobs.list("tax", limit=100)).items) == before + 4


async def test_a_marked_file_is_refused_with_the_reason(zhang: Visitor) -> None:
    answer = await submit(zhang, "redact", ("a.txt", "机密★1年\n内容".encode()))
    assert answer.status_code == 422
    assert "机密" in answer.text


async def test_a_form_without_the_token_stores_nothing(zhang: Visitor, api: Api) -> None:
    stored = api.files()
    answer = await zhang.http.post(
        "/console/submit/redact", data={"csrf": "x"}, files={"files": ("a.txt", b"Text.")}
    )
    assert answer.status_code == 403
    assert api.files() == stored


async def test_wrong_options_are_named_and_keep_what_was_written(zhang: Visitor) -> None:
    answer = await submit(zhang, "summarize", ("a.txt", b"Text."), **{"option.max_words": "5"})
    assert answer.status_code == 422
    assert "#/options/max_words" in answer.text
    assert 'value="5"' in answer.text


async def test_many_files_are_a_group_with_its_progress(
    zhang: Visitor, ledger: Ledger, system: ConsoleSystem
) -> None:
    files = [(f"{number}.txt", f"Text {number}.".encode()) for number in range(3)]
    answer = await submit(
        zhang, "summarize", *files, ("empty.txt", b""), ("big.txt", b"x" * 200_001)
    )
    assert "已接收 3 个文件" in answer.text
    assert "empty.txt" in answer.text
    assert "big.txt" in answer.text
    (group,) = re.findall(r"/console(/groups/grp_\w+)", answer.text)
    page = (await zhang.get(group)).text
    assert "已完成 0 个，共 3 个" in page
    assert "没有工作进程在运行" in page  # the tests run none
    jobs = (await ledger.jobs.list("tax")).items
    assert [job.metadata.get("group") for job in jobs[:4]].count(group.rpartition("/")[2]) == 3
    await finish(ledger, jobs[0].id)
    assert "已完成 1 个，共 3 个" in (await zhang.get(group)).text
    (recorded,) = [one for one in audited(system.api) if one.get("target") == group[8:]][:1]
    assert recorded["detail"] == {"jobs": sorted(job.id for job in jobs[:3])}
    async with system.visitor("10.0.0.9") as wang:
        await wang.sign_in("wang")
        assert (await wang.get(group)).status_code == 404


async def test_staff_see_their_own_records_and_reviewers_those_of_the_department(
    zhang: Visitor, api: Api, system: ConsoleSystem
) -> None:
    mine = job_id(await submit(zhang, "redact", ("a.txt", b"Text.")))
    other = (await api.submit())["id"]
    assert (await zhang.get(f"/jobs/{mine}")).status_code == 200
    assert (await zhang.get(f"/jobs/{other}")).status_code == 404
    for name, seen in (("li", 200), ("wang", 404), ("op", 403)):
        async with system.visitor("10.0.0.9") as visitor:
            await visitor.sign_in(name)
            for path in (f"/jobs/{mine}", f"/jobs/{mine}/state"):
                assert (await visitor.get(path)).status_code == seen, (name, path)


async def test_a_result_is_shown_beside_the_text_with_its_marks(
    zhang: Visitor, ledger: Ledger
) -> None:
    job = job_id(await submit(zhang, "redact", ("a.txt", TEXT.encode())))
    start = TEXT.index("138")
    result = {
        "text": TEXT.replace("13800138000", "138****8000"),
        "findings": [
            {"kind": "mobile", "start": start, "end": start + 11, "page": None, "box": None,
             "found_by": "rule", "valid": True, "replacement": "138****8000"},
        ],
    }  # fmt: skip
    await finish(ledger, job, result=to_json(result).decode())
    page = (await zhang.get(f"/jobs/{job}")).text
    assert 'id="place-1"' in page
    assert "<mark>13800138000</mark>" in page
    assert 'href="#place-1"' in page
    assert "手机号" in page
    state = (await zhang.get(f"/jobs/{job}/state")).json()
    assert (state["ended"], state["text"]) == (True, "已完成")


async def test_a_pdf_is_shown_as_pictures_of_its_pages_with_the_places(
    zhang: Visitor, ledger: Ledger, api: Api
) -> None:
    job = job_id(await submit(zhang, "summarize", ("a.pdf", as_pdf(breaks=True))))
    result = {"summary": "S", "sentences": [
        {"text": "S", "quotes": [
            {"text": "q", "start": 0, "end": 5, "page": 1, "match": "exact"},
            {"text": "elsewhere", "start": None, "end": None, "page": 2, "match": "none"}]},
    ]}  # fmt: skip
    await finish(ledger, job, result=to_json(result).decode())
    page = (await zhang.get(f"/jobs/{job}")).text
    assert page.count("<rect ") == 1
    assert 'id="place-1"' in page
    assert "?section=2#place-2" in page
    picture = await zhang.get(f"/jobs/{job}/pages/1")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert picture.headers["cache-control"] == "no-store"
    assert (await zhang.get(f"/jobs/{job}/pages/99")).status_code == 422


async def test_a_docx_is_shown_as_its_text(zhang: Visitor, ledger: Ledger) -> None:
    job = job_id(await submit(zhang, "format_check", ("a.docx", as_docx())))
    result = {"findings": [
        {"rule": "r", "clause": "7.3.1", "severity": "error", "expected": "expected form",
         "found": "found form", "fixable": True,
         "place": {"paragraph": 1, "words": "Water"}}]}  # fmt: skip
    await finish(ledger, job, result=to_json(result).decode())
    page = (await zhang.get(f"/jobs/{job}")).text
    assert 'class="text"' in page
    assert "expected form (7.3.1)" in page


async def test_nothing_of_a_document_a_name_or_metadata_becomes_html(
    zhang: Visitor, ledger: Ledger, api: Api
) -> None:
    job = job_id(await submit(zhang, "summarize", (HOSTILE, TEXT.encode())))
    attack = "<svg onload=alert(1)>'\"{{7*7}}"
    result = {
        "summary": attack,
        "sentences": [
            {"text": attack, "quotes": [
                {"text": attack, "start": 0, "end": 2, "page": None, "match": "exact"}]},
        ],
        attack: attack,
    }  # fmt: skip
    await finish(ledger, job, result=to_json(result).decode())
    pages = [
        (await zhang.get(path)).text
        for path in (f"/jobs/{job}", "/records", f"/nothing{attack}", f"/submit/{attack}")
    ]
    for page in pages:
        for tag in ("<script>", "<img", "<svg onload", "<b onmouseover"):
            assert tag not in page
    assert "&lt;svg onload=alert(1)&gt;" in pages[0]
    assert "{{7*7}}" in pages[0]
    answer = await zhang.get(f"/jobs/{job}/state")
    assert answer.headers["content-type"] == "application/json"
    sent = await zhang.get(f"/jobs/{job}/result.json")
    assert "attachment" in sent.headers["content-disposition"]


async def test_a_failed_job_says_why(zhang: Visitor, ledger: Ledger) -> None:
    job = job_id(await submit(zhang, "summarize", ("a.txt", b"Text.")))
    error = Problem("output-invalid", "The <model> was wrong.")
    await finish(ledger, job, status=JobStatus.failed, result=None, error=error)
    page = (await zhang.get(f"/jobs/{job}")).text
    assert "The &lt;model&gt; was wrong." in page


async def test_the_files_of_a_job_are_downloaded_and_no_others(
    zhang: Visitor, ledger: Ledger, api: Api
) -> None:
    job = job_id(await submit(zhang, "redact", ("源.txt", b"Text.")))
    files = {
        name: (await api.http.post("/v1/documents", content=name.encode())).json()["id"]
        for name in ("masked", "other")
    }
    result = {"text": "x", "findings": [], "file": {
        "document_id": files["masked"], "filename": "a.txt", "media_type": "text/plain",
        "bytes": 6, "sha256": "0"}}  # fmt: skip
    await finish(ledger, job, result=to_json(result).decode())
    answer = await zhang.get(f"/jobs/{job}/files/{files['masked']}")
    assert answer.content == b"masked"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert (await zhang.get(f"/jobs/{job}/files/{files['other']}")).status_code == 404
    found = await ledger.jobs.get("tax", job)
    assert found is not None
    answer = await zhang.get(f"/jobs/{job}/files/{found.document_id}")
    assert answer.content == b"Text."


async def test_a_waiting_job_can_be_cancelled(zhang: Visitor, ledger: Ledger) -> None:
    job = job_id(await submit(zhang, "summarize", ("a.txt", b"Text.")))
    await zhang.get(f"/jobs/{job}")
    answer = await zhang.post(f"/jobs/{job}/cancel")
    assert "已取消" in answer.text


async def test_a_department_sees_its_own_tasks_only(zhang: Visitor) -> None:
    answer = await zhang.get("/submit/nothing")
    assert answer.status_code == 404
    assert "文档问答" in (await zhang.get("/submit")).text


async def test_the_other_language_shows_the_same_part_of_the_page(zhang: Visitor) -> None:
    page = await zhang.get("/records?cursor=abc")
    (link,) = re.findall(r'href="/console(/language[^"]+)"', page.text)
    answer = await zhang.get(unescape(link))
    assert answer.url.raw_path == b"/console/records?cursor=abc"
    outside = await zhang.get("/language?to=zh&next=%2F%2Fexample.org%3Fa")
    assert outside.url.host == "chancery.test"
