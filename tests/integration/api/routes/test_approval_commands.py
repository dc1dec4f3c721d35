"""`chancery department approval` and `chancery approval`, with a process of the api."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from pydantic_core import to_json

from chancery.cli import main
from jobs.ledger import Ledger
from jobs.ledger.runs import Ending, Finish
from jobs.model.states import JobStatus
from tests.integration.api.routes.test_approvals import PROVENANCE, RESULT, SCHEMA, TEXT, store_of
from tests.integration.api.running import Running, running_api
from worker.commands.department import department

Run = Callable[..., Awaitable[Result]]


def set_approval(redis_url: str, *arguments: str) -> Result:
    words = ["approval", "tax", "--redis-url", redis_url, *arguments]
    return CliRunner().invoke(department, words)


async def held_job(api: Running, ledger: Ledger, folder: Path, **job: Any) -> str:
    request = {"task": "extract", "input": {"text": TEXT}, "options": {"schema": SCHEMA}, **job}
    async with api.client() as http:
        job_id = (await http.post("/v1/jobs", json=request)).json()["id"]
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    data = to_json(RESULT)
    blob = await store_of(folder).put(data, "tax", job_id)
    ending = Ending(
        JobStatus.succeeded, result_blob=blob, result_bytes=len(data), provenance=PROVENANCE
    )
    assert await ledger.runs.finish(claim, ending) is Finish.held
    return str(job_id)


async def test_results_are_approved_corrected_and_rejected_from_the_command_line(
    redis_url: str, ledger: Ledger, tmp_path: Path
) -> None:
    async with running_api(redis_url, tmp_path) as api:
        env = {"CHANCERY_API_URL": api.url, "CHANCERY_API_KEY": api.key}

        async def run(*words: str | Path) -> Result:
            arguments = ["approval", *map(str, words)]
            return await asyncio.to_thread(CliRunner().invoke, main, arguments, env=env)

        asked = await asyncio.to_thread(set_approval, redis_url, "--tasks", "extract,redact")
        assert asked.exit_code == 0, asked.output
        first, second, third = [await held_job(api, ledger, tmp_path) for _ in range(3)]
        listed = await run("list", "--task", "extract")
        assert [line.split()[0] for line in listed.stdout.splitlines()[1:]] == [
            first,
            second,
            third,
        ]
        review = json.loads((await run("show", first)).stdout)
        assert (review["result"], review["source"]["text"]) == (RESULT, TEXT)
        approved = await run("approve", first, "--by", "韩梅梅")
        assert approved.stdout == f"{first} succeeded\n"
        corrected = tmp_path / "corrected.json"
        corrected.write_text(json.dumps(RESULT | {"data": {"sender": "Li Lei", "amount": 12000}}))
        done = await run("approve", second, "--by", "韩梅梅", "--result", corrected)
        assert done.exit_code == 0, done.stderr
        taken = await run("approve", second, "--by", "李雷")
        assert taken.exit_code == 1
        assert "韩梅梅 has approved" in taken.stderr
        rejected = await run("reject", third, "--by", "李雷", "--reason", "金额有误")
        assert rejected.stdout == f"{third} failed\n"
        out = tmp_path / "cases"
        saved = await run("cases", "extract", "--out", out)
        assert saved.stdout == f"{out / 'cases.json'}: 1 case\n"
        (case,) = json.loads((out / "cases.json").read_text("utf-8"))["cases"]
        assert (case["name"], case["expect"]) == (second, {"equal": {"/amount": 12000}})


def test_the_setting_is_added_to_shown_and_removed(redis_url: str) -> None:
    CliRunner().invoke(department, ["create", "tax", "--redis-url", redis_url])
    assert "no results wait for approval" in set_approval(redis_url).stdout
    shown = set_approval(redis_url, "--tasks", "classify, dispatch", "--below", "0.8")
    assert "classify: results with a confidence below 0.8 wait" in shown.stdout
    shown = set_approval(redis_url, "--tasks", "redact", "--remove", "dispatch", "--within", "14d")
    assert shown.stdout.splitlines() == [
        "tax: classify: results with a confidence below 0.8 wait for approval, for 14d at most",
        "tax: redact: all results wait for approval, for 14d at most",
        "tax: 0 results wait now",
    ]
    described = CliRunner().invoke(department, ["show", "tax", "--json", "--redis-url", redis_url])
    assert json.loads(described.stdout)["approval"] == {
        "tasks": {"classify": 0.8, "redact": None},
        "within_seconds": 14 * 86_400,
    }
    assert set_approval(redis_url, "--below", "0.5").exit_code == 2
    assert set_approval(redis_url, "--tasks", "Redact").exit_code == 2
    assert set_approval(redis_url, "--within", "100d").exit_code == 2
    gone = set_approval(redis_url, "--remove", "classify,redact")
    assert "no results wait for approval" in gone.stdout
