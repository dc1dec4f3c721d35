"""The examples of docs/client.md, run."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.unit.client.fake_batch_api import error_line, job_line, json_lines

ROOT = Path(__file__).parents[3]
EXAMPLES = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs/client.md").read_text("utf-8"), re.DOTALL
)
(RECEIVER,) = [example for example in EXAMPLES if "http.server" in example]
CALLS = [example for example in EXAMPLES if example is not RECEIVER]
SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT / "client/src"), "PYTHONWARNINGS": "error"} | more


def test_the_examples_that_call_the_api_run(server: Any, tmp_path: Path) -> None:
    (tmp_path / "notice.txt").write_text("The text of the notice.")
    server.batch_api.expected_at = 1_900_003_600
    server.batch_api.files = {
        "file_out": json_lines(job_line("2026-1187")),
        "file_err": json_lines(error_line("2026-1188")),
    }
    ended = {"status": "completed", "output_file_id": "file_out", "error_file_id": "file_err"}
    server.batch_api.steps = [{"status": "in_progress"}, ended]
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(CALLS)],
        cwd=tmp_path,
        env=environment(CHANCERY_API_URL=server.url, CHANCERY_API_KEY="key-of-tax"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [
        "succeeded {'summary': 'short'}",
        "job_2",
        "job_3",
        "{'summary': 'short'}",
        "batch_1 is expected to be done at 2030-03-17 18:46:40+00:00",
        "2026-1187 {'summary': '2026-1187'}",
        "2026-1188 There is no such task.",
        "validating",
    ]
    assert [
        json.loads(line)["custom_id"] for line in server.batch_api.files["file_3"].splitlines()
    ] == [
        "2026-1187",
        "2026-1188",
    ]
    assert server.requests[-1].key == "case-2026-1187-summary-1"


class TestTheReceiver:
    @pytest.fixture
    def receiver(self) -> Iterator[tuple[str, Any]]:
        with subprocess.Popen(
            [sys.executable, "-c", RECEIVER],
            env=environment(CHANCERY_CALLBACK_SECRET=SECRET, PORT="0"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                assert process.stdout is not None
                yield process.stdout.readline().split()[-1], process.stdout
            finally:
                process.kill()

    def test_it_takes_a_genuine_callback_once_and_refuses_another(
        self, receiver: tuple[str, Any]
    ) -> None:
        url, printed = receiver
        assert deliver(url, "job_1", "msg_1") == 204
        assert deliver(url, "job_1", "msg_1") == 204
        assert deliver(url, "job_2", "msg_2", forged=True) == 400
        assert deliver(url, "job_3", "msg_3") == 204
        assert [printed.readline().split()[:2] for _ in range(2)] == [
            ["job.succeeded", "job_1"],
            ["job.succeeded", "job_3"],
        ]


def deliver(url: str, job_id: str, webhook_id: str, *, forged: bool = False) -> int:
    job = {"id": job_id, "task": "summarize", "status": "succeeded", "result": {"summary": "短"}}
    event = {"type": "job.succeeded", "timestamp": "2030-01-01T00:00:00Z", "data": job}
    body = json.dumps(event)
    now = datetime.now(UTC)
    request = urllib.request.Request(
        url,
        data=body.replace("succeeded", "failed").encode() if forged else body.encode(),
        headers={
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(webhook_id, now, body),
        },
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
