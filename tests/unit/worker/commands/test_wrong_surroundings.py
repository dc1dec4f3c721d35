"""What `up` and `doctor` say of wrong surroundings: one line each, before anything runs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from worker.commands.doctor import doctor
from worker.commands.up import up

ENGINE = ("--engine-url", "http://127.0.0.1:9")


def started(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(up, [*arguments, *ENGINE], env=environment)


def test_a_data_dir_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = started("--data-dir", str(tmp_path / "file" / "var"))
    assert result.exit_code == 1
    assert "cannot be written (Not a directory)" in result.output
    assert len(result.output.splitlines()) == 1


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        result = started("--data-dir", str(tmp_path), "--port", port)
    assert result.exit_code == 1
    assert f"port {port} is in use: choose another with --port" in result.output
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CHANCERY_GRACE_SECONDS", "soon", "CHANCERY_GRACE_SECONDS is 'soon': it must be"),
        ("CHANCERY_FLOWER_LOGIN", "operator", "CHANCERY_FLOWER_LOGIN must be user:password"),
        ("CHANCERY_REDIS_URL", "localhost:6379", "CHANCERY_REDIS_URL: it must be redis://"),
        ("CHANCERY_ENCRYPTION_CIPHER", "des", "CHANCERY_ENCRYPTION_CIPHER is 'des': it must be"),
        ("CHANCERY_ENGINES", '["gpu1"]', "CHANCERY_ENGINES: engine 1.url: it must be http://"),
        (
            "CHANCERY_ENGINES",
            '[{"url": "http://gpu1:1", "api_key_file": "/none"}]',
            "CHANCERY_ENGINES: the API key of gpu1:1 cannot be read",
        ),
        ("CHANCERY_REDIS_PASSWORD_FILE", "/none", "CHANCERY_REDIS_PASSWORD_FILE is '/none': "),
    ],
)
def test_a_wrong_setting_is_one_line(tmp_path: Path, name: str, value: str, said: str) -> None:
    result = started("--data-dir", str(tmp_path), **{name: value})
    assert result.exit_code == 1
    assert said in result.output
    assert len(result.output.splitlines()) == 1


def test_a_model_and_a_list_of_engines_exclude_each_other(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        up,
        ["--data-dir", str(tmp_path), "--model", str(tmp_path)],
        env={"CHANCERY_ENGINES": '["http://gpu1:8000"]', "CHANCERY_ENGINE_URL": None},
    )
    assert (result.exit_code, result.output) == (
        1,
        "Error: --model starts an engine: omit CHANCERY_ENGINES\n",
    )


def test_doctor_says_that_nothing_runs_and_what_is_wrong_before_a_start(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        doctor, ["--data-dir", str(tmp_path)], env={"CHANCERY_CONCURENCY": "8"}
    )
    assert result.exit_code == 1
    assert "did you mean CHANCERY_CONCURRENCY?" in result.output
    assert "does not run" in result.output
    assert "`chancery up`" in result.output


@pytest.mark.parametrize(
    ("arguments", "locale", "chinese"),
    [
        (("--lang", "zh"), "C", True),
        ((), "zh_CN.UTF-8", True),
        (("--lang", "en"), "zh_CN.UTF-8", False),
        ((), "C", False),
    ],
)
def test_doctor_names_problems_in_the_language_of_the_operator(
    tmp_path: Path, arguments: tuple[str, ...], locale: str, *, chinese: bool
) -> None:
    result = CliRunner().invoke(
        doctor,
        ["--data-dir", str(tmp_path), *arguments],
        env={"LC_ALL": locale, "CHANCERY_CONCURENCY": "8", "CHANCERY_REDIS_URL": None},
    )
    words = (
        ("系统没有运行", "`chancery up` 启动", "是否应为 CHANCERY_CONCURRENCY？")
        if chinese
        else ("does not run", "start one with `chancery up`", "did you mean CHANCERY_CONCURRENCY?")
    )
    for word in words:
        assert word in result.output
    assert ("没有" in result.output) is chinese
