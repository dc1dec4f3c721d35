"""The receivers and programs in docs/integration, run as they are."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from standin.ports import reserved_port
from tests.integration.processes.receiver import Receiver
from tests.integration.processes.system import CHECKOUT, Desk
from tests.programs import require_program
from worker.callbacks.signing import signed_headers

EXAMPLES = CHECKOUT / "docs" / "integration"
SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_aW5jb3JyZWN0aW5jb3JyZWN0aW5jbw=="
START_SECONDS = 60.0

COMMANDS: Mapping[str, tuple[str, Sequence[str]]] = {
    "Receiver.java": ("java", ("java", "Receiver.java", "{port}")),
    "receiver.go": ("go", ("{tmp}/receiver", "{port}")),
    "receiver.mjs": ("node", ("node", "receiver.mjs", "{port}")),
    "receiver.php": ("php", ("php", "-S", "127.0.0.1:{port}", "receiver.php")),
    "receiver.py": ("python3", ("python3", "receiver.py", "{port}")),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A running receiver; `lines` has what it stored."""

    url: str
    output: Path

    def lines(self) -> list[str]:
        return self.output.read_text().splitlines()

    def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        return httpx.post(
            self.url, content=body, headers=dict(headers), trust_env=False, timeout=30
        ).status_code


@pytest.fixture(scope="module", params=COMMANDS)
def example(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Example]:
    with _running(request.param, tmp_path_factory.mktemp("example")) as example:
        yield example


@contextmanager
def _running(name: str, folder: Path, secret: str = SECRET) -> Iterator[Example]:
    program, command = COMMANDS[name]
    if program != "python3":
        require_program(program)
    port, output = reserved_port(), folder / "events.txt"
    if program == "go":
        _build_go(folder)
    argv = [part.format(port=port, tmp=folder) for part in command]
    # PHP's server writes its own log to the output.
    printed = folder / "output.txt" if program == "php" else output
    output.touch()
    env = {**os.environ, "CHANCERY_CALLBACK_SECRET": secret, "CHANCERY_EVENTS": str(output)}
    with printed.open("wb") as stdout:
        process = subprocess.Popen(argv, cwd=EXAMPLES / "receivers", env=env, stdout=stdout)
    example = Example(f"http://127.0.0.1:{port}/hooks/chancery", output)
    try:
        _wait_until_it_answers(process, example.url)
        yield example
    finally:
        process.kill()
        process.wait(10)


def _build_go(folder: Path) -> None:
    source = EXAMPLES / "receivers" / "receiver.go"
    env = {**os.environ, "GOCACHE": str(folder / "cache"), "GOFLAGS": "-mod=mod"}
    subprocess.run(["go", "build", "-o", folder / "receiver", source], check=True, env=env)


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, f"the receiver ended with {process.returncode}"
        try:
            httpx.get(url, trust_env=False, timeout=START_SECONDS)
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the receiver does not answer"
            time.sleep(0.05)
        else:
            return


def _event(number: int) -> tuple[str, bytes]:
    data = {"id": f"job_{number}", "metadata": {"主题": "停水通知"}}
    event = {"type": "job.succeeded", "data": data}
    return f"evt_{number}", json.dumps(event, ensure_ascii=False).encode()


def test_a_genuine_event_is_stored_once(example: Example) -> None:
    event_id, body = _event(1)
    headers = signed_headers([SECRET], event_id, datetime.now(UTC), body)
    assert [example.post(body, headers) for _ in range(2)] == [204, 204]
    assert example.lines().count("evt_1 job.succeeded job_1") == 1


def test_one_right_signature_of_two_is_enough(example: Example) -> None:
    event_id, body = _event(2)
    headers = signed_headers([OTHER, SECRET], event_id, datetime.now(UTC), body)
    assert example.post(body, headers) == 204


def test_a_changed_body_is_refused(example: Example) -> None:
    event_id, body = _event(3)
    headers = signed_headers([SECRET], event_id, datetime.now(UTC), body)
    assert example.post(body.replace(b"job_3", b"job_4"), headers) == 401
    assert not any(line.startswith("evt_3") for line in example.lines())


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_timestamp_far_from_now_is_refused(example: Example, minutes: int) -> None:
    event_id, body = _event(5)
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    assert example.post(body, signed_headers([SECRET], event_id, at, body)) == 401


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", "x", "v1,"])
def test_missing_and_senseless_headers_are_refused(
    example: Example, name: str, value: str | None
) -> None:
    event_id, body = _event(6)
    headers = signed_headers([SECRET], event_id, datetime.now(UTC), body)
    if value is None:
        del headers[name]
    else:
        headers[name] = value
    assert example.post(body, headers) == 401


def test_a_body_over_the_limit_is_refused(example: Example) -> None:
    body = b"x" * (1024 * 1024 + 1)
    headers = signed_headers([SECRET], "evt_7", datetime.now(UTC), body)
    assert example.post(body, headers) == 413


@pytest.mark.parametrize("name", COMMANDS)
async def test_an_example_receives_a_real_callback(name: str, desk: Desk, tmp_path: Path) -> None:
    with _running(name, tmp_path, desk.secret) as example:
        callback = await desk.settled(job_id := await desk.submit(callback_url=example.url))
        assert callback.attempts[-1].status_code == 204
        assert example.lines()[-1] == f"{callback.id} job.succeeded {job_id}"


async def test_the_shell_script_verifies_a_received_callback(
    desk: Desk, receiver: Receiver
) -> None:
    require_program("openssl")
    await desk.settled(await desk.submit(callback_url=receiver.url()))
    (received,) = receiver.received
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    argv = ["./verify.sh", *(received.headers[name] for name in names)]
    env = {**os.environ, "CHANCERY_CALLBACK_SECRET": desk.secret}

    def verify(body: bytes) -> int:
        return subprocess.run(
            argv, input=body, cwd=EXAMPLES / "receivers", env=env, check=False
        ).returncode

    assert verify(received.body) == 0
    assert verify(received.body + b" ") == 1


async def test_the_java_program_submits_waits_and_verifies(desk: Desk, api_url: str) -> None:
    require_program("java")
    printed = _run_program(desk, api_url, ["java", "SubmitAndWait.java", "水管“A\\B”\n停水。"])
    assert "status succeeded" in printed
    assert "callback job.succeeded" in printed


async def test_the_node_program_submits_and_waits(desk: Desk, api_url: str, tmp_path: Path) -> None:
    require_program("node")
    notice = tmp_path / "通知.txt"
    notice.write_text("The water is off on 5 March.")
    assert "status succeeded" in _run_program(desk, api_url, ["node", "submit.mjs", str(notice)])


def _run_program(desk: Desk, api_url: str, argv: Sequence[str]) -> str:
    env = {
        **os.environ,
        "CHANCERY_API_URL": api_url,
        "CHANCERY_API_KEY": desk.key,
        "CHANCERY_CALLBACK_SECRET": desk.secret,
    }
    done = subprocess.run(
        argv, cwd=EXAMPLES, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
