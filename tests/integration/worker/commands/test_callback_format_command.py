"""`chancery department callback-format` and `callback-preview`, with a real ledger."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.model.formats.callback_format import CallbackFormat
from jobs.process.settings import RedisSettings
from tests.integration.jobs.ledger.callback_kit import a_callback, taken
from tests.unit.worker.callbacks.test_formats import EXAMPLE
from worker.callbacks.signing import key_bytes
from worker.commands.department import department


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "oa.toml"
    path.write_text(EXAMPLE)
    return str(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(department, arguments)


def claimed_format(redis_url: str) -> CallbackFormat | None:
    """The format that a courier gets with a delivery."""

    async def claim() -> CallbackFormat | None:
        ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
        try:
            return (await taken(ledger, await a_callback(ledger))).options.format
        finally:
            await ledger.close()

    return asyncio.run(claim())


def test_a_courier_gets_the_format_until_it_is_removed(redis_url: str, file: str) -> None:
    there = ("--redis-url", redis_url)
    assert run("create", "tax", *there).exit_code == 0
    assert run("set", "tax", "--header", "x-a=1", *there).exit_code == 0
    assert "JSON event" in run("callback-format", "tax", *there).stdout
    line = run("callback-format", "tax", file, *there).stdout
    assert line == "tax: callbacks have 8 fields as xml in GB18030\n"
    stored = claimed_format(redis_url)
    assert stored is not None
    assert stored.root == "MESSAGE"
    shown = run("show", "tax", *there).stdout
    assert "format          callbacks have 8 fields as xml in GB18030" in shown
    assert json.loads(run("show", "tax", "--json", *there).stdout)["format"]["root"] == "MESSAGE"
    assert run("callback-format", "tax", "--remove", *there).exit_code == 0
    assert claimed_format(redis_url) is None
    assert "header          x-a" in run("show", "tax", *there).stdout


def test_a_preview_shows_what_is_sent_and_stores_nothing(
    redis_url: str, file: str, tmp_path: Path
) -> None:
    there = ("--redis-url", redis_url)
    secret = json.loads(run("create", "tax", "--json", *there).stdout)["callback_secret"]
    assert run("set", "tax", "--header", "x-token=s3cret", *there).exit_code == 0
    body = tmp_path / "body.xml"
    shown = run("callback-preview", "tax", "--file", file, "--save", str(body), *there)
    assert shown.exit_code == 0, shown.output
    head, _, text = shown.stdout.partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines())
    assert headers["content-type"] == "application/xml; charset=GB18030"
    assert headers["x-token"] == "***"
    assert "<ZT>1</ZT><ZY>3月5日磨坊街停水。</ZY>" in text
    data = body.read_bytes()
    assert data.decode("gb18030") == text.rstrip("\n")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + data
    digest = hmac.digest(key_bytes(secret), signed, "sha256")
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"

    assert "<ZT>9</ZT>" in run("callback-preview", "tax", "--file", file, "--failed", *there).stdout
    unchanged = run("callback-preview", "tax", *there).stdout.partition("\n\n")[2]
    assert json.loads(unchanged)["type"] == "job.succeeded"


def test_a_wrong_file_is_refused_with_every_problem_on_a_line(
    redis_url: str, tmp_path: Path
) -> None:
    there = ("--redis-url", redis_url)
    assert run("create", "tax", *there).exit_code == 0
    path = tmp_path / "wrong.toml"
    path.write_text('body = "yaml"\n[fields]\n[success]\nstatus = [99]\nbody = "("\n')
    refused = run("callback-format", "tax", str(path), *there)
    assert refused.exit_code == 1
    lines = refused.stderr.splitlines()
    assert [line.removeprefix("Error: ").split(": ")[1] for line in lines] == [
        "body",
        "fields",
        "success.status.0",
        "success.body",
    ]
    assert "JSON event" in run("callback-format", "tax", *there).stdout
    assert run("callback-format", "nobody", *there).exit_code == 1
    both = run("callback-format", "tax", str(path), "--remove", *there)
    assert (both.exit_code, "exclude each other" in both.stderr) == (2, True)


def test_a_form_is_stored_listed_and_removed(redis_url: str, tmp_path: Path) -> None:
    there = ("--redis-url", redis_url)
    assert run("create", "tax", *there).exit_code == 0
    path = tmp_path / "notices.toml"
    path.write_text('text = "t"\n[job]\ntask = "summarize"\n')
    added = run("form", "tax", "notices", str(path), *there)
    assert added.stdout == "tax may post the forms: notices\n"
    assert run("form", "tax", "notices", *there).exit_code == 2
    removed = run("form", "tax", "notices", "--remove", *there)
    assert removed.stdout == "tax may post the forms: nothing\n"
    assert "has no form" in run("form", "tax", "notices", "--remove", *there).stderr
    assert run("form", "nobody", *there).exit_code == 1
    path.write_text('text = "t"\n[job]\n')
    assert "`job` needs a `task`" in run("form", "tax", "a", str(path), *there).stderr
