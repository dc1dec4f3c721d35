"""`chancery account` against a real ledger."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from worker.commands.account import account
from worker.commands.department import department

PASSWORD = "the willows are early"
Run = Callable[..., Result]


@pytest.fixture
def run(redis_url: str) -> Run:
    def run(*arguments: str, stdin: str = f"{PASSWORD}\n", **environment: str) -> Result:
        words = [*arguments, "--redis-url", redis_url]
        return CliRunner().invoke(account, words, input=stdin, env=environment)

    CliRunner().invoke(department, ["create", "tax", "--redis-url", redis_url])
    return run


def test_an_account_is_created_listed_and_removed(run: Run) -> None:
    done = run("add", "zhang.wei", "--department", "tax", "--role", "staff")
    assert done.exit_code == 0, done.output
    (listed,) = json.loads(run("list", "--json").output)
    assert (listed["name"], listed["department"], listed["role"]) == ("zhang.wei", "tax", "staff")
    assert run("list", "--department", "health").stdout == ""
    assert run("list", LC_ALL="zh_CN.UTF-8").stdout == "zhang.wei  工作人员  tax  密码\n"
    assert run("remove", "zhang.wei").exit_code == 0
    assert run("remove", "zhang.wei").exit_code == 1
    assert json.loads(run("list", "--json").output) == []


def test_the_password_is_stored_as_a_hash_and_is_not_in_the_audit(run: Run, redis_url: str) -> None:
    run("add", "op", "--role", "operator")
    run("password", "op", stdin="another long sentence\n")
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        assert redis.hget("chancery:account:op", "password").startswith("$argon2id$")
        entries = [json.loads(entry) for entry in redis.lrange("chancery:audit", 1, -1)]
    assert [one["action"] for one in entries] == ["command.account.add", "command.account.password"]
    assert entries[0]["detail"] == {"account_name": "op", "role": "operator"}
    assert PASSWORD not in str(entries)


@pytest.mark.parametrize(
    ("arguments", "stdin", "reason"),
    [
        (["add", "zhang", "--role", "staff"], PASSWORD, "--department"),
        (
            ["add", "zhang", "--role", "staff", "--department", "fire"],
            PASSWORD,
            "no department fire",
        ),
        (["add", "zhang", "--role", "staff", "--department", "tax"], "short", "10 to 200"),
        (["add", "Zhang", "--role", "staff", "--department", "tax"], PASSWORD, "not an account's"),
        (["password", "nobody"], PASSWORD, "no account nobody"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Run, arguments: list[str], stdin: str, reason: str
) -> None:
    done = run(*arguments, stdin=stdin)
    assert done.exit_code != 0
    assert reason in done.output


def test_a_name_is_given_once(run: Run) -> None:
    arguments = ("add", "zhang", "--role", "staff", "--department", "tax")
    assert run(*arguments).exit_code == 0
    assert "already exists" in run(*arguments).output


def test_an_account_for_the_identity_provider_has_no_password_until_one_is_set(run: Run) -> None:
    done = run(
        "add", "chen@tax", "--department", "tax", "--role", "staff", "--no-password", stdin=""
    )
    assert done.exit_code == 0, done.output
    (listed,) = json.loads(run("list", "--json").output)
    assert (listed["name"], listed["sign_in"]) == ("chen@tax", "provider")
    assert "provider" in run("list").stdout
    assert run("password", "chen@tax").exit_code == 0
    assert "password" in run("list").stdout
