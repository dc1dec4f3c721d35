"""A department that submits jobs and batches over HTTP and waits for them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from bench.callbacks import TEXT, client
from bench.system import System

POLL_SECONDS = 0.2
CHATS, JOBS = "/v1/chat/completions", "/v1/jobs"
OPEN = frozenset(("queued", "running", "scheduled"))
ENDINGS = frozenset({"completed", "failed", "expired", "cancelled"})


def lines(url: str, count: int) -> Iterator[bytes]:
    """`count` lines of a batch: chats or summaries, depending on `url`."""
    for number in range(count):
        text = TEXT.format(number=number)
        body: dict[str, Any] = {"task": "summarize", "input": {"text": text}}
        if url == CHATS:
            body = {"messages": [{"role": "user", "content": text}], "max_tokens": 16}
        line = {"custom_id": f"line-{number}", "method": "POST", "url": url, "body": body}
        yield json.dumps(line).encode() + b"\n"


class Department:
    """Raises `httpx.HTTPStatusError` when the api refuses a request, and `TimeoutError`."""

    def __init__(self, http: httpx.AsyncClient, name: str) -> None:
        self.name = name
        self._http = http

    async def upload(self, url: str, count: int) -> str:
        """Upload a file of `count` lines; returns its id."""
        return await self.upload_lines(b"".join(lines(url, count)))

    async def upload_lines(self, data: bytes) -> str:
        """Upload a file of lines; returns its id."""
        form = {"file": ("lines.jsonl", data, "application/jsonl")}
        answer = await self._http.post("/v1/files", files=form, data={"purpose": "batch"})
        return str(answer.raise_for_status().json()["id"])

    async def submit_batch(self, file_id: str, url: str, **metadata: str) -> str:
        body = {
            "input_file_id": file_id,
            "endpoint": url,
            "completion_window": "24h",
            "metadata": metadata,
        }
        answer = await self._http.post("/v1/batches", json=body)
        return str(answer.raise_for_status().json()["id"])

    async def begin_batch(self, data: bytes, url: str, seconds: float) -> str:
        """Upload lines, submit them as a batch, and wait until it is read; returns its id.

        Raises `RuntimeError` if it is refused.
        """
        batch_id = await self.submit_batch(await self.upload_lines(data), url)
        batch, _ = await self.wait_batch(batch_id, "in_progress", seconds=seconds)
        if batch["status"] != "in_progress":
            raise RuntimeError(f"the batch {batch['status']}: {batch['errors']}")
        return batch_id

    async def batch(self, batch_id: str) -> Mapping[str, Any]:
        answer = await self._http.get(f"/v1/batches/{batch_id}")
        found: Mapping[str, Any] = answer.raise_for_status().json()
        return found

    async def wait_batch(
        self, batch_id: str, *statuses: str, seconds: float
    ) -> tuple[Mapping[str, Any], Mapping[str, float]]:
        """Wait for one of `statuses`, or an ending.

        Returns the batch, and by status the `time.perf_counter` at which it was first observed.
        """
        seen: dict[str, float] = {}
        async with asyncio.timeout(seconds):
            while True:
                batch = await self.batch(batch_id)
                seen.setdefault(batch["status"], time.perf_counter())
                if batch["status"] in ENDINGS | set(statuses):
                    return batch, seen
                await asyncio.sleep(POLL_SECONDS)

    async def cancel_batch(self, batch_id: str) -> None:
        (await self._http.post(f"/v1/batches/{batch_id}/cancel")).raise_for_status()

    async def submit_jobs(self, count: int, lane: str, in_flight: int) -> Sequence[str]:
        """Submit `count` summaries, `in_flight` at once; returns their ids."""
        numbers, ids = iter(range(count)), list[str]()

        async def submit() -> None:
            for number in numbers:
                body = {"task": "summarize", "input": {"text": TEXT.format(number=number)}}
                answer = await self._http.post("/v1/jobs", json={**body, "lane": lane})
                ids.append(answer.raise_for_status().json()["id"])

        await asyncio.gather(*(submit() for _ in range(in_flight)))
        return ids

    async def wait_jobs(self, ids: Sequence[str], seconds: float) -> None:
        """Wait until the jobs have ended. Raises `RuntimeError` if one did not succeed."""
        async with asyncio.timeout(seconds):
            for id_ in reversed(ids):
                status = "queued"
                while status in OPEN:
                    answer = await self._http.get(f"/v1/jobs/{id_}", params={"wait": 30})
                    status = answer.raise_for_status().json()["status"]
                if status != "succeeded":
                    raise RuntimeError(f"job {id_} {status}")

    async def run_job(self, number: int, lane: str, seconds: float = 60) -> tuple[float, float]:
        """Run a summary; returns the seconds until it was accepted and until it ended."""
        text = TEXT.format(number=number)
        body = {"task": "summarize", "input": {"text": text}, "lane": lane}
        began = time.perf_counter()
        answer = (await self._http.post("/v1/jobs", json=body)).raise_for_status()
        accepted = time.perf_counter() - began
        job = answer.json()
        async with asyncio.timeout(seconds):
            while job["status"] in OPEN:
                answer = await self._http.get(f"/v1/jobs/{job['id']}", params={"wait": 30})
                job = answer.raise_for_status().json()
        if job["status"] != "succeeded":
            raise RuntimeError(f"a job {job['status']}: {job['error']}")
        return accepted, time.perf_counter() - began


@asynccontextmanager
async def department(
    system: System, name: str, callback_url: str | None = None
) -> AsyncIterator[Department]:
    """Create a department, which may name `callback_url`, and wait until the api is ready."""
    api_key = await system.department(name, callback_url)
    async with client(system.api, api_key, in_flight=256) as http:
        yield Department(http, name)
