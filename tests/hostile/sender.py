"""A department that sends hostile inputs, by HTTP or over plain connections."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

TEXT = {"text": "The water is off on 5 March."}
ENDED = {"succeeded", "failed", "cancelled", "expired"}


@dataclass
class Sender:
    """Submits with one key and remembers the jobs. `statuses` has the status of every answer."""

    api_url: str
    http: httpx.AsyncClient
    jobs: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    answer_bytes: int = 0

    async def submit(self, body: Mapping[str, Any] | bytes) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await self.http.post(
            "/v1/jobs", content=content, headers={"Content-Type": "application/json"}
        )
        self._record(answer)
        if answer.status_code == httpx.codes.ACCEPTED:
            self.jobs.append(answer.json()["id"])
        return answer

    async def submit_many(self, body: Mapping[str, Any], times: int) -> None:
        await asyncio.gather(*(self.submit(body) for _ in range(times)))

    async def send_file(self, content: bytes, filename: str, task: str, times: int) -> None:
        """Upload a file once and submit `times` jobs on it. A refused upload is an answer too."""
        answer = await self.http.post("/v1/documents", files={"file": (filename, content)})
        self._record(answer)
        if answer.status_code == httpx.codes.CREATED:
            body = {"task": task, "input": {"document_id": answer.json()["id"]}}
            await self.submit_many(body, times)

    async def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        answer = await self.http.request(method, path, **arguments)
        self._record(answer)
        return answer

    async def cancel(self) -> None:
        for job_id in self.jobs:
            await self.http.post(f"/v1/jobs/{job_id}/cancel")

    async def has_ended(self) -> bool:
        for job_id in self.jobs:
            answer = await self.http.get(f"/v1/jobs/{job_id}")
            if answer.status_code == httpx.codes.OK and answer.json()["status"] not in ENDED:
                return False
        return True

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address = urlsplit(self.api_url)
        return await asyncio.open_connection(address.hostname, address.port)

    def _record(self, answer: httpx.Response) -> None:
        self.statuses.append(answer.status_code)
        self.answer_bytes = max(self.answer_bytes, len(answer.content))


async def seconds_open(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: float
) -> float:
    """How long a connection stays open, at most `limit` seconds; then it is closed here."""
    started = time.monotonic()
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(limit):
            while await reader.read(65_536):
                pass
    writer.close()
    return time.monotonic() - started


@dataclass(frozen=True, slots=True)
class Input:
    """`send` returns when everything was sent. `short`: also part of the short run in CI."""

    name: str
    send: Callable[[Sender], Coroutine[Any, Any, None]]
    short: bool = False


def job(
    name: str, body: Callable[[], Mapping[str, Any] | bytes], *, times: int = 1, short: bool = False
) -> Input:
    """An input that is one job request, sent `times` times at once."""

    async def send(sender: Sender) -> None:
        made = body()
        content = made if isinstance(made, bytes) else json.dumps(made).encode()
        await asyncio.gather(*(sender.submit(content) for _ in range(times)))

    return Input(name, send, short)


def document(
    name: str,
    filename: str,
    content: Callable[[], bytes],
    *,
    task: str = "parse",
    times: int = 4,
    short: bool = False,
) -> Input:
    """An input that is a file, with `times` jobs on it."""

    async def send(sender: Sender) -> None:
        await sender.send_file(content(), filename, task, times)

    return Input(name, send, short)
