"""`chancery up` says at once what is wrong with which engine address."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from standin.engine_process import StandInControl, running_standin
from standin.ports import reserved_port
from tests.system.one_machine import Up, started_up
from worker.commands.up import up

# In a few seconds: the check of the engine does not wait for the other processes.
SECONDS = 30.0


@pytest.fixture(scope="module")
def engine() -> Iterator[StandInControl]:
    with running_standin() as standin:
        yield standin


@contextmanager
def serving(statuses: Mapping[str, int]) -> Iterator[str]:
    """A web server that answers GET with these statuses, and 404 elsewhere; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses.get(self.path, 404))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def waiting_for(url: str, folder: Path, **settings: str) -> Iterator[tuple[Up, str]]:
    """The running command, and its first line on the engine at `url`."""
    with started_up(folder, engine_url=url, **settings) as running:
        yield running, running.wait_for(f"waiting for the engine at {url}: ", SECONDS)
        running.stop()


def test_nobody_listens(tmp_path: Path) -> None:
    address = f"127.0.0.1:{reserved_port()}"
    with waiting_for(f"http://{address}", tmp_path) as (_, line):
        assert f"nothing listens at {address}" in line


def test_nobody_listens_at_any_of_several(tmp_path: Path) -> None:
    urls = [f"http://127.0.0.1:{reserved_port()}" for _ in range(2)]
    with waiting_for(", ".join(urls), tmp_path, CHANCERY_ENGINES=json.dumps(urls)) as (_, line):
        assert f"nothing listens at {urls[0].removeprefix('http://')}" in line


def test_no_such_host(tmp_path: Path) -> None:
    with waiting_for("http://no-such-host.invalid:8000", tmp_path) as (_, line):
        assert "the host name no-such-host.invalid cannot be resolved" in line


def test_another_web_server(tmp_path: Path) -> None:
    with serving({}) as address, waiting_for(f"http://{address}", tmp_path) as (_, line):
        assert "answers 404 at /health: check that CHANCERY_ENGINE_URL is the address of a" in line


def test_a_web_server_that_answers_everything(tmp_path: Path) -> None:
    with (
        serving({"/health": 200, "/v1/models": 200}) as address,
        waiting_for(f"http://{address}", tmp_path) as (_, line),
    ):
        assert "the response at /v1/models is not a list of models" in line


def test_https_to_a_plain_port(tmp_path: Path, engine: StandInControl) -> None:
    url = engine.url.replace("http:", "https:")
    with waiting_for(url, tmp_path) as (_, line):
        assert "does not answer in TLS" in line
        assert "check whether its address begins with http:// or https://" in line


def test_a_wrong_key(tmp_path: Path) -> None:
    with (
        serving({"/health": 200, "/v1/models": 401}) as address,
        waiting_for(f"http://{address}", tmp_path) as (_, line),
    ):
        assert "answers 401 at /v1/models: check CHANCERY_ENGINE_API_KEY" in line


def test_a_model_that_it_lacks(tmp_path: Path, engine: StandInControl) -> None:
    with waiting_for(engine.url, tmp_path, CHANCERY_ENGINE_MODEL="typo") as (_, line):
        assert "serves stand-in, but not typo" in line


@pytest.mark.parametrize("option", ["--engine-url", "--fast-engine-url"])
def test_an_address_without_a_scheme_is_refused_before_anything_runs(
    tmp_path: Path, option: str
) -> None:
    arguments = ["--data-dir", str(tmp_path), "--engine-url", "http://127.0.0.1:9"]
    result = CliRunner().invoke(up, [*arguments, option, "127.0.0.1:8000"])
    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert "ENGINE_URL is '127.0.0.1:8000': it must be http://HOST:PORT or https://" in line


def test_an_address_that_ends_in_v1_works(tmp_path: Path, engine: StandInControl) -> None:
    with started_up(tmp_path, engine_url=f"{engine.url}/v1") as running:
        assert running.wait_for("ready: ")
        assert not [line for line in running.output if "waiting for the engine" in line]
        running.stop()
