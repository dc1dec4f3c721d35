"""`chancery jobs`, `callbacks`, `batch list`, `cancel` and `redeliver` of operators."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr
from redis import Redis

from chancery.cli import main
from jobs.ledger import Ledger
from jobs.ledger.runs import Ending
from jobs.model.callback import Attempt, Delivery, Outcome
from jobs.model.ids import new_callback_id
from jobs.model.job import Usage
from jobs.model.provenance import Provenance
from jobs.model.roles import Role
from jobs.model.states import CallbackStatus, JobStatus
from jobs.process.settings import RedisSettings
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.callback_kit import claim_one
from tests.integration.jobs.ledger.conftest import a_job, submit_job

ERROR = "no response within 10 s"


@dataclass(slots=True)
class Records:
    """A queued job, a cancelled job with a dead callback and a batch of each of tax and water."""

    redis_url: str
    queued: dict[str, str]
    cancelled: dict[str, str]
    callbacks: dict[str, str]
    batches: dict[str, str]

    def run(self, *words: str) -> Result:
        known = {"CHANCERY_API_KEY": "", "CHANCERY_REDIS_URL": ""}
        return CliRunner().invoke(main, [*words, "--redis-url", self.redis_url], env=known)

    def ids(self, *words: str) -> list[str]:
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return [json.loads(line)["id"] for line in result.stdout.splitlines()]

    def audit(self) -> list[dict[str, Any]]:
        with Redis.from_url(self.redis_url) as redis:
            return [json.loads(entry) for entry in redis.lrange("chancery:audit", 0, -1)]


@pytest.fixture
def records(redis_url: str) -> Records:
    return asyncio.run(_fill(redis_url))


async def _fill(redis_url: str) -> Records:
    records = Records(redis_url, {}, {}, {}, {})
    ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        driver = BatchDriver(ledger, redis)
        for name in ("tax", "water"):
            await ledger.departments.create(name)
            queued, ended = (
                a_job(
                    department=name,
                    callback_url=f"http://oa.{name}.intranet/hook",
                    callback_id=new_callback_id(),
                )
                for _ in range(2)
            )
            for job in (queued, ended):
                await submit_job(ledger, job)
            await ledger.jobs.cancel(name, ended.id)
            delivery = await claim_one(ledger, str(ended.callback_id), 30)
            assert isinstance(delivery, Delivery)
            attempt = Attempt(at=datetime.now(UTC), status_code=None, error=ERROR, seconds=10.0)
            await ledger.callbacks.settle(delivery, attempt, CallbackStatus.dead, Outcome.failed)
            records.queued[name], records.cancelled[name] = queued.id, ended.id
            records.callbacks[name] = str(ended.callback_id)
            records.batches[name] = (await driver.submit(department=name)).id
    await ledger.close()
    return records


def test_records_of_one_department_and_of_all_are_listed(records: Records) -> None:
    both = [*records.queued.values(), *records.cancelled.values()]
    assert records.ids("jobs", "--all") == sorted(both, reverse=True)
    assert records.ids("jobs", "--all", "--limit", "1") == [max(both)]
    assert records.ids("jobs", "--department", "tax", "--status", "queued") == [
        records.queued["tax"]
    ]
    assert records.ids("callbacks", "--all", "--dead") == sorted(
        records.callbacks.values(), reverse=True
    )
    assert records.ids("callbacks", "--department", "water") == [records.callbacks["water"]]
    assert records.ids("batch", "list", "--all") == sorted(records.batches.values(), reverse=True)
    assert records.ids("batch", "list", "--department", "tax") == [records.batches["tax"]]


def test_a_list_of_all_departments_names_them(records: Records) -> None:
    for words in (("jobs",), ("callbacks",), ("batch", "list")):
        head, *rows = records.run(*words, "--all").stdout.splitlines()
        assert head.split()[1] == "DEPARTMENT"
        assert {row.split()[1] for row in rows} == {"tax", "water"}
        assert "DEPARTMENT" not in records.run(*words, "--department", "tax").stdout


def test_operators_cancel_and_redeliver(records: Records) -> None:
    result = records.run("cancel", "--all", *records.queued.values())
    assert result.exit_code == 0, result.output
    assert {line.split()[1] for line in result.stdout.splitlines()} == {"cancelled"}
    batch = records.batches["tax"]
    assert "cancel" in records.run("batch", "cancel", "--department", "tax", batch).stdout
    callback = records.callbacks["tax"]
    sent = records.run("callbacks", "redeliver", "--all", callback)
    assert sent.stdout == f"{callback} pending\n"
    dead = records.run("callbacks", "redeliver", "--all", "--dead", "--since", "1h")
    assert dead.stdout == "1 dead callbacks are being delivered again\n"


def test_what_operators_change_is_audited(records: Records) -> None:
    tax = records.queued["tax"]
    assert records.run("cancel", "--department", "water", tax).exit_code == 1
    assert records.run("cancel", "--department", "tax", tax).exit_code == 0
    records.run("jobs", "--all")
    failed, done = records.audit()
    assert (failed["action"], failed["status"]) == ("command.job.cancel", 1)
    assert (failed["department"], failed["detail"]) == ("water", {"job_ids": [tax]})
    assert (done["department"], done["status"]) == ("tax", 0)


def test_another_departments_record_is_not_touched(records: Records) -> None:
    result = records.run("cancel", "--department", "water", records.queued["tax"], "job_x")
    assert result.exit_code == 1
    assert "There is no such job of water" in result.stderr
    assert records.ids("jobs", "--all", "--status", "queued") == sorted(
        records.queued.values(), reverse=True
    )


def test_results_are_not_shown_to_operators(records: Records) -> None:
    line = records.run("jobs", "--all", "--json").stdout.splitlines()[0]
    assert json.loads(line)["result"] is None


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("jobs", "--all", "--department", "tax"), 2, "exclude each other"),
        (("jobs",), 2, "are for operators"),
        (("jobs", "--department", "fire"), 1, "there is no department fire"),
        (("cancel", "--department", "fire", "job_1"), 1, "there is no department fire"),
    ],
)
def test_wrong_use_is_refused(
    records: Records, words: tuple[str, ...], status: int, message: str
) -> None:
    result = records.run(*words)
    assert result.exit_code == status
    assert message in result.stderr


def test_a_data_dir_finds_the_system(records: Records, tmp_path: Path) -> None:
    (tmp_path / "redis-url").write_text(records.redis_url + "\n")
    result = CliRunner().invoke(main, ["jobs", "--all", "--data-dir", str(tmp_path), "--json"])
    assert len(result.stdout.splitlines()) == 4, result.output


def test_operators_read_the_usage_of_a_department_and_of_all(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(_use(records.redis_url))
    monkeypatch.setenv("CHANCERY_PRICE_PER_GPU_HOUR", "10")
    lines = records.run("usage", "--all", "--json").stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    assert [(row["department"], row["documents"]) for row in rows] == [("tax", 1), ("water", 1)]
    assert rows[0]["cost"] == pytest.approx(0.1)
    table = records.run("usage", "--all").stdout.splitlines()
    assert [line.split()[1] for line in table] == ["DEPARTMENT", "tax", "water"]
    lines = records.run("usage", "--department", "tax", "--csv").stdout.splitlines()
    assert [line.split(",")[1] for line in lines] == ["department", "tax"]
    result = records.run("usage", "--all", "--from", "2026-02-02", "--to", "2026-02-01")
    assert result.exit_code == 1
    assert "`from` must not be after `to`" in result.stderr


async def _use(redis_url: str) -> None:
    """One job of each department ends after 36 s of a GPU."""
    ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
    try:
        for name in ("tax", "water"):
            job = a_job(department=name)
            await submit_job(ledger, job)
            (claim,) = (await ledger.runs.claim([job.id], "w", 30)).granted
            ending = Ending(
                JobStatus.succeeded,
                result="{}",
                usage=Usage(100, 20, gpu_seconds=36.0),
                models={Role.full: "deepseek"},
                provenance=Provenance("1", "deepseek", "0" * 64),
            )
            assert await ledger.runs.finish(claim, ending)
    finally:
        await ledger.close()


def test_the_errors_of_callbacks_are_in_the_operator_s_language(records: Records) -> None:
    for language, error in (("zh", "10 秒内没有响应"), ("en", ERROR)):
        listed = records.run("callbacks", "--all", "--dead", "--lang", language, "--json")
        found = [json.loads(line)["attempts"][-1]["error"] for line in listed.stdout.splitlines()]
        assert found == [error, error]


def test_the_errors_of_jobs_are_in_the_operator_s_language(records: Records) -> None:
    for language, title in (("zh", "作业已取消"), ("en", "The job was cancelled")):
        listed = records.run("jobs", "--all", "--status", "cancelled", "--lang", language)
        assert title in listed.stdout
