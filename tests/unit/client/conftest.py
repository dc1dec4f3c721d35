"""A fake server on 127.0.0.1 with the api's HTTP interface: the client uses real sockets."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from streaming_form_data import StreamingFormDataParser
from streaming_form_data.targets import BaseTarget, ValueTarget

from chancery import Chancery
from tests.unit.client.fake_batch_api import FakeBatchApi

KEY = "key-of-tax"


@dataclass
class ReceivedRequest:
    """One request, as the fake server received it."""

    method: str
    path: str
    key: str | None
    query: dict[str, str]
    language: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    body_sha256: str = ""


RECEIVED = web.RequestKey("received", ReceivedRequest)


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> web.Response:
    headers = more.pop("headers", {})
    body = {"type": f"/problems/{code}", "title": title, "detail": detail, "status": status} | more
    return web.json_response(
        body, status=status, headers=headers, content_type="application/problem+json"
    )


class FilePart(BaseTarget):  # type: ignore[misc] # the library has no types
    """Measures a file part; keeps its content only if asked to."""

    def __init__(self, *, keep: bool) -> None:
        super().__init__()
        self.digest = hashlib.sha256()
        self.size = 0
        self.content = bytearray()
        self._keep = keep

    def on_data_received(self, chunk: bytes) -> None:
        self.digest.update(chunk)
        self.size += len(chunk)
        if self._keep:
            self.content += chunk


class FakeServer:
    """Answers with `answers` first, one a request, then as the api does."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[ReceivedRequest] = []
        self.answers: list[Callable[[], web.Response] | None] = []
        self.jobs: dict[str, dict[str, Any]] = {}
        self.callbacks: list[dict[str, Any]] = []
        self.redelivered: list[dict[str, Any]] = []
        self.ending: dict[str, Any] = {"status": "succeeded", "result": {"summary": "short"}}
        self.ends_at_poll = 1
        self.polls: dict[str, int] = {}
        self.most_at_once = 0
        self.batch_api = FakeBatchApi()
        self.documents: dict[str, dict[str, Any]] = {}
        self.deleted: list[str] = []
        # The file name and the bytes of documents that can be downloaded, by id.
        self.contents: dict[str, tuple[str, bytes]] = {}
        self.answers_documents: int | None = None
        self.documents_expire_at = "2031-01-01T00:00:00Z"
        self._now = 0

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._watch], client_max_size=2**30)
        app.add_routes(
            [
                web.post("/v1/documents", self._upload),
                web.get("/v1/documents/{id}", self._document),
                web.get("/v1/documents/{id}/content", self._document_content),
                web.get("/v1/tasks", self._tasks),
                web.get("/v1/tasks/{name}", self._task),
                web.post("/v1/jobs", self._submit),
                web.get("/v1/jobs", self._list),
                web.get("/v1/jobs/{id}", self._job),
                web.get("/v1/jobs/{id}/result", self._result),
                web.post("/v1/jobs/{id}/cancel", self._cancel),
                web.delete("/v1/{kind:jobs|documents|batches}/{id}", self._delete),
                web.get("/v1/callbacks", self._list_callbacks),
                web.post("/v1/callbacks/redeliver", self._redeliver_dead),
                web.post("/v1/callbacks/{id}/redeliver", self._redeliver),
                *self.batch_api.routes(),
            ]
        )
        return app

    @web.middleware
    async def _watch(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            return await self._checked(request, handler)
        finally:
            self._now -= 1

    async def _checked(self, request: web.Request, handler: Any) -> web.StreamResponse:
        received = ReceivedRequest(
            request.method,
            request.path,
            request.headers.get("Idempotency-Key"),
            dict(request.query),
            language=request.headers.get("Accept-Language"),
        )
        self.requests.append(received)
        request[RECEIVED] = received
        await self._read(request, received)
        if self.answers and (answer := self.answers.pop(0)):
            return answer()
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return problem(401, "unauthorized", "No valid API key", "Send a key that is valid.")
        response: web.StreamResponse = await handler(request)
        return response

    async def _read(self, request: web.Request, received: ReceivedRequest) -> None:
        if request.content_type == "multipart/form-data":
            job, purpose = ValueTarget(), ValueTarget()
            file = FilePart(keep=request.path == "/v1/files")
            parser = StreamingFormDataParser(headers=request.headers)
            parser.register("job", job)
            parser.register("file", file)
            parser.register("purpose", purpose)
            async for chunk in request.content.iter_chunked(2**16):
                parser.data_received(chunk)
            received.fields["file"] = {
                "filename": file.multipart_filename,
                "sha256": file.digest.hexdigest(),
                "bytes": file.size,
            }
            self.batch_api.form = {
                "purpose": purpose.value.decode(),
                "content": bytes(file.content),
            }
            if job.value:
                received.fields["job"] = json.loads(job.value)
        elif request.can_read_body:
            content = await request.read()
            received.fields["job"] = json.loads(content)
            received.body_sha256 = hashlib.sha256(content).hexdigest()

    async def _upload(self, request: web.Request) -> web.Response:
        """With `answers_documents`, only that many uploads are answered."""
        upload = request[RECEIVED].fields["file"]
        document = {
            "id": f"doc_{len(self.requests)}",
            "media_type": "text/plain",
            "expires_at": self.documents_expire_at,
            "a_field_of_tomorrow": 1,
        }
        document = self.documents.setdefault(request[RECEIVED].key or "", document | upload)
        while self.answers_documents is not None and not self.answers_documents:
            await asyncio.sleep(0.01)
        if self.answers_documents is not None:
            self.answers_documents -= 1
        return web.json_response(document, status=201)

    async def _submit(self, request: web.Request) -> web.Response:
        asked = request[RECEIVED].fields["job"]
        if asked["task"] == "sing":
            return problem(
                422,
                "invalid-request",
                "The request does not fit",
                "See errors.",
                errors=[{"pointer": "#/task", "detail": "no such task"}],
            )
        name = f"job_{len(self.jobs) + 1}"
        self.jobs[name] = self.job(name, asked)
        return web.json_response(
            self.jobs[name], status=202, headers={"Location": f"/v1/jobs/{name}"}
        )

    @staticmethod
    def job(name: str, asked: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": name,
            "object": "job",
            "task": asked["task"],
            "status": "queued",
            "created_at": "2030-01-01T00:00:00Z",
            "lane": asked.get("lane", "interactive"),
            "metadata": asked.get("metadata", {}),
            "options": asked.get("options", {}),
            "progress": {"done": 0, "total": 1, "unit": "part"},
            "result": None,
            "error": None,
        }

    async def _job(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        if name not in self.jobs:
            return problem(404, "not-found", "There is no such thing here", "Check the id.")
        if "wait" in request.query:
            self.polls[name] = self.polls.get(name, 0) + 1
            await asyncio.sleep(0.01)
            if self.polls[name] >= self.ends_at_poll:
                self.jobs[name] |= self.ending
        return web.json_response(self.jobs[name])

    async def _result(self, request: web.Request) -> web.Response:
        return web.json_response({"summary": "long"})

    async def _cancel(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        if name not in self.jobs:
            return problem(404, "not-found", "There is no such thing here", "Check the id.")
        self.jobs[name]["status"] = "cancelled"
        return web.json_response(self.jobs[name])

    async def _delete(self, request: web.Request) -> web.Response:
        """Deletes what any name means, once."""
        kind, name = request.match_info["kind"], request.match_info["id"]
        if name in self.deleted:
            return problem(404, "not-found", "There is no such thing here", "Check the id.")
        self.deleted.append(name)
        return web.json_response({"id": name, "object": kind, "deleted": True})

    async def _list(self, request: web.Request) -> web.Response:
        wanted = request.query.get("status")
        found = [job for job in self.jobs.values() if wanted in (None, job["status"])]
        start = int(request.query.get("cursor", 0))
        end = start + 2
        cursor = str(end) if end < len(found) else None
        return web.json_response(
            {"object": "list", "data": found[start:end], "next_cursor": cursor}
        )

    async def _tasks(self, request: web.Request) -> web.Response:
        data = [{"name": "summarize", "version": "1", "description": "Says it in fewer words."}]
        return web.json_response({"object": "list", "data": data, "next_cursor": None})

    async def _task(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in ("summarize", "sing"):
            return problem(404, "unknown-task", "There is no such task", "See /v1/tasks.")
        schema = {"type": "object"}
        task = {"name": name, "version": "1", "options_schema": schema, "result_schema": schema}
        return web.json_response(task)

    async def _document(self, request: web.Request) -> web.Response:
        document_id = request.match_info["id"]
        if document_id not in self.contents:
            return problem(404, "not-found", "There is no such thing here", "Check the id.")
        filename, content = self.contents[document_id]
        size = len(content)
        document = {"id": document_id, "sha256": "0", "bytes": size, "filename": filename}
        return web.json_response(document)

    async def _document_content(self, request: web.Request) -> web.Response:
        document_id = request.match_info["id"]
        if document_id not in self.contents:
            return problem(404, "not-found", "There is no such thing here", "Check the id.")
        return web.Response(body=self.contents[document_id][1])

    async def _list_callbacks(self, request: web.Request) -> web.Response:
        wanted = request.query.get("status")
        found = [each for each in self.callbacks if wanted in (None, each["status"])]
        return web.json_response({"object": "list", "data": found, "next_cursor": None})

    async def _redeliver_dead(self, request: web.Request) -> web.Response:
        """Redelivers two in one call."""
        self.redelivered.append(await request.json())
        dead = [each for each in self.callbacks if each["status"] == "dead"]
        for each in dead[:2]:
            each["status"] = "pending"
        return web.json_response({"redelivered": len(dead[:2]), "remaining": len(dead[2:])})

    async def _redeliver(self, request: web.Request) -> web.Response:
        for each in self.callbacks:
            if each["id"] == request.match_info["id"]:
                each["status"] = "pending"
                return web.json_response(each)
        return problem(404, "not-found", "There is no such thing here", "Check the id.")


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    runner = web.AppRunner(fake.app(), shutdown_timeout=1.0)

    async def start() -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    def serve() -> None:
        loop.run_until_complete(start())
        # Set from inside the loop: a stop before `run_forever` would have no effect.
        loop.call_soon(ready.set)
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield fake
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def chancery(server: FakeServer) -> Iterator[Chancery]:
    with Chancery(server.url, KEY, timeout=10) as client:
        yield client
