"""The commands and examples in the READMEs work."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import pytest
from standardwebhooks.webhooks import Webhook

from standin.engine_process import CHECKOUT, running_standin
from tests.system.one_machine import started_up

README = CHECKOUT / "README.md"
CHINESE = CHECKOUT / "README.zh-CN.md"
Post = tuple[dict[str, str], bytes]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)


@pytest.fixture
def receiver() -> Iterator[tuple[int, Queue[Post]]]:
    posts: Queue[Post] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            posts.put((dict(self.headers), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield server.server_port, posts
    server.shutdown()
    serving.join()
    server.server_close()


def test_the_job_in_the_readme_ends_in_a_callback(
    tmp_path: Path, receiver: tuple[int, Queue[Post]]
) -> None:
    port, posts = receiver
    (commands,) = blocks(README, "sh")
    with running_standin() as engine, started_up(tmp_path, engine_url=engine.url) as up:
        up.wait_for("ready: ")
        script = (
            commands.replace("127.0.0.1:9000", f"127.0.0.1:{port}")
            .replace("http://127.0.0.1:8080", up.api_url)
            .replace("department create", f"department create --data-dir {tmp_path}")
            .replace("var/tax.json", str(tmp_path / "tax.json"))
        )
        argv = ["bash", "-euo", "pipefail", "-c", script.replace("curl -sS", "curl -sS --fail")]
        done = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        headers, body = posts.get(timeout=60)
    assert stat.S_IMODE((tmp_path / "tax.json").stat().st_mode) == 0o600
    secret = json.loads((tmp_path / "tax.json").read_text())["callback_secret"]
    event = Webhook(secret).verify(body, headers)
    assert event["type"] == "job.succeeded"
    assert event["data"]["metadata"] == {"case": "2026-1187"}


def test_files_with_secrets_from_the_commands_are_ignored_by_git() -> None:
    (commands,) = blocks(README, "sh")
    (path,) = re.findall(r"--save (\S+)", commands)
    # The others are those of docs/deploy-compose.md.
    for each in (path, ".env", "secrets/redis-password"):
        argv = ["git", "check-ignore", "-q", each]
        assert subprocess.run(argv, cwd=CHECKOUT, check=False).returncode == 0, each


def test_both_readmes_give_the_same_commands_and_examples() -> None:
    for language in ("sh", "http"):
        assert blocks(README, language) == blocks(CHINESE, language)


@pytest.mark.parametrize("page", [README, CHINESE], ids=["english", "chinese"])
def test_every_link_has_a_target(page: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", page.read_text())
    assert links
    assert [link for link in links if not (CHECKOUT / link).exists()] == []
