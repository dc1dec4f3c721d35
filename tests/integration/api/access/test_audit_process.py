"""The audit record of a real api process that is killed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx

from jobs.audit.files import AuditFiles
from jobs.audit.verify import Verification, verify
from jobs.process.settings import AuditSettings
from tests.integration.api.server.test_process import JOB, Running, api, redis

__all__ = ["api", "redis"]


def checked(data_dir: Path) -> Verification:
    files = AuditFiles.of(data_dir)
    return verify(files, [files.chain_key(AuditSettings())])


def submitted(data_dir: Path) -> set[str]:
    files = AuditFiles.of(data_dir)
    lines = [
        json.loads(line) for day in files.days() for line in files.day(day).read_text().splitlines()
    ]
    return {line["target"] for line in lines if line["action"] == "job.submit"}


def command_line(api: Running) -> str:
    return Path(f"/proc/{api.process.pid}/cmdline").read_text()


async def test_no_acknowledged_submission_is_missing_after_sigkill(
    api: Running, tmp_path: Path
) -> None:
    acknowledged: set[str] = set()

    async def submit(http: httpx.AsyncClient) -> None:
        try:
            while True:
                answer = await http.post("/v1/jobs", json=JOB)
                acknowledged.add(answer.json()["id"])
        except httpx.TransportError:  # the process was killed
            return

    async with api.client() as http, asyncio.timeout(60):
        senders = [asyncio.create_task(submit(http)) for _ in range(8)]
        while len(acknowledged) < 50:
            await asyncio.sleep(0.01)
        api.process.kill()
        await asyncio.gather(*senders)
    assert acknowledged <= submitted(tmp_path)
    assert checked(tmp_path).findings == ()


async def test_no_secret_is_in_the_arguments_or_the_record(api: Running, tmp_path: Path) -> None:
    async with api.client() as http:
        await http.get("/v1/jobs")
    arguments = command_line(api)
    assert api.key not in arguments
    assert "redis://" not in arguments
    record = "".join(path.read_text() for path in (tmp_path / "audit").glob("*.jsonl"))
    assert "job.list" in record
    assert api.key.split("_")[2] not in record
