"""The commands of the systemd units, run as the units say, without systemd's sandbox."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from click.testing import CliRunner

from standin.ports import reserved_port
from worker.commands.install import install
from worker.supervise.systemd_units import IN_USE


def command(units: Path, role: str, key: str = "ExecStart") -> list[str]:
    line = re.search(
        rf"^{key}=(.*)$", (units / f"chancery-{role}.service").read_text(), re.MULTILINE
    )
    assert line
    return shlex.split(line[1].replace("%%", "%"))


def environment(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if line and line[0] != "#"]
    names_and_values = (shlex.split(line)[0].partition("=") for line in lines)
    return {"PATH": os.environ["PATH"]} | {name: value for name, _, value in names_and_values}


@contextmanager
def running(argv: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    # As systemd: with no working directory of its own.
    process = subprocess.Popen(argv, env=env, cwd="/", stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=30) as response:
            return bool(response.status == 200)
    except URLError:
        return False


def test_the_units_run_a_system_that_operators_commands_find(tmp_path: Path) -> None:
    data, etc, units = tmp_path / "da ta", tmp_path / "etc", tmp_path / "units"
    user = pwd.getpwuid(os.getuid()).pw_name
    redis_port, api_port = reserved_port("127.0.0.1"), reserved_port("127.0.0.1")
    written = CliRunner().invoke(
        install,
        [
            *("systemd", "--user", user, "--dir", str(units), "--config-dir", str(etc)),
            *("--data-dir", str(data), "--redis-port", str(redis_port)),
            *("--engine-url", "http://127.0.0.1:9"),
        ],
    )
    assert written.exit_code == 0, written.output
    with (etc / "chancery.env").open("a") as settings:
        settings.write(f"CHANCERY_API_PORT={api_port}\n")
    env = environment(etc / "chancery.env")
    # The tests' own import path, where the checkout is not the installed one.
    env |= {"PYTHONPATH": path} if (path := os.environ.get("PYTHONPATH")) else {}
    subprocess.run(command(units, "redis", "ExecStartPre"), env=env, check=True, timeout=60)
    with running(command(units, "redis"), env), running(command(units, "api"), env) as api:
        end = time.monotonic() + 60
        while not answers(f"http://127.0.0.1:{api_port}/healthz"):
            assert time.monotonic() < end
            # Type=exec: Redis may not listen yet, and systemd would start the api again.
            assert api.poll() is None
            time.sleep(0.1)
        second = subprocess.run(command(units, "redis"), env=env, timeout=30, check=False)
        assert second.returncode == IN_USE
        department = subprocess.run(
            [
                *(Path(sys.executable).with_name("chancery"), "department", "create", "tax"),
                *("--data-dir", data),
            ],
            env={**env, "CHANCERY_REDIS_URL": ""},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert department.returncode == 0, department.stderr
