"""What operators do in the console: health, callbacks, pauses, cancelling; nothing of documents."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from api.console.operators.health import for_anyone, shown
from jobs.health.problem_types import problem
from jobs.ledger import Ledger
from jobs.ledger.pauses import Pause
from jobs.ledger.processes import Process
from jobs.model.callback import Attempt, Callback, Outcome
from jobs.model.department import Quota
from jobs.model.lanes import Lane
from jobs.model.problems import Problem
from jobs.model.states import CallbackStatus, JobStatus
from jobs.process.build import build
from jobs.texts import Language
from jobs.texts.translation import translation
from tests.integration.api.conftest import ALLOWED, Api, finish, opened_api
from tests.integration.api.console.conftest import ConsoleSystem, Visitor, add_accounts, audited
from tests.integration.api.routes.test_approvals import hold

pytestmark = pytest.mark.asyncio(loop_scope="module")
shared = pytest_asyncio.fixture(loop_scope="module", scope="module")

SECRET_TEXT = "The mayor's telephone is off."
HOSTILE = '"><script>alert(1)</script>'
HEALTH, CALLBACKS, DEPARTMENTS = "/health", "/callbacks?department=tax", "/departments"


@pytest.fixture(scope="module")
def ledger(module_ledger: Ledger) -> Ledger:
    return module_ledger


@shared
async def system(
    ledger: Ledger,
    valkey: tuple[subprocess.Popen[bytes], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ConsoleSystem]:
    async with opened_api(ledger, valkey[1], tmp_path_factory.mktemp("api")) as api:
        await add_accounts(ledger)
        await ledger.departments.set_display_name("health", HOSTILE)
        await ledger.departments.set_quota("tax", Quota(tokens_per_day=1_234_000))
        yield ConsoleSystem(api)


@shared
async def api(system: ConsoleSystem) -> Api:
    return system.api


@shared
async def op(system: ConsoleSystem) -> AsyncIterator[Visitor]:
    async with system.visitor() as visitor:
        answer = await visitor.sign_in("op")
        assert answer.url.path == "/console/health", answer.text
        yield visitor


@pytest_asyncio.fixture(loop_scope="module")
async def nothing_queued(ledger: Ledger) -> None:
    """No job waits that another test has submitted."""
    for department in await ledger.departments.all():
        waiting = await ledger.jobs.list(department.name, status=JobStatus.queued)
        for job in waiting.items:
            await ledger.jobs.cancel(department.name, job.id)


async def dead_callback(api: Api, ledger: Ledger) -> Callback:
    job = await api.submit(callback_url=f"{ALLOWED}?token=hunter2")
    await ledger.jobs.cancel("tax", job["id"])
    claimed = (await ledger.callbacks.claim(100, 30)).deliveries  # also those of other tests
    (delivery,) = [one for one in claimed if one.callback.job_id == job["id"]]
    attempt = Attempt(datetime.now(UTC), 500, None, 0.1)
    await ledger.callbacks.settle(delivery, attempt, CallbackStatus.dead, Outcome.failed)
    return (await ledger.callbacks.list("tax", job_id=job["id"])).items[0]


async def status_of(ledger: Ledger, callback: Callback) -> CallbackStatus:
    assert callback.job_id
    (found,) = (await ledger.callbacks.list("tax", job_id=callback.job_id)).items
    return found.status


def last_change(api: Api) -> tuple[object, ...]:
    """Action, account, target and detail of the last form."""
    entry = [one for one in audited(api) if one["status"] == 303][-1]
    return entry["action"], entry["account"], entry["target"], entry["detail"]


@pytest.mark.usefixtures("nothing_queued")
async def test_the_health_names_problems_failures_and_waiting_work(
    op: Visitor, api: Api, ledger: Ledger
) -> None:
    failed = (await api.submit(input={"text": SECRET_TEXT}))["id"]
    error = Problem("document-unreadable", "Broken.")
    await finish(ledger, failed, status=JobStatus.failed, result=None, error=error)
    waiting = (await api.submit())["id"]
    answer = await op.get(HEALTH)
    assert answer.status_code == 200
    for text in (
        "没有工作进程（worker）在运行",
        "docs/operations.md#worker-missing",
        "<code>chancery up</code>",
        failed,
        waiting,
    ):
        assert text in answer.text
    assert "document-unreadable" in answer.text
    assert SECRET_TEXT not in answer.text
    await ledger.jobs.cancel("tax", waiting)


async def test_the_health_lists_the_batches_of_all_departments(op: Visitor, api: Api) -> None:
    line = b'{"custom_id": "1", "method": "POST", "url": "/v1/jobs", "body": {}}'
    for http in (api.http, api.other):
        file = {"file": ("lines.jsonl", line)}
        sent = await http.post("/v1/files", files=file, data={"purpose": "batch"})
        batch = await http.post("/v1/batches", json={"input_file_id": sent.json()["id"]})
        assert batch.status_code == 200, batch.text
        answer = await op.get(HEALTH)
        assert batch.json()["id"] in answer.text
    assert "停滞：" in answer.text
    shown = await op.get(f"/cancel?id={batch.json()['id']}")
    assert "取消后不能恢复" in shown.text
    answer = await op.post("/cancel/batch", id=batch.json()["id"])
    assert "正在取消" in answer.text or "已取消" in answer.text
    assert last_change(api) == (
        "batch.cancel", "op", batch.json()["id"], {"department": "health"},
    )  # fmt: skip


async def test_the_health_shows_builds_and_results_that_wait_for_approval(
    op: Visitor, api: Api, ledger: Ledger
) -> None:
    job_id = await hold(api, ledger)
    answer = await op.get(HEALTH)
    assert build() in answer.text
    assert "tax: 1 个，最早的一个开始等待于" in answer.text
    await ledger.departments.set_display_name("tax", "税务局")
    assert "税务局: 1 个，最早的一个开始等待于" in (await op.get(HEALTH)).text
    await ledger.departments.set_display_name("tax", None)
    assert "各进程版本不一致" not in answer.text
    other = Process("worker", "worker-old", "h", 1, datetime.now(UTC), {"build": "0.0.1+old"})
    await ledger.processes.beat(other)
    answer = await op.get(HEALTH)
    assert "0.0.1+old" in answer.text
    assert "各进程版本不一致" in answer.text
    await ledger.processes.leave("worker-old")
    await ledger.jobs.cancel("tax", job_id)


async def test_a_problem_s_detail_has_the_name_for_people_and_its_command_the_other() -> None:
    found = problem("callbacks-dead", "tax", count=2)
    for language, detail in ((Language.zh, "税务局 有 2 个回调未能送达"), (Language.en, "税务局")):
        named = shown(found, translation(language), {"tax": "税务局"})
        assert detail in named.detail
        assert "--department tax`" in named.advice
    lane = problem("lane-without-worker", "bulk")
    assert "bulk" in shown(lane, translation(Language.zh), {"bulk": "某局"}).detail
    what = "all jobs of every department"
    pause = shown(problem("paused", what, what=what, options=""), translation(Language.zh), {})
    assert pause.subject == "所有部门的全部作业"


async def test_the_subjects_of_problems_are_in_the_language_of_the_page(op: Visitor) -> None:
    answer = await op.get(HEALTH)
    assert '<span class="hint">工作进程（worker）</span>' in answer.text


async def test_a_dead_callback_is_sent_again(op: Visitor, api: Api, ledger: Ledger) -> None:
    callback = await dead_callback(api, ledger)
    answer = await op.get(CALLBACKS)
    assert callback.id in answer.text
    assert "HTTP 500" in answer.text
    assert "oa.tax.intranet" in answer.text
    assert "hunter2" not in answer.text  # the URL may have a secret
    answer = await op.post(f"/callbacks/{callback.id}")
    assert "已重新排队投递 1 个回调" in answer.text
    assert await status_of(ledger, callback) is CallbackStatus.pending
    assert last_change(api) == (
        "callback.redeliver", "op", callback.id, {"department": "tax"},
    )  # fmt: skip
    await ledger.callbacks.claim(9, 30)


async def test_all_dead_callbacks_since_a_time_are_sent_again_after_a_question(
    op: Visitor, api: Api, ledger: Ledger
) -> None:
    callbacks = [await dead_callback(api, ledger) for _ in range(2)]
    zone = api.app.state.console.zone
    since = (datetime.now(zone) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    answer = await op.get("/redeliver", params={"department": "tax", "since": since})
    assert "开始后不能撤回" in answer.text
    assert await status_of(ledger, callbacks[0]) is CallbackStatus.dead
    answer = await op.post("/redeliver", department="tax", since=since)
    assert "已重新排队投递 2 个回调" in answer.text
    for callback in callbacks:
        assert await status_of(ledger, callback) is CallbackStatus.pending
    action, _, target, detail = last_change(api)
    assert (action, target) == ("callback.redeliver-dead", "tax")
    assert isinstance(detail, dict)
    assert detail["count"] == 2
    answer = await op.post("/redeliver", department="tax", since="soon")
    assert answer.status_code == 422


async def test_jobs_are_paused_and_resumed(op: Visitor, api: Api, ledger: Ledger) -> None:
    await op.get(DEPARTMENTS)
    await op.post("/departments/pause", department="tax", lane="bulk")
    assert await ledger.pauses.list() == [Pause("tax", Lane.bulk)]
    assert last_change(api) == ("pause", "op", "tax", {"department": "tax", "lane": "bulk"})
    assert "tax, 空闲时处理" in (await op.get(HEALTH)).text
    answer = await op.post("/departments/resume", department="tax", lane="bulk")
    assert answer.status_code == 200
    assert await ledger.pauses.list() == []
    assert last_change(api)[0] == "resume"
    for wrong, status in (({}, 422), ({"lane": "fast"}, 422), ({"department": "parks"}, 404)):
        answer = await op.post("/departments/pause", **wrong)
        assert answer.status_code == status
    assert await ledger.pauses.list() == []


async def test_departments_are_listed_with_their_quotas(op: Visitor) -> None:
    answer = await op.get(DEPARTMENTS)
    assert "每日词元数（UTC）" in answer.text
    assert "1,234,000" in answer.text
    assert "&#34;&gt;&lt;script&gt;" in answer.text
    assert HOSTILE not in answer.text
    assert "console." not in re.sub(r"console\.(css|js)", "", answer.text)


async def test_a_job_is_cancelled_after_a_question(op: Visitor, api: Api, ledger: Ledger) -> None:
    job_id = (await api.submit(metadata={"note": SECRET_TEXT}))["id"]
    answer = await op.get(f"/cancel?id={job_id}")
    assert "取消后不能恢复" in answer.text
    assert SECRET_TEXT not in answer.text
    answer = await op.post("/cancel/job", id=job_id)
    assert "已取消" in answer.text
    job = await ledger.jobs.get("tax", job_id)
    assert job is not None
    assert job.status is JobStatus.cancelled
    assert last_change(api) == ("job.cancel", "op", job_id, {"department": "tax"})
    assert "没有这个作业或批次" in (await op.get(f"/cancel?id={HOSTILE}")).text


async def test_no_form_works_without_its_token(op: Visitor, api: Api, ledger: Ledger) -> None:
    job_id = (await api.submit())["id"]
    for path, fields in (
        ("/cancel/job", {"id": job_id}),
        ("/departments/pause", {"lane": "bulk"}),
        ("/departments/resume", {"lane": "bulk"}),
        ("/redeliver", {"department": "tax", "since": "2026-01-01T00:00"}),
    ):
        answer = await op.post(path, token="x", **fields)
        assert answer.status_code == 403, path
    assert await ledger.pauses.list() == []
    job = await ledger.jobs.get("tax", job_id)
    assert job is not None
    assert job.status is JobStatus.queued


@pytest.mark.parametrize("name", ["zhang", "li"])
async def test_staff_and_reviewers_open_no_page_of_operators(
    system: ConsoleSystem, name: str
) -> None:
    async with system.visitor() as visitor:
        await visitor.sign_in(name)
        for path in (HEALTH, CALLBACKS, DEPARTMENTS, "/cancel"):
            assert (await visitor.get(path)).status_code == 403


async def test_operators_open_no_page_of_staff(op: Visitor) -> None:
    for path in ("/submit", "/records", "/approvals"):
        assert (await op.get(path)).status_code == 403


async def test_without_a_session_the_health_asks_for_the_sign_in(system: ConsoleSystem) -> None:
    async with system.visitor() as visitor:
        assert (await visitor.get(HEALTH)).url.path == "/console/sign-in"


async def test_while_redis_is_hung_the_page_says_so(
    op: Visitor, valkey: tuple[subprocess.Popen[bytes], str]
) -> None:
    valkey[0].send_signal(signal.SIGSTOP)
    try:
        async with asyncio.timeout(10):
            answer = await op.get(HEALTH)
    finally:
        valkey[0].send_signal(signal.SIGCONT)
    assert answer.status_code == 503
    assert "Redis 没有响应" in answer.text
    assert "docs/operations.md#redis-hung" in answer.text
    assert "data-refresh" in answer.text
    assert "GiB" not in answer.text  # nothing of the machine: nobody is recognized
    assert (await op.get(HEALTH)).status_code == 200


async def test_the_health_is_shown_while_the_audit_record_cannot_be_written(
    op: Visitor, api: Api
) -> None:
    """A full disk is the usual cause, and this page names it."""
    audit = api.folder / "audit"
    moved = audit.rename(api.folder / "audit-moved")
    audit.write_text("")
    try:
        await op.post("/departments/pause", department="health", lane="bulk")  # not recorded
        assert (await op.get("/static/console.css")).status_code == 200
        answer = await op.get(HEALTH)
        assert answer.status_code == 200
        assert "data-refresh" in answer.text
        assert (await op.get(CALLBACKS)).status_code == 503
    finally:
        audit.unlink()
        moved.rename(audit)
    await op.post("/departments/resume", department="health", lane="bulk")


async def test_without_an_account_the_health_names_redis_and_the_disk_but_no_machine() -> None:
    found = [
        problem("redis-unreachable", "redis"),
        problem("disk-full", "vm:/srv/chancery", free="0.0 GiB", total="1.3 GiB"),
        problem("callbacks-dead", "tax", count=2),
    ]
    shown = list(for_anyone(found))
    assert [one.code for one in shown] == ["redis-unreachable", "disk-full"]
    assert "srv" not in str(shown)
    assert "0.0 GiB of 1.3 GiB free" in shown[1].detail
