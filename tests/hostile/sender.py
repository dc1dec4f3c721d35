"""A department that sends hostile inputs, by HTTP or over plain connections."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
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

    async def send_file(
        self,
        content: bytes,
        filename: str,
        task: str,
        times: int,
        options: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Upload a file once and submit `times` jobs on it. A refused upload is an answer too."""
        answer = await self.http.post("/v1/documents", files={"file": (filename, content)})
        self._record(answer)
        if answer.status_code == httpx.codes.CREATED:
            source = {"document_id": answer.json()["id"]}
            body = {"task": task, "input": source, "options": dict(options)}
            await self.submit_many(body, times)

    async def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        answer = await self.http.request(method, path, **arguments)
        self._record(answer)
        return answer

    async def cancel(self) -> None:
        for job_id in self.jobs:
            await self.http.post(f"/v1/jobs/{job_id}/cancel")

    async def has_ended(self) -> bool:
        return all(outcome in ENDED for outcome, _ in await self.outcomes())

    async def outcomes(self) -> list[tuple[str, str]]:
        """The status of each job, and the type of its error or nothing."""
        outcomes = []
        for job_id in self.jobs:
            answer = await self.http.get(f"/v1/jobs/{job_id}")
            if answer.status_code == httpx.codes.OK:
                job = answer.json()
                error = job["error"] or {}
                outcomes.append((job["status"], str(error.get("type", "")).rpartition("/")[2]))
        return outcomes

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
    """`send` returns when everything was sent. `short`: also part of the short run in CI.

    `prepare` makes what is sent, before anything is measured: packing 300 MiB takes seconds.
    `accepted`: whether the input must be accepted; None: it may be refused.
    """

    name: str
    send: Callable[[Sender], Coroutine[Any, Any, None]]
    short: bool = False
    prepare: Callable[[], object] = lambda: None
    accepted: bool | None = None


def job(
    name: str,
    body: Callable[[], Mapping[str, Any] | bytes],
    *,
    times: int = 1,
    short: bool = False,
    accepted: bool | None = None,
) -> Input:
    """An input that is one job request, sent `times` times at once."""

    @cache
    def content() -> bytes:
        made = body()
        # Characters, not escapes, so that a body of Chinese text is not refused for its size.
        return made if isinstance(made, bytes) else json.dumps(made, ensure_ascii=False).encode()

    async def send(sender: Sender) -> None:
        await asyncio.gather(*(sender.submit(content()) for _ in range(times)))

    return Input(name, send, short, content, accepted)


def document(
    name: str,
    filename: str,
    content: Callable[[], bytes],
    *,
    task: str = "parse",
    options: Mapping[str, Any] | None = None,
    times: int = 4,
    short: bool = False,
    accepted: bool | None = None,
) -> Input:
    """An input that is a file, with `times` jobs on it."""
    made = cache(content)

    async def send(sender: Sender) -> None:
        await sender.send_file(made(), filename, task, times, options or {})

    return Input(name, send, short, made, accepted)
