"""`chancery department`, with a real ledger."""

from __future__ import annotations

import asyncio
import json
import re
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.model.api_key import KeyState
from jobs.model.callback import Attempt, Delivery, Outcome
from jobs.model.department import CallbackOptions, Department
from jobs.model.ids import new_callback_id
from jobs.model.states import CallbackStatus
from jobs.process.settings import RedisSettings
from tasks.secrecy import Secrecy
from tests.integration.jobs.ledger.callback_kit import claim_one
from tests.integration.jobs.ledger.conftest import a_job, submit_job
from worker.commands.department import department


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(department, arguments, env=environment)


def authenticate(redis_url: str, api_key: str) -> Department | None:
    async def read() -> Department | None:
        ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
        try:
            caller = await ledger.keys.authenticate(api_key)
            valid = caller is not None and caller.key.state is KeyState.valid
            return caller.department if caller and valid else None
        finally:
            await ledger.close()

    return asyncio.run(read())


def test_the_key_of_a_new_department_authenticates_it_with_its_settings(redis_url: str) -> None:
    result = run(
        *("create", "tax", "--redis-url", redis_url, "--json", "--weight", "3", "--rate", "20/s"),
        *("--callback-allow", "oa.tax.intranet:8080", "--callback-allow", "10.1.0.0/16"),
    )

    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert set(made) == {"department", "api_key", "callback_secret"}
    assert made["callback_secret"].startswith("whsec_")
    found = authenticate(redis_url, made["api_key"])
    assert found is not None
    assert (found.name, found.weight, found.quota.rate) == ("tax", 3, 20.0)
    assert found.callback_allow == ("oa.tax.intranet:8080", "10.1.0.0/16")


def test_the_text_output_has_the_same_three_values(redis_url: str) -> None:
    result = run("create", "tax", "--redis-url", redis_url)
    values = dict(line.split() for line in result.stdout.splitlines())
    assert values["department"] == "tax"
    assert authenticate(redis_url, values["api_key"]) is not None
    assert values["callback_secret"].startswith("whsec_")


def test_secrets_are_saved_in_a_file_that_only_its_owner_reads(
    redis_url: str, tmp_path: Path
) -> None:
    path, there = tmp_path / "tax.json", ("--redis-url", redis_url)
    result = run("create", "tax", "--save", str(path), *there)
    assert result.exit_code == 0
    saved = json.loads(path.read_text())
    assert saved["api_key"] not in result.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert authenticate(redis_url, saved["api_key"]) is not None
    # An existing file is not overwritten, and no department is created.
    again = run("create", "other", "--save", str(path), *there)
    assert again.exit_code == 1
    assert "cannot be created: File exists" in again.output
    assert run("create", "other", *there).exit_code == 0
    # A department that cannot be created leaves no file.
    assert run("create", "tax", "--save", str(tmp_path / "none.json"), *there).exit_code == 1
    assert not (tmp_path / "none.json").exists()


def test_an_existing_department_is_one_line_and_status_1(redis_url: str) -> None:
    assert run("create", "tax", "--redis-url", redis_url).exit_code == 0
    result = run("create", "tax", "--redis-url", redis_url)
    assert result.exit_code == 1
    assert "tax already" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "Tax"), "not a department's name"),
        (("create", "-tax"), "No such option"),
        (("create", "a" * 64), "not a department's name"),
        (("create", "tax", "--rate", "fast"), "not a rate"),
        (("create", "tax", "--rate", "0/s"), "not a rate"),
        (("create", "tax", "--max-in-flight", "0"), "'0' is not a count"),
        (("create", "tax", "--tokens-per-day", "-5"), "not a count"),
        (("create", "tax", "--max-queued", "many"), "not a count"),
        (("create", "tax", "--weight", "0"), "0 is not in the range"),
        (
            ("create", "tax", "--callback-allow", "10.1.0.0/99"),
            "not a host, an address or a CIDR block",
        ),
        (("create", "tax", "--callback-allow", "oa:99999"), "the port must be"),
    ],
)
def test_invalid_arguments_are_refused_with_status_2(
    arguments: tuple[str, ...], message: str, redis_url: str
) -> None:
    result = run(*arguments, "--redis-url", redis_url)
    assert result.exit_code == 2
    assert message in result.stderr
    assert run("list", "--redis-url", redis_url).stdout == ""


def test_the_data_dir_of_a_running_system_has_the_url_of_its_redis(
    redis_url: str, tmp_path: Path
) -> None:
    (tmp_path / "redis-url").write_text(redis_url + "\n")
    assert run("create", "tax", "--data-dir", str(tmp_path)).exit_code == 0
    assert run("list", "--redis-url", redis_url).stdout.split() == ["tax"]


def test_a_data_dir_on_the_command_line_precedes_the_environment(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANCERY_REDIS_URL", "redis://127.0.0.1:1/0")
    (tmp_path / "redis-url").write_text(redis_url + "\n")
    assert run("list", "--data-dir", str(tmp_path)).exit_code == 0


def test_a_data_dir_without_a_system_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHANCERY_REDIS_URL", raising=False)
    result = run("list", "--data-dir", str(tmp_path))
    assert result.exit_code == 2
    assert "chancery up" in result.stderr


def test_a_redis_that_does_not_answer_is_one_line_and_status_1() -> None:
    result = run("list", "--redis-url", "redis://127.0.0.1:1/0")
    assert result.exit_code == 1
    assert "does not answer" in result.output
    assert len(result.output.splitlines()) == 1


def test_show_prints_everything_but_secrets(redis_url: str) -> None:
    made = json.loads(
        run("create", "tax", "--redis-url", redis_url, "--rate", "2.5/s", "--json").stdout
    )
    result = run("show", "tax", "--redis-url", redis_url)
    assert "2.5/s" in result.stdout
    assert made["callback_secret"] not in result.stdout
    assert run("show", "water", "--redis-url", redis_url).exit_code == 1


def test_the_settings_of_a_department_are_named_in_chinese(redis_url: str) -> None:
    run("create", "tax", "--redis-url", redis_url, "--rate", "2.5/s")
    result = run("show", "tax", "--redis-url", redis_url, LC_ALL="zh_CN.UTF-8")
    lines = result.stdout.splitlines()
    assert lines[0] == "部门            tax"
    assert "每秒提交数      2.5/s，剩余 2" in lines
    assert [line for line in lines if re.match("[a-z]", line)] == []


def test_quotas_are_set_one_by_one_shown_with_what_is_left_and_lifted(redis_url: str) -> None:
    there = ("--redis-url", redis_url)
    run("create", "tax", "--rate", "20", "--max-in-flight", "7", *there)
    more = ("--max-queued", "50000", "--tokens-per-day", "5000000", "--max-in-flight", "8")
    assert run("set", "tax", *more, *there).exit_code == 0
    shown = run("show", "tax", *there).stdout.splitlines()
    assert [line.split(maxsplit=1) for line in shown[3:7]] == [
        ["rate", "20/s, 20 left"],
        ["max_in_flight", "8, 8 left"],
        ["max_queued", "50,000, 50,000 left"],
        ["tokens_per_day", "5,000,000, 5,000,000 left"],
    ]
    as_json = json.loads(run("show", "tax", "--json", *there).stdout)
    assert (as_json["max_queued"], as_json["left"]["queued"]) == (50_000, 50_000)

    lifted = run("set", "tax", "--unset", "rate", "--unset", "tokens-per-day", *there)
    assert lifted.exit_code == 0, lifted.output
    as_json = json.loads(run("show", "tax", "--json", *there).stdout)
    assert as_json["left"] == {"in-flight": 8, "queued": 50_000}
    assert (as_json["rate"], as_json["tokens_per_day"]) == (None, None)
    assert "no limit" in run("show", "tax", *there).stdout
    assert run("set", "water", "--rate", "1", *there).exit_code == 1


def test_a_quota_does_not_change_callback_options(redis_url: str) -> None:
    there = ("--redis-url", redis_url)
    run("create", "tax", *there)
    run("set", "tax", "--header", "X-System=oa", "--rate", "5", *there)
    run("set", "tax", "--unset", "rate", *there)
    assert options_of(redis_url).headers == {"x-system": "oa"}


GONE_URL = "http://oa.tax.intranet/hook"


def test_the_allowed_secrecy_marking_is_set_and_shown(redis_url: str) -> None:
    there = ("--redis-url", redis_url)
    key = json.loads(run("create", "tax", *there, "--json").stdout)["api_key"]
    assert "allow_secrecy   none" in run("show", "tax", *there).stdout
    assert "up to 机密" in run("set", "tax", "--allow-secrecy", "机密", *there).stdout
    found = authenticate(redis_url, key)
    assert found is not None
    assert found.allow_secrecy is Secrecy.confidential
    assert json.loads(run("show", "tax", *there, "--json").stdout)["allow_secrecy"] == "机密"
    run("set", "tax", "--allow-secrecy", "none", *there)
    assert json.loads(run("show", "tax", *there, "--json").stdout)["allow_secrecy"] is None
    assert run("set", "tax", "--allow-secrecy", "公开", *there).exit_code == 2
    assert run("set", "water", "--allow-secrecy", "秘密", *there).exit_code == 1


def test_a_gone_url_is_shown_and_reopened(redis_url: str) -> None:
    run("create", "tax", "--redis-url", redis_url)
    asyncio.run(answer_410(redis_url))
    shown = json.loads(run("show", "tax", "--redis-url", redis_url, "--json").stdout)
    assert shown["gone"] == [GONE_URL]
    assert f"gone            {GONE_URL}" in run("show", "tax", "--redis-url", redis_url).stdout
    opened = run("reopen", "tax", GONE_URL, "http://never.intranet/", "--redis-url", redis_url)
    assert f"{GONE_URL} is open again" in opened.stdout
    assert "http://never.intranet/ was not gone" in opened.stdout
    assert json.loads(run("show", "tax", "--redis-url", redis_url, "--json").stdout)["gone"] == []


async def answer_410(redis_url: str) -> None:
    ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
    job = a_job(callback_url=GONE_URL, callback_id=new_callback_id())
    await submit_job(ledger, job)
    await ledger.jobs.cancel("tax", job.id)
    delivery = await claim_one(ledger, str(job.callback_id), 30)
    assert isinstance(delivery, Delivery)
    attempt = Attempt(at=datetime.now(UTC), status_code=410, error=None, seconds=0.1)
    await ledger.callbacks.settle(delivery, attempt, CallbackStatus.dead, Outcome.gone)
    await ledger.close()


def test_keys_and_secrets_are_rotated_and_a_key_revoked(redis_url: str) -> None:
    there = ("--redis-url", redis_url)
    made = json.loads(run("create", "tax", *there, "--json").stdout)
    key = json.loads(run("rotate-key", "tax", "--keep", "7d", *there, "--json").stdout)["api_key"]
    secret = json.loads(run("rotate-secret", "tax", *there, "--json").stdout)["callback_secret"]
    found = authenticate(redis_url, key)
    assert found is not None
    assert found.callback_secrets == (secret, made["callback_secret"])
    assert authenticate(redis_url, made["api_key"]) is not None

    result = run("show", "tax", *there)
    for text in (key, secret, made["api_key"], made["callback_secret"]):
        assert text not in result.stdout
    shown = json.loads(run("show", "tax", *there, "--json").stdout)
    assert [one["id"] for one in shown["keys"]] == [
        key.split("_")[1],
        made["api_key"].split("_")[1],
    ]
    assert [bool(one["until"]) for one in shown["keys"]] == [False, True]
    assert [bool(one["until"]) for one in shown["callback_secrets"]] == [False, True]

    assert run("revoke", "tax", made["api_key"], *there).exit_code == 0
    assert authenticate(redis_url, made["api_key"]) is None
    again = run("revoke", "tax", made["api_key"].split("_")[1], *there)
    assert again.exit_code == 0
    unknown = run("revoke", "tax", "0" * 12, *there)
    assert (unknown.exit_code, "has no key" in unknown.stderr) == (1, True)


def test_the_text_output_has_the_new_key_and_secret(redis_url: str) -> None:
    there = ("--redis-url", redis_url)
    run("create", "tax", *there)
    key = run("rotate-key", "tax", "--keep", "0", *there)
    assert authenticate(redis_url, key.stdout.split()[-1]) is not None
    assert "cannot be shown again" in key.stderr
    assert run("rotate-secret", "tax", *there).stdout.split()[-1].startswith("whsec_")
    assert run("rotate-secret", "water", *there).exit_code == 1
    assert run("rotate-key", "water", *there).exit_code == 1


@pytest.mark.parametrize("keep", ["a day", "24", "-1h", "1000000d", ""])
def test_an_invalid_time_to_keep_is_refused(redis_url: str, keep: str) -> None:
    result = run("rotate-key", "tax", "--keep", keep, "--redis-url", redis_url)
    assert result.exit_code == 2
    assert "not a duration" in result.stderr


def options_of(redis_url: str) -> CallbackOptions:
    async def read() -> CallbackOptions:
        ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
        try:
            return await ledger.departments.callback_options("tax")
        finally:
            await ledger.close()

    return asyncio.run(read())


def test_callback_options_are_set_one_by_one_and_shown_without_secrets(
    redis_url: str, tmp_path: Path
) -> None:
    there = ("--redis-url", redis_url)
    run("create", "tax", *there)
    token = tmp_path / "token"
    token.write_text("Bearer t0ken\n")
    set_ = run(
        "set", "tax", "--header", f"Authorization=@{token}", "--header", "X-System=oa", *there
    )
    assert set_.exit_code == 0, set_.output
    made = run("set", "tax", "--sm3-key", "new", "--header", "x-system=oa2", *there)
    options = options_of(redis_url)
    assert options.headers == {"authorization": "Bearer t0ken", "x-system": "oa2"}
    assert options.sm3_key == made.stdout.split()[-1]

    shown = run("show", "tax", *there).stdout
    assert "authorization" in shown
    for secret in ("t0ken", "oa2", str(options.sm3_key)):
        assert secret not in shown
        assert secret not in run("show", "tax", "--json", *there).stdout
    as_json = json.loads(run("show", "tax", "--json", *there).stdout)
    assert (as_json["sm3"], as_json["ca_file"], as_json["client_cert"]) == (True, False, False)

    run("set", "tax", "--unset", "sm3", "--unset", "headers", *there)
    assert options_of(redis_url) == CallbackOptions()


@pytest.mark.needs("openssl")
def test_certificates_are_checked_before_they_are_stored(redis_url: str, tmp_path: Path) -> None:
    there = ("--redis-url", redis_url)
    run("create", "tax", *there)
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=tax"
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)

    assert run("set", "tax", "--client-cert", str(cert), *there).exit_code == 2
    swapped = run("set", "tax", "--client-cert", str(key), "--client-key", str(cert), *there)
    assert (swapped.exit_code, "PEM" in swapped.stderr) == (1, True)
    assert run("set", "tax", "--ca-file", str(key), *there).exit_code == 1
    assert options_of(redis_url) == CallbackOptions()

    right = ("--client-cert", str(cert), "--client-key", str(key), "--ca-file", str(cert))
    assert run("set", "tax", *right, *there).exit_code == 0
    assert options_of(redis_url).client_key_pem == key.read_text()
    shown = run("show", "tax", *there).stdout
    assert "ca_file, client_cert" in shown
    assert "PRIVATE" not in shown


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--header", "Webhook-Id=evt_1"),
        ("--header", "Host=elsewhere"),
        ("--header", "Content-Length=1"),
        ("--header", "Transfer-Encoding=chunked"),
        ("--header", "chancery-attempt=1"),
        ("--header", "X-A=a\r\nX-B: b"),
        ("--header", "X A=a"),
        ("--header", "X-A"),
        ("--header", "X-A="),
        ("--header", "X-A=文"),
        ("--header", "X-A=@/nowhere"),
        ("--ca-file", "/nowhere"),
        ("--unset", "everything"),
    ],
)
def test_an_invalid_setting_is_refused(redis_url: str, words: tuple[str, ...]) -> None:
    there = ("--redis-url", redis_url)
    run("create", "tax", *there)
    result = run("set", "tax", *words, *there)
    assert result.exit_code == 2, result.output
    assert options_of(redis_url) == CallbackOptions()


def test_an_invalid_key_is_refused(redis_url: str, tmp_path: Path) -> None:
    there = ("--redis-url", redis_url)
    key = tmp_path / "sm3.key"
    key.write_text("not base64!\n")
    run("create", "tax", *there)
    assert run("set", "tax", "--sm3-key", str(key), *there).exit_code == 1
    assert run("set", "tax", "--sm3-key", str(tmp_path / "none"), *there).exit_code == 1
    assert run("set", "water", "--sm3-key", "new", *there).exit_code == 1
    assert options_of(redis_url) == CallbackOptions()
