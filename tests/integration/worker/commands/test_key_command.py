"""`chancery department key`, with a real ledger."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.model.api_key import Caller, KeyState
from jobs.process.settings import RedisSettings
from worker.commands.department import department


@pytest.fixture
def tax(redis_url: str) -> str:
    """The address of a server with the department tax."""
    assert run("create", "tax", "--redis-url", redis_url).exit_code == 0
    return redis_url


def run(*arguments: str) -> Result:
    return CliRunner().invoke(department, arguments)


def key(*arguments: str, at: str) -> Result:
    return run("key", *arguments, "--redis-url", at)


def caller_of(redis_url: str, api_key: str) -> Caller | None:
    async def read() -> Caller | None:
        ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
        try:
            return await ledger.keys.authenticate(api_key)
        finally:
            await ledger.close()

    return asyncio.run(read())


def test_a_key_is_created_with_rules_listed_and_revoked(tax: str) -> None:
    rules = ("--scope", "submit", "--scope", "read", "--expires", "90d", "--label", "registry")
    new = json.loads(
        key("create", "tax", *rules, "--network", "10.1.2.3/16", "--json", at=tax).stdout
    )
    assert set(new) == {"department", "key_id", "api_key"}
    caller = caller_of(tax, new["api_key"])
    assert caller is not None
    assert caller.key.state is KeyState.valid

    listed = json.loads(key("list", "tax", "--json", at=tax).stdout)
    assert listed[0]["id"] == new["key_id"]
    assert listed[0]["scopes"] == ["read", "submit"]
    assert listed[0]["networks"] == ["10.1.0.0/16"]
    text = key("list", "tax", at=tax).stdout
    assert f"{new['key_id']} read,submit from 10.1.0.0/16 until " in text
    assert new["api_key"] not in text
    assert "all scopes" in run("show", "tax", "--redis-url", tax).stdout

    assert key("revoke", "tax", new["key_id"], at=tax).exit_code == 0
    caller = caller_of(tax, new["api_key"])
    assert caller is not None
    assert caller.key.state is KeyState.revoked
    assert "revoked" in key("list", "tax", at=tax).stdout
    assert new["key_id"] not in run("show", "tax", "--redis-url", tax).stdout


def test_a_single_key_is_rotated(tax: str) -> None:
    old = json.loads(key("create", "tax", "--scope", "read", "--json", at=tax).stdout)
    new = json.loads(key("rotate", "tax", old["key_id"], "--json", at=tax).stdout)
    before, after = caller_of(tax, old["api_key"]), caller_of(tax, new["api_key"])
    assert before is not None
    assert after is not None
    assert before.key.until is not None
    assert after.key.scopes == before.key.scopes
    again = key("rotate", "tax", "0" * 12, at=tax)
    assert (again.exit_code, "has no valid key" in again.stderr) == (1, True)


def test_a_key_is_saved_in_a_file_that_only_its_owner_reads(tax: str, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    result = key("create", "tax", "--save", str(path), at=tax)
    saved = json.loads(path.read_text())
    assert saved["api_key"] not in result.stdout
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert caller_of(tax, saved["api_key"]) is not None


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (("create", "water"), 1, "no department water"),
        (("list", "water"), 1, "no department water"),
        (("create", "tax", "--scope", "write"), 2, "is not one of"),
        (("create", "tax", "--network", "registry.intranet"), 2, "not an address"),
        (("create", "tax", "--expires", "0"), 2, "valid for some time"),
        (("create", "tax", "--label", "x" * 101), 2, "at most 100 characters"),
    ],
)
def test_what_cannot_be_is_refused(
    arguments: tuple[str, ...], status: int, expected: str, tax: str
) -> None:
    result = key(*arguments, at=tax)
    assert (result.exit_code, expected in result.stderr) == (status, True), result.stderr
