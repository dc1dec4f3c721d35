"""`chancery up`: the whole system on one machine, with the stand-in engine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError

from chancery import Chancery
from standin.engine_process import StandInControl, running_standin
from standin.ports import reserved_port
from tests.system.one_machine import CHANCERY, Up, command_line, started_up, until


@pytest.fixture(scope="module")
def engine() -> Iterator[StandInControl]:
    with running_standin() as engine:
        yield engine


@pytest.fixture(scope="module")
def up(engine: StandInControl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A system shared by the tests that do not stop it."""
    with started_up(tmp_path_factory.mktemp("up"), engine_url=engine.url) as up:
        up.wait_for("ready: ")
        yield up


@pytest.fixture(scope="module")
def chancery(up: Up) -> Iterator[Chancery]:
    with Chancery(up.api_url, up.create_department("tax")["api_key"]) as chancery:
        yield chancery


def test_the_ready_line_has_the_addresses(up: Up) -> None:
    (line,) = [line for line in up.output if line.startswith("ready")]
    assert up.api_url in line
    assert up.flower_url in line
    assert httpx.get(f"{up.api_url}/readyz", timeout=30).status_code == 200


def test_every_process_has_its_log_in_the_data_dir(up: Up) -> None:
    names = {path.name for path in (up.data_dir / "logs").iterdir()}
    assert {
        f"{name}.log" for name in ("redis", "api", "worker", "courier", "scheduler", "flower")
    } <= (names)


def test_secrets_are_in_private_files_and_on_no_command_line(up: Up) -> None:
    for name in ("redis-url", "redis-password", "flower-login", "redis/server.conf"):
        assert (up.data_dir / name).stat().st_mode & 0o077 == 0, name
    password = (up.data_dir / "redis-password").read_text().strip()
    login = (up.data_dir / "flower-login").read_text().strip()
    for line in up.children().values():
        assert password not in line
        assert login.partition(":")[2] not in line


def test_redis_lets_in_only_chancerys_user_with_what_chancery_does(up: Up) -> None:
    url = (up.data_dir / "redis-url").read_text().strip()
    anonymous = url.replace(url.partition("//")[2].partition("@")[0] + "@", "")
    with Redis.from_url(anonymous) as redis, pytest.raises(AuthenticationError):
        redis.ping()
    with Redis.from_url(url) as redis:
        for refused in (
            redis.flushall,
            lambda: redis.keys("*"),
            lambda: redis.config_set("appendonly", "no"),
            lambda: redis.get("others:key"),
            lambda: redis.eval("return 1", 0),
            redis.acl_list,
        ):
            with pytest.raises(NoPermissionError):
                refused()


def test_no_process_asked_redis_for_more_than_its_user_may(up: Up, chancery: Chancery) -> None:
    job = chancery.submit("summarize", text="The water is off on Friday.")
    assert chancery.wait(job.id, timeout=60).status == "succeeded"
    for log in (up.data_dir / "logs").glob("*.log"):
        assert "permission" not in log.read_text(errors="replace").lower(), log.name


def test_a_generated_flower_login_is_printed_with_its_file(up: Up) -> None:
    login = (up.data_dir / "flower-login").read_text().strip()
    assert any(login in line for line in up.output)
    assert any(str(up.data_dir / "flower-login") in line for line in up.output)


def test_doctor_reports_no_problem_of_a_running_system(up: Up) -> None:
    argv = [str(CHANCERY), "doctor", "--json", "--data-dir", str(up.data_dir)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    # How full the disk is, is not the system's.
    problems = [one["code"] for one in json.loads(done.stdout)["problems"]]
    assert set(problems) <= {"disk-low"}


def test_a_second_system_in_the_same_data_dir_is_refused(up: Up, engine: StandInControl) -> None:
    with started_up(up.data_dir, engine_url=engine.url) as second:
        assert second.process.wait(60) == 1
    assert "--data-dir" in second.output[-1]


def test_the_job_of_a_killed_worker_is_run_by_the_next(
    up: Up, chancery: Chancery, engine: StandInControl
) -> None:
    engine.control(latency=2.0)
    job = chancery.submit("summarize", text="The office is open on Monday. It is closed on Sunday.")
    until(lambda: chancery.job(job.id).status == "running", 30)
    worker = up.child("-m worker worker")

    os.kill(worker, signal.SIGKILL)

    done = chancery.wait(job.id, timeout=60)
    engine.control(latency=0.0)
    assert done.status == "succeeded"
    assert done.attempts == 2
    assert up.child("-m worker worker") != worker
    up.wait_for("worker ended (SIGKILL)")


def test_a_killed_redis_is_restarted_with_its_data_and_work_continues(
    up: Up, chancery: Chancery
) -> None:
    before = chancery.submit("summarize", text="The office is open on Monday.")
    chancery.wait(before.id, timeout=60)

    os.kill(up.child("valkey-server"), signal.SIGKILL)

    up.wait_for("redis ended (SIGKILL)")
    after = chancery.submit("summarize", text="The office is closed on Sunday.")
    assert chancery.wait(after.id, timeout=60).status == "succeeded"
    assert chancery.job(before.id).status == "succeeded"


def test_sigterm_stops_everything_and_the_status_is_zero(
    engine: StandInControl, tmp_path: Path
) -> None:
    with started_up(tmp_path, engine_url=engine.url) as up:
        up.wait_for("ready: ")
        children = up.children()
        assert len(children) >= 6

        assert up.stop() == 0
    assert not [line for pid, line in children.items() if line and command_line(pid) == line]
    assert not (tmp_path / "redis-url").exists()


def test_sigterm_with_work_in_hand_stops_everything_in_time_and_kills_nothing(
    engine: StandInControl, tmp_path: Path
) -> None:
    with (
        started_up(tmp_path, engine_url=engine.url) as up,
        socket.create_server(("127.0.0.1", 0)) as silent,
        ThreadPoolExecutor() as threads,
    ):
        up.wait_for("ready: ")
        department = up.create_department("tax", "--callback-allow", "127.0.0.1")
        with Chancery(up.api_url, department["api_key"]) as chancery:
            callback_url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
            done = chancery.submit("summarize", text="It is open.", callback_url=callback_url)
            assert chancery.wait(done.id, timeout=60).status == "succeeded"
            engine.control(mode="hang")
            jobs = [chancery.submit("summarize", text=f"It is open. {n}") for n in range(3)]
            lines = [
                {
                    "custom_id": str(number),
                    "method": "POST",
                    "url": "/v1/jobs",
                    "body": {"task": "summarize", "input": {"text": f"It is closed. {number}"}},
                }
                for number in range(200)
            ]
            file = chancery.upload_file("\n".join(map(json.dumps, lines)).encode(), "lines.jsonl")
            chancery.submit_batch(file.id)
            until(lambda: engine.counts()["running"] > len(jobs), 60)
            api = Path(f"/proc/{up.child('-m api')}/fd")
            files = len(list(api.iterdir()))
            long_poll = threads.submit(
                httpx.get,
                f"{up.api_url}/v1/jobs/{jobs[0].id}",
                params={"wait": 60},
                headers={"Authorization": f"Bearer {department['api_key']}"},
                timeout=60,
            )
            with socket.create_connection(("127.0.0.1", urlsplit(up.api_url).port or 0)) as upload:
                upload.sendall(
                    b"POST /v1/documents HTTP/1.1\r\nHost: chancery\r\nContent-Length: 1000\r\n"
                    + f"Authorization: Bearer {department['api_key']}\r\n\r\nThe".encode()
                )
                until(lambda: len(list(api.iterdir())) >= files + 2, 10)
                began = time.monotonic()
                assert up.stop() == 0
                assert time.monotonic() - began < 40
            long_poll.exception()
    engine.control(mode="ok")
    assert not [line for line in up.output if "killed" in line]


def test_a_killed_system_leaves_nothing_running(engine: StandInControl, tmp_path: Path) -> None:
    with started_up(tmp_path, engine_url=engine.url) as up:
        up.wait_for("ready: ")
        children = up.children()

        up.process.kill()

        until(
            lambda: not any(line and command_line(pid) == line for pid, line in children.items()),
            10,
        )


def test_accepted_jobs_survive_a_kill_of_the_system_and_a_new_start(
    engine: StandInControl, tmp_path: Path
) -> None:
    engine.control(mode="unhealthy")
    with started_up(tmp_path, engine_url=engine.url) as up:
        up.wait_for("scheduler is up")
        up.wait_for("api is up")
        key = up.create_department("tax")["api_key"]
        with Chancery(up.api_url, key) as chancery:
            job = chancery.submit("summarize", text="The office is open on Monday.")
        up.process.kill()
    engine.control(mode="ok")
    with started_up(tmp_path, engine_url=engine.url) as up, Chancery(up.api_url, key) as chancery:
        up.wait_for("ready: ")
        assert chancery.wait(job.id, timeout=60).status == "succeeded"


def test_a_port_in_use_names_the_option_that_changes_it(
    engine: StandInControl, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with started_up(tmp_path, "--port", port, engine_url=engine.url) as up:
            assert up.process.wait(60) == 1
    assert f"port {port} is in use" in up.output[-1]
    assert "--port" in up.output[-1]


def test_a_missing_engine_says_how_to_install_it(tmp_path: Path) -> None:
    argv = [str(CHANCERY), "up", "--data-dir", str(tmp_path), "--port", str(reserved_port())]
    argv += ["--flower-port", str(reserved_port())]
    env = {name: value for name, value in os.environ.items() if not name.startswith("CHANCERY_")}
    env["CHANCERY_ENGINE_HOME"] = str(tmp_path / "none")
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "make engine" in done.stderr
