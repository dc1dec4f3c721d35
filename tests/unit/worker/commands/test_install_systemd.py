"""The units that `chancery install systemd` writes, checked by systemd's own tools."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.programs import require_program
from worker.commands.install import install
from worker.supervise.systemd_units import ROLES

USER = pwd.getpwuid(os.getuid()).pw_name
ELSEWHERE = ("--engine-url", "http://gpu1.intranet:8000")
# Of `systemd-analyze security`: 10 is a service without any limit, and below 5 is called OK.
MOST_EXPOSED = {"engine": 3.5, "worker": 2.5}


def write_units(folder: Path, *arguments: str, user: str = USER) -> Result:
    return CliRunner().invoke(
        install,
        [
            "systemd",
            *("--user", user, "--dir", str(folder / "units")),
            *("--config-dir", str(folder / "etc"), "--data-dir", str(folder / "data")),
            *arguments,
        ],
    )


def unit(folder: Path, role: str) -> str:
    return (folder / "units" / f"chancery-{role}.service").read_text()


def values(text: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


@pytest.fixture
def with_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All units, in a folder whose name has what unit files treat as special."""
    folder = tmp_path / "a b%c$d"
    vllm = folder / "engine/venv/bin/vllm"
    vllm.parent.mkdir(parents=True)
    vllm.touch()
    monkeypatch.setenv("CHANCERY_ENGINE_HOME", str(folder / "engine"))
    written = write_units(folder, "--model", str(folder / "DeepSeek-R1-Distill-Qwen-7B"))
    assert written.exit_code == 0, written.output
    return folder


def test_systemd_accepts_every_unit(with_engine: Path) -> None:
    program = require_program("systemd-analyze")
    files = sorted(map(str, (with_engine / "units").iterdir()))
    assert len(files) == len(ROLES) + 3
    done = subprocess.run(
        [program, "verify", *files], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_unit_is_hardened(with_engine: Path) -> None:
    program = require_program("systemd-analyze")
    exposed = {}
    for role in (*ROLES, "redis", "engine"):
        done = subprocess.run(
            [
                *(program, "security", "--offline=true", "--no-pager"),
                str(with_engine / "units" / f"chancery-{role}.service"),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        level = re.search(r"exposure level for .*: ([\d.]+)", done.stdout)
        assert level, done.stderr
        if float(level[1]) > MOST_EXPOSED.get(role, 2.5):
            exposed[role] = done.stdout
    assert exposed == {}


def test_a_role_reads_the_settings_and_its_own_secrets_alone(with_engine: Path) -> None:
    etc = str(with_engine / "etc").replace("%", "%%")
    for role in ROLES:
        files = values(unit(with_engine, role), "EnvironmentFile")
        assert files == [f"{etc}/chancery.env", f"-{etc}/{role}.env"]


def test_a_role_may_write_to_the_data_dir_alone(with_engine: Path) -> None:
    folder = str(with_engine / "data").replace("%", "%%")
    for role in (*ROLES, "redis"):
        text = unit(with_engine, role)
        assert values(text, "ReadWritePaths") == [f'"{folder}"']
        assert values(text, "ProtectSystem") == ["strict"]


def test_only_roles_that_open_documents_may_make_namespaces(with_engine: Path) -> None:
    allowed = {role: values(unit(with_engine, role), "RestrictNamespaces") for role in ROLES}
    assert {role for role, value in allowed.items() if value != ["yes"]} == {"api", "worker"}


def test_a_worker_gets_its_grace_time_before_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANCERY_GRACE_SECONDS", "90")
    assert write_units(tmp_path, *ELSEWHERE).exit_code == 0
    text = unit(tmp_path, "worker")
    # 5 s in which the process ends itself, and one more.
    assert values(text, "TimeoutStopSec") == ["96"]
    assert values(text, "KillMode") == ["mixed"]


def test_services_of_other_machines_have_no_unit(tmp_path: Path) -> None:
    written = write_units(tmp_path, *ELSEWHERE, "--redis-url", "rediss://chancery@db:6380/0")
    assert written.exit_code == 0
    names = {file.stem for file in (tmp_path / "units").glob("*.service")}
    assert names == {f"chancery-{role}" for role in ROLES}
    settings = (tmp_path / "etc/chancery.env").read_text()
    assert 'CHANCERY_REDIS_URL="rediss://chancery@db:6380/0"' in settings
    assert 'CHANCERY_ENGINE_URL="http://gpu1.intranet:8000"' in settings
    assert "PASSWORD_FILE=" not in settings


def test_settings_that_exist_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "etc/chancery.env"
    file.parent.mkdir()
    file.write_text("CHANCERY_CONCURRENCY=128\n")
    written = write_units(tmp_path, *ELSEWHERE)
    assert f"kept {file}" in written.output
    assert file.read_text() == "CHANCERY_CONCURRENCY=128\n"


def test_units_are_of_this_installation(tmp_path: Path) -> None:
    write_units(tmp_path, *ELSEWHERE)
    assert values(unit(tmp_path, "courier"), "ExecStart") == [
        f"{sys.executable} -P -m worker courier"
    ]


@pytest.mark.parametrize(
    ("arguments", "user", "text"),
    [
        ((), USER, "give either --model or --engine-url"),
        ((*ELSEWHERE, "--model", "m"), USER, "give either --model or --engine-url"),
        ((*ELSEWHERE, "--redis-url", "redis://u:p@h"), USER, "CHANCERY_REDIS_PASSWORD_FILE"),
        (ELSEWHERE, "no-such-user", "useradd --system"),
        (("--model", "m"), USER, "vllm is missing: run make engine-here"),
    ],
)
def test_what_cannot_be_installed_writes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    user: str,
    text: str,
) -> None:
    monkeypatch.delenv("CHANCERY_ENGINE_URL", raising=False)
    monkeypatch.setenv("CHANCERY_ENGINE_HOME", str(tmp_path / "none"))
    written = write_units(tmp_path / "new", *arguments, user=user)
    assert written.exit_code != 0
    assert text in written.output
    assert not (tmp_path / "new").exists()
