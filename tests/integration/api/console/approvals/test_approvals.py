"""Sign-off in the console, over HTTP: reviewers of a department and nobody else."""

from __future__ import annotations

import json
from html import unescape
from typing import Any

from jobs.ledger import Ledger
from tests.integration.api.console.conftest import ConsoleSystem, Visitor
from tests.integration.api.routes.test_approvals import RESULT, approve, hold

HOSTILE = "<img src=x onerror=alert(1)>\"'</textarea><script>alert(2)</script>"


def entered(result: Any = RESULT, **fields: str) -> dict[str, str]:
    """What a browser sends of an unchanged page."""
    whole = json.dumps(result, ensure_ascii=False, indent=2)
    values = {
        "value/data/sender": result["data"]["sender"],
        "value/data/amount": str(result["data"]["amount"]),
        "value/valid": "true",
        "value/not_listed": "0",
    }
    return {"decision": "approve", "shown": whole, "json": whole, "reason": "", **values, **fields}


async def test_a_reviewer_corrects_a_value_and_approves(
    system: ConsoleSystem, stranger: Visitor, ledger: Ledger
) -> None:
    job_id = await hold(system.api, ledger)
    await stranger.sign_in("li")
    listed = await stranger.get("/approvals")
    assert f"/console/approvals/{job_id}" in listed.text
    shown = await stranger.get(f"/approvals/{job_id}")
    assert "Please pay 12,000 yuan" in shown.text
    assert 'name="value/data/amount"' in shown.text
    assert ">提取内容 › amount</label>" in shown.text
    assert (await stranger.get(f"/approvals/{job_id}/source")).text.startswith("Please pay")
    await stranger.get(f"/approvals/{job_id}")
    fields = entered(**{"value/data/amount": "12000"})
    answer = await stranger.post(f"/approvals/{job_id}", **fields)
    assert answer.url.path == "/console/approvals"
    assert job_id not in answer.text
    job = (await system.api.http.get(f"/v1/jobs/{job_id}")).json()
    assert job["result"]["data"] == {"sender": "Li Lei", "amount": 12000}
    approval = job["provenance"]["approval"]
    assert (approval["by"], approval["account"], approval["key_id"]) == ("li", "li", None)
    assert approval["changed"] == ["/data/amount"]
    await stranger.get("/account")
    again = await stranger.post(f"/approvals/{job_id}", **entered())
    assert again.status_code == 409


async def test_a_correction_that_does_not_fit_is_shown_again_with_what_was_entered(
    system: ConsoleSystem, stranger: Visitor, ledger: Ledger
) -> None:
    job_id = await hold(system.api, ledger)
    await stranger.sign_in("li")
    await stranger.get(f"/approvals/{job_id}")
    fields = entered(**{"value/data/amount": "twelve", "value/data/sender": "Han Meimei"})
    answer = await stranger.post(f"/approvals/{job_id}", **fields)
    assert answer.status_code == 422
    assert "<strong>提取内容 › amount</strong>" in answer.text
    assert 'value="Han Meimei"' in answer.text
    broken = await stranger.post(f"/approvals/{job_id}", **entered(json='{"data": 1}'))
    assert broken.status_code == 422
    edited = RESULT | {"data": {"sender": "Han Meimei", "amount": 1200}}
    fields = entered(edited, **{"value/data/amount": "12000"})
    assert (await stranger.post(f"/approvals/{job_id}", **fields)).status_code == 200
    job = (await system.api.http.get(f"/v1/jobs/{job_id}")).json()
    assert job["result"]["data"] == {"sender": "Han Meimei", "amount": 12000}


async def test_a_reviewer_gets_the_file_that_the_task_made_and_what_was_not_checked(
    system: ConsoleSystem, stranger: Visitor, ledger: Ledger
) -> None:
    uploads = [
        (await system.api.http.post(f"/v1/documents?filename={name}", content=text)).json()["id"]
        for name, text in (("masked.txt", b"138****1234"), ("other.txt", b"other"))
    ]
    made, other = uploads
    finding = {"kind": "mobile", "start": 5, "end": 16, "replacement": "138****1234"}
    result = {
        "text": "138****1234",
        "findings": [finding] * 40,
        "file": {"document_id": made, "filename": "masked.txt", "bytes": 11},
        "not_covered": [{"what": "picture", "where": "page 2"}],
    }
    job_id = await hold(system.api, ledger, result, task="redact", options={})
    await stranger.sign_in("li")
    shown = await stranger.get(f"/approvals/{job_id}")
    assert ">下载文件 masked.txt</a>" in shown.text
    assert "未检查的部分" in shown.text
    assert '</span> 图片; <span class="hint">位置</span> 第 2 页' in shown.text
    file = await stranger.get(f"/approvals/{job_id}/files/{made}")
    assert (file.text, file.headers["content-disposition"][:10]) == ("138****1234", "attachment")
    assert (await stranger.get(f"/approvals/{job_id}/files/{other}")).status_code == 404


async def test_a_rejection_needs_a_reason(
    system: ConsoleSystem, stranger: Visitor, ledger: Ledger
) -> None:
    job_id = await hold(system.api, ledger)
    await stranger.sign_in("li")
    await stranger.get(f"/approvals/{job_id}")
    path = f"/approvals/{job_id}"
    assert (await stranger.post(path, **entered(decision="reject"))).status_code == 422
    assert (await stranger.post(path, token="x", **entered())).status_code == 403
    await stranger.get(path)
    rejected = await stranger.post(path, **entered(decision="reject", reason="金额有误"))
    assert rejected.status_code == 200
    job = (await system.api.http.get(f"/v1/jobs/{job_id}")).json()
    assert job["error"]["type"] == "/problems/rejected"


async def test_staff_operators_and_other_departments_see_nothing(
    system: ConsoleSystem, ledger: Ledger
) -> None:
    job_id = await hold(system.api, ledger)
    for name, status in (("zhang", 403), ("op", 403), ("wang", 403)):
        async with system.visitor() as visitor:
            await visitor.sign_in(name)
            for path in ("/approvals", f"/approvals/{job_id}", f"/approvals/{job_id}/source"):
                assert (await visitor.get(path)).status_code == status
            await visitor.get("/account")
            answer = await visitor.post(f"/approvals/{job_id}", **entered())
            assert answer.status_code == status
    answer = await system.api.http.post(f"/v1/jobs/{job_id}/approval", json=approve())
    assert answer.status_code == 200


async def test_texts_of_results_and_documents_are_never_markup(
    system: ConsoleSystem, stranger: Visitor, ledger: Ledger
) -> None:
    result = RESULT | {"data": {"sender": HOSTILE, "amount": 1}}
    job_id = await hold(system.api, ledger, result, input={"text": HOSTILE})
    await stranger.sign_in("li")
    text = (await stranger.get(f"/approvals/{job_id}")).text
    assert "<img" not in text
    assert "alert(2)</script>" not in text
    assert HOSTILE in unescape(text)
