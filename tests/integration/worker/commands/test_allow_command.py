"""`chancery department allow`, `disallow` and `--display-name`, with a real ledger."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from worker.commands.department import department


@pytest.fixture
def redis(redis_url: str) -> tuple[str, ...]:
    there = ("--redis-url", redis_url)
    created = run("create", "tax", *there, "--callback-allow", "oa.tax.intranet")
    assert created.exit_code == 0, created.output
    return there


def run(*arguments: str) -> Result:
    return CliRunner().invoke(department, arguments)


def shown(there: tuple[str, ...]) -> Any:
    return json.loads(run("show", "tax", "--json", *there).stdout)


def test_allow_adds_and_says_what_is_allowed_now(redis: tuple[str, ...]) -> None:
    result = run("allow", "tax", "10.1.0.0/16", "OA.tax.intranet", "10.1.0.0/16", *redis)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "added      10.1.0.0/16",
        "unchanged  oa.tax.intranet: it was allowed already",
        "callbacks of tax are allowed to oa.tax.intranet, 10.1.0.0/16",
    ]
    assert shown(redis)["callback_allow"] == ["oa.tax.intranet", "10.1.0.0/16"]


def test_disallow_removes_and_says_what_is_allowed_now(redis: tuple[str, ...]) -> None:
    run("allow", "tax", "10.1.0.0/16", *redis)
    removed = run("disallow", "tax", "oa.tax.intranet", *redis)
    assert removed.exit_code == 0, removed.output
    assert removed.stdout.splitlines() == [
        "removed    oa.tax.intranet",
        "callbacks of tax are allowed to 10.1.0.0/16",
    ]
    last = json.loads(run("disallow", "tax", "10.1.0.0/16", "--json", *redis).stdout)
    assert last == {"before": ["10.1.0.0/16"], "after": []}
    assert shown(redis)["callback_allow"] == []
    unknown = run("disallow", "tax", "other.intranet", *redis)
    assert unknown.exit_code == 1
    assert unknown.stdout.splitlines() == [
        "unchanged  other.intranet: it was not allowed",
        "callbacks of tax are allowed to nothing",
    ]
    assert run("allow", "tax", "oa.tax.intranet", *redis).exit_code == 0
    assert shown(redis)["callback_allow"] == ["oa.tax.intranet"]


@pytest.mark.parametrize("command", ["allow", "disallow"])
def test_an_unknown_department_and_a_wrong_target_are_refused(
    command: str, redis: tuple[str, ...]
) -> None:
    assert run(command, "water", "oa.intranet", *redis).exit_code == 1
    assert run(command, "tax", "10.1.0.0/99", *redis).exit_code == 2


def test_a_department_has_a_name_for_people(redis: tuple[str, ...]) -> None:
    run("create", "water", "--display-name", "水务局", *redis)
    assert run("list", *redis).stdout.splitlines() == ["tax", "water  水务局"]
    assert "税务局" in run("set", "tax", "--display-name", " 税务局 ", *redis).stdout
    assert shown(redis)["display_name"] == "税务局"
    assert "display_name    税务局" in run("show", "tax", *redis).stdout
    assert run("set", "tax", "--unset", "display-name", *redis).exit_code == 0
    assert shown(redis)["display_name"] is None
    for wrong in ("", "税" * 51, "税\n务"):
        assert run("set", "tax", "--display-name", wrong, *redis).exit_code == 2
