"""The api with its store on S3, also while that is away."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from jobs.process import heartbeat
from tests.integration.api.conftest import Open, problem_of
from tests.integration.processes.system import until
from tests.storage import s3_server

LINES = b'{"custom_id": "c1"}\n' * 200


async def test_files_are_in_the_bucket_and_an_outage_is_named(
    open_api: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "STORE_SECONDS", 0.1)
    with s3_server() as server:
        async with open_api(store=server.settings(tmp_path)) as api:
            sent = await _upload(api.http)
            assert sent.status_code == 200, sent.text
            url = f"/v1/files/{sent.json()['id']}"
            assert (await api.http.get(f"{url}/content")).content == LINES
            assert len(server.objects) == 1
            assert api.files() == []

            server.stop()
            answer = await _upload(api.http)
            problem_of(answer, 503, "storage-unavailable")
            assert int(answer.headers["retry-after"]) > 0
            problem_of(await api.http.get(f"{url}/content"), 503, "storage-unavailable")
            await until(lambda: _store_is_ready(api.anonymous, ready=False))
            assert api.files() == []

            server.start()
            await until(lambda: _store_is_ready(api.anonymous, ready=True))
            assert (await api.http.get(f"{url}/content")).content == LINES
            assert (await api.http.delete(url)).is_success
            await until(lambda: not list(server.objects))


def _upload(http: httpx.AsyncClient) -> Awaitable[httpx.Response]:
    files = {"file": ("lines.jsonl", LINES)}
    return http.post("/v1/files", data={"purpose": "batch"}, files=files)


async def _store_is_ready(http: httpx.AsyncClient, *, ready: bool) -> bool:
    checks: list[Mapping[str, Any]] = (await http.get("/readyz")).json()["checks"]
    return all(check["ok"] for check in checks if check["name"] == "store") is ready
