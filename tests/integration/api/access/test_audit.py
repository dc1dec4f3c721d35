"""What the api records: every call, without content, and before its response."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from api.access.rules import RULES
from jobs.audit.files import AuditFiles
from jobs.audit.verify import verify
from jobs.ledger import Ledger
from jobs.process.settings import AuditSettings
from tests.integration.api.conftest import Api, Open, finish, problem_of

CONTENT = "The water is off in Harbour Street."
REQUIRED = {"seq", "at", "action", "status", "source", "request_id", "prev", "key_id", "mac"}


def files(api: Api) -> AuditFiles:
    return AuditFiles.of(api.folder)


def records(api: Api) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for day in files(api).days()
        for line in files(api).day(day).read_text().splitlines()
    ]


def last(api: Api) -> dict[str, Any]:
    return records(api)[-1]


def key_id(api: Api, department: str = "tax") -> str:
    return api.keys[department].split("_")[1]


async def test_a_job_is_recorded_from_submission_to_download_without_its_content(
    api: Api, ledger: Ledger
) -> None:
    job = await api.submit(input={"text": CONTENT}, metadata={"case": CONTENT})
    await finish(ledger, job["id"])
    await api.http.get(f"/v1/jobs/{job['id']}")
    await api.http.get(f"/v1/jobs/{job['id']}/result")
    await api.http.post(f"/v1/jobs/{job['id']}/cancel")
    found = records(api)
    assert [(one["action"], one["status"]) for one in found] == [
        ("job.submit", 202), ("job.read", 200), ("job.download", 200), ("job.cancel", 200),
    ]  # fmt: skip
    for one in found:
        assert set(one) >= REQUIRED
        assert (one["department"], one["key"]) == ("tax", key_id(api))
        assert (one["target"], one["source"]) == (job["id"], "127.0.0.1")
    assert found[0]["task"] == "summarize"
    text = "".join(files(api).day(day).read_text() for day in files(api).days())
    assert CONTENT not in text
    assert api.keys["tax"] not in text


async def test_uploads_and_files_are_recorded_with_the_ids_that_they_got(api: Api) -> None:
    document = (await api.http.post("/v1/documents", content=CONTENT.encode())).json()["id"]
    assert (last(api)["action"], last(api)["target"]) == ("document.upload", document)
    await api.http.get(f"/v1/documents/{document}/content")
    assert (last(api)["action"], last(api)["target"]) == ("document.download", document)
    answer = await api.http.post(
        "/v1/files", files={"file": ("in.jsonl", b"{}")}, data={"purpose": "batch"}
    )
    assert last(api)["target"] == answer.json()["id"]
    body = {
        "endpoint": "/v1/jobs",
        "completion_window": "24h",
        "input_file_id": last(api)["target"],
    }
    batch = (await api.http.post("/v1/batches", json=body)).json()["id"]
    assert (last(api)["action"], last(api)["target"]) == ("batch.submit", batch)
    await api.http.put(f"/v1/libraries/rules/documents/{document}")
    assert (last(api)["action"], last(api)["target"]) == ("library.add", f"rules/{document}")


async def test_refused_and_failed_calls_are_recorded_with_the_reason(
    api: Api, ledger: Ledger
) -> None:
    await api.anonymous.get("/v1/jobs", headers={"Authorization": "Bearer chy_secret"})
    assert (last(api)["status"], last(api)["problem"]) == (401, "unauthorized")
    assert "department" not in last(api)
    await api.other.get("/v1/jobs/job_of_another")
    assert (last(api)["status"], last(api)["problem"]) == (404, "not-found")
    assert (last(api)["department"], last(api)["target"]) == ("health", "job_of_another")
    await api.http.post("/v1/jobs", json={"task": "nothing", "input": {"text": CONTENT}})
    assert (last(api)["status"], last(api)["problem"]) == (422, "unknown-task")
    await ledger.keys.revoke("tax", key_id(api))
    with capture_logs() as logs:
        await api.http.get("/v1/usage")
    assert (last(api)["status"], last(api)["problem"]) == (401, "key-revoked")
    assert (last(api)["department"], last(api)["key"]) == ("tax", key_id(api))
    (line,) = [one for one in logs if one["event"] == "request.refused"]
    assert (line["key"], line["source"], line["problem"]) == (
        key_id(api), "127.0.0.1", "key-revoked",
    )  # fmt: skip
    assert api.keys["tax"] not in str(logs)


async def test_every_call_is_recorded_by_its_name(api: Api) -> None:
    paths = (await api.anonymous.get("/openapi.json")).json()["paths"]
    for path, methods in paths.items():
        for method in methods:
            before = len(records(api))
            url = path.replace("{", "").replace("}", "")
            await api.http.request(method.upper(), url)
            recorded = [one["action"] for one in records(api)[before:]]
            rule = RULES.get((method.upper(), path))
            assert recorded == ([rule.action] if rule else [])


async def test_polling_is_recorded_once_a_minute_with_a_count(open_api: Open) -> None:
    async with open_api() as api:
        job = await api.submit()
        for _ in range(20):
            await api.http.get(f"/v1/jobs/{job['id']}")
        assert len(records(api)) == 2
    assert [one.get("times", 1) for one in records(api)] == [1, 1, 19]  # the rest at the end
    assert verify(files(api), [files(api).chain_key(AuditSettings())]).findings == ()


async def test_calls_at_once_make_one_whole_chain(api: Api) -> None:
    await asyncio.gather(*(api.submit() for _ in range(100)))
    result = verify(files(api), [files(api).chain_key(AuditSettings())])
    assert (result.lines, result.findings) == (100, ())


def break_audit(folder: Path) -> Path:
    """Make every write to the record fail, also for root: a file stands where its folder was."""
    moved = folder / "audit-moved"
    (folder / "audit").rename(moved)
    (folder / "audit").write_text("")
    return moved


def mend_audit(folder: Path, moved: Path) -> None:
    (folder / "audit").unlink()
    moved.rename(folder / "audit")


async def audit_is_ready(api: Api) -> bool:
    checks = (await api.anonymous.get("/readyz")).json()["checks"]
    return bool(next(check["ok"] for check in checks if check["name"] == "audit"))


async def test_without_a_record_there_is_no_response_and_then_no_work(api: Api) -> None:
    job = await api.submit()
    moved = break_audit(api.folder)
    answer = await api.http.get(f"/v1/jobs/{job['id']}")
    problem_of(answer, 503, "audit-unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    body = {"task": "summarize", "input": {"text": CONTENT}}
    problem_of(await api.http.post("/v1/jobs", json=body), 503, "audit-unavailable")
    assert (await api.anonymous.get("/healthz")).status_code == 200
    assert await audit_is_ready(api) is False
    mend_audit(api.folder, moved)
    assert await audit_is_ready(api) is True
    assert len((await api.http.get("/v1/jobs")).json()["data"]) == 1  # the second was not accepted
    resumed = next(one for one in records(api) if one["action"] == "audit.resumed")
    assert resumed["detail"] == {"unrecorded": 1}
    assert verify(files(api), [files(api).chain_key(AuditSettings())]).findings == ()


async def test_a_download_is_not_sent_without_a_record(api: Api) -> None:
    document = (await api.http.post("/v1/documents", content=CONTENT.encode())).json()["id"]
    break_audit(api.folder)
    answer = await api.http.get(f"/v1/documents/{document}/content")
    problem_of(answer, 503, "audit-unavailable")
    assert CONTENT not in answer.text


async def test_an_unexpected_error_is_recorded(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ValueError(CONTENT)

    monkeypatch.setattr(api.app.state.services.ledger.jobs, "list", broken)
    answer = await api.http.get("/v1/jobs")
    assert answer.status_code == 500
    assert (last(api)["action"], last(api)["status"]) == ("job.list", 500)
