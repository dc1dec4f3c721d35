"""Operators' commands are in the audit record, which `chancery audit` checks and exports."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.process.settings import AuditSettings, RedisSettings
from tests.unit.jobs.audit.audit_kit import record
from worker.audit_keeper import AuditKeeper
from worker.commands.audit import audit
from worker.commands.department import department
from worker.commands.engine import engine
from worker.commands.pause import pause, paused, resume
from worker.commands.recording import ACTIONS

READING = {
    *("department show", "department list", "department key list", "department callback-preview"),
    *("engine list", "paused"),
}


def run(command: click.Command, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def write_waiting(redis_url: str, data_dir: Path, times: int = 1) -> None:
    """As the scheduler does."""

    async def write() -> None:
        ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
        keeper = AuditKeeper(ledger, data_dir, AuditSettings())
        for _ in range(times):
            await keeper.write_waiting()
        await ledger.close()

    asyncio.run(write())


def exported(data_dir: Path, *arguments: str) -> list[dict[str, object]]:
    result = run(audit, "export", "--data-dir", str(data_dir), *arguments)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def paths(command: click.Command, path: str = "") -> Iterator[str]:
    here = f"{path} {command.name}".strip()
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from paths(each, here)
    else:
        yield here


def test_every_command_that_changes_something_is_in_the_table() -> None:
    known = {
        path for command in (department, engine, pause, resume, paused) for path in paths(command)
    }
    assert known <= set(ACTIONS) | READING
    assert {path for path in ACTIONS if path.startswith("department ")} <= known


def test_commands_are_recorded_without_secrets(redis_url: str, tmp_path: Path) -> None:
    there = ("--redis-url", redis_url)
    made = json.loads(run(department, "create", "tax", "--rate", "20/s", *there, "--json").stdout)
    new = json.loads(
        run(department, "key", "create", "tax", "--scope", "read", *there, "--json").stdout
    )
    run(department, "set", "tax", "--header", "authorization=Bearer obviously-false", *there)
    run(department, "set", "tax", "--max-stored-bytes", "none", *there)
    run(department, "revoke", "tax", made["api_key"], *there)
    run(department, "show", "tax", *there)
    run(department, "rotate-key", "water", *there)
    run(pause, "--department", "tax", "--lane", "bulk", *there)

    write_waiting(redis_url, tmp_path, times=2)
    found = exported(tmp_path)
    assert [(one["action"], one["status"], one["department"]) for one in found] == [
        ("command.department.create", 0, "tax"),
        ("command.key.create", 0, "tax"),
        ("command.department.set", 0, "tax"),
        ("command.department.set", 0, "tax"),
        ("command.key.revoke", 0, "tax"),
        ("command.key.rotate-all", 1, "water"),
        ("command.pause", 0, "tax"),
    ]
    first_key = made["api_key"].split("_")[1]
    assert [one.get("target") for one in found[:5]] == [
        *(first_key, new["key_id"], None, None, first_key)
    ]
    assert found[1]["detail"] == {"scopes": ["read"]}
    assert found[2]["detail"] == {"changed": ["headers"]}
    assert found[3]["detail"] == {"max_stored_bytes": "0"}  # no limit
    assert "@" in str(found[0]["source"])
    text = json.dumps(found)
    for secret in (made["api_key"], made["callback_secret"], new["api_key"], "obviously-false"):
        assert secret not in text
    assert exported(tmp_path, "--department", "water") == [found[5]]


def test_records_wait_while_they_cannot_be_written(redis_url: str, tmp_path: Path) -> None:
    run(department, "create", "tax", "--redis-url", redis_url)

    async def attempt() -> None:
        ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
        keeper = AuditKeeper(ledger, tmp_path, AuditSettings())
        moved = tmp_path / "moved"
        (tmp_path / "audit").rename(moved)
        (tmp_path / "audit").write_text("")
        with pytest.raises(Exception, match="cannot be written"):
            await keeper.write_waiting()
        (tmp_path / "audit").unlink()
        moved.rename(tmp_path / "audit")
        await keeper.write_waiting()
        await ledger.close()

    asyncio.run(attempt())
    assert [one["action"] for one in exported(tmp_path)] == [
        "audit.resumed",
        "command.department.create",
    ]


def test_the_record_is_verified_and_a_fault_is_named(redis_url: str, tmp_path: Path) -> None:
    run(department, "create", "tax", "--redis-url", redis_url)
    write_waiting(redis_url, tmp_path)
    there = ("--data-dir", str(tmp_path))
    good = run(audit, "verify", *there)
    assert (good.exit_code, "no faults" in good.stdout) == (0, True)

    (path,) = (tmp_path / "audit").glob("*.jsonl")
    path.write_text(path.read_text().replace('"tax"', '"tac"'))
    bad = run(audit, "verify", *there)
    assert bad.exit_code == 1
    assert f"{path.name}:1 was altered" in bad.stdout
    (fault,) = json.loads(run(audit, "verify", *there, "--json").stdout)["findings"]
    assert fault == f"{path.name}:1 was altered"


def test_days_and_csv_are_exported_safely_for_a_spreadsheet(redis_url: str, tmp_path: Path) -> None:
    run(department, "create", "tax", "--redis-url", redis_url)
    write_waiting(redis_url, tmp_path)
    keeper = AuditKeeper(Ledger(RedisSettings()), tmp_path, AuditSettings())
    keeper._writer.append([record(at=datetime.now(UTC), target="=HYPERLINK(0)")])
    result = run(audit, "export", "--data-dir", str(tmp_path), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["action"] for row in rows] == ["command.department.create", "job.read"]
    assert rows[1]["target"] == "'=HYPERLINK(0)"
    today = rows[0]["at"][:10]
    assert len(exported(tmp_path, "--from", today, "--to", today)) == 2
    assert exported(tmp_path, "--to", "2020-01-01") == []
    wrong = run(audit, "export", "--data-dir", str(tmp_path), "--from", today, "--to", "2020-01-01")
    assert wrong.exit_code == 2


def test_a_folder_without_a_record_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    result = run(audit, "verify", "--data-dir", str(tmp_path))
    assert (result.exit_code, "does not exist" in result.stderr) == (1, True)
