"""The shell examples of docs/integration.md do what the guide says, in its order."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path

import pytest

from jobs.ledger import Ledger
from jobs.model.problems import PROBLEM_TYPES
from jobs.texts import Language
from jobs.texts.translation import translation
from tests.integration.api.running import end_jobs, served

GUIDE = (Path(__file__).parents[3] / "docs" / "integration.md").read_text()
CHINESE_GUIDE = (Path(__file__).parents[3] / "docs" / "integration.zh-CN.md").read_text()
NOTHING_REFUSED = 'curl() { command curl --fail-with-body "$@"; echo; }\n'


async def test_the_examples_run_in_their_order(
    ledger: Ledger, redis_url: str, tmp_path: Path
) -> None:
    (tmp_path / "notice.txt").write_text("停水通知。三月五日停水。")
    tax = await ledger.departments.create("tax", callback_allow=["oa.tax.intranet"])
    script = (
        "set -eu\n" + NOTHING_REFUSED + "\n".join(re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL))
    )
    script = script.replace('curl -s "$API/readyz"', "")  # 503 here: no engine is running
    async with served(redis_url, tmp_path) as api:
        working = asyncio.create_task(end_jobs(ledger))
        shell = await asyncio.create_subprocess_exec(
            "bash", "-c", script,
            cwd=tmp_path,
            env=os.environ | {"API": api, "KEY": tax.api_key, "no_proxy": "127.0.0.1"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await shell.communicate()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert shell.returncode == 0, said.decode()
    assert '{"summary":"Off."}' in said.decode()
    jobs = (await ledger.jobs.list("tax")).items
    assert len(jobs) == 4
    [callback] = (await ledger.callbacks.list("tax")).items
    assert callback.status.value == "pending"


def test_the_examples_of_the_chinese_guide_are_the_same() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    assert re.findall(r"```sh\n(.*?)```", CHINESE_GUIDE, re.DOTALL) == blocks


@pytest.mark.parametrize(
    ("guide", "start", "end"),
    [
        (GUIDE, "| status | `type`", "Errors of the work itself"),
        (CHINESE_GUIDE, "| 状态码 | `type`", "处理过程中的错误"),
    ],
)
def test_every_problem_in_the_guide_exists(guide: str, start: str, end: str) -> None:
    table = guide[guide.index(start) : guide.index(end)]
    named = {
        code
        for row in table.splitlines()[2:]
        if row.startswith("|")
        for code in re.findall(r"`([a-z]+(?:-[a-z]+)*)`", row.split("|")[2])
    }
    assert named
    assert named <= set(PROBLEM_TYPES)


def test_the_error_in_the_chinese_guide_is_what_the_api_returns() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", CHINESE_GUIDE, re.DOTALL)
    (english,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    assert translation(Language.zh).problem(json.loads(english)) == json.loads(block)


@pytest.mark.parametrize("block", re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL))
def test_the_json_in_the_guide_is_json(block: str) -> None:
    assert json.loads(block)
