"""The files and batches of the fake server."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

PIECE = 2**16


def job_line(custom_id: str, result: Any = None, **job: Any) -> dict[str, Any]:
    """A line of an output file for a job that succeeded."""
    body = {
        "id": f"job_{custom_id}",
        "object": "job",
        "task": "summarize",
        "status": "succeeded",
        "result": result if result is not None else {"summary": custom_id},
    }
    response = {"status_code": 200, "request_id": "req_1", "body": body | job}
    return {"id": f"line_{custom_id}", "custom_id": custom_id, "response": response, "error": None}


def error_line(custom_id: str) -> dict[str, Any]:
    error = {"code": "unknown-task", "message": "There is no such task."}
    return {"id": f"line_{custom_id}", "custom_id": custom_id, "response": None, "error": error}


def json_lines(*lines: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


class FakeBatchApi:
    """`files` by id. `steps` are updates of a batch, applied one at each GET.

    `breaks` closes connections after that many bytes of content, one entry a request.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.form: dict[str, Any] = {}
        self.purposes: list[str] = []
        self.batches: dict[str, dict[str, Any]] = {}
        self.asked: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = []
        self.breaks: list[int] = []
        self.ranges: list[str | None] = []
        self.knows_ranges = True
        self.expected_at: int | None = None
        self.loses_answers = 0
        self.stalls_after: int | None = None
        self._by_key: dict[str, str] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/files", self._upload),
            web.get("/v1/files/{id}", self._file),
            web.get("/v1/files/{id}/content", self._content),
            web.delete("/v1/files/{id}", self._delete),
            web.post("/v1/batches", self._submit),
            web.get("/v1/batches", self._list),
            web.get("/v1/batches/{id}", self._batch),
            web.post("/v1/batches/{id}/cancel", self._cancel),
        ]

    def add(self, **fields: Any) -> str:
        name = f"batch_{len(self.batches) + 1}"
        counts = {"total": 0, "completed": 0, "failed": 0}
        self.batches[name] = {
            "id": name,
            "object": "batch",
            "endpoint": "/v1/jobs",
            "status": "validating",
            "input_file_id": "file_1",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": 1_900_000_000,
            "request_counts": counts,
            "errors": None,
            "metadata": None,
            "expected_at": self.expected_at,
            "warnings": [],
            "progress": None,
        } | fields
        return name

    async def _upload(self, request: web.Request) -> web.Response:
        self.purposes.append(self.form["purpose"])
        name = f"file_{len(self.files) + 1}"
        self.files[name] = self.form["content"]
        return web.json_response(self._view(name))

    def _view(self, name: str) -> dict[str, Any]:
        size = len(self.files[name])
        return {"id": name, "object": "file", "bytes": size, "created_at": 1_900_000_000}

    async def _file(self, request: web.Request) -> web.Response:
        return web.json_response(self._view(_known(request, self.files)))

    async def _content(self, request: web.Request) -> web.StreamResponse:
        content = self.files[_known(request, self.files)]
        asked = request.headers.get("Range")
        self.ranges.append(asked)
        begin = 0
        if asked and self.knows_ranges:
            begin = int(asked.removeprefix("bytes=").removesuffix("-"))
        response = web.StreamResponse(status=206 if begin else 200)
        if begin:
            end = len(content)
            response.headers["Content-Range"] = f"bytes {begin}-{end - 1}/{end}"
        response.content_length = len(content) - begin
        await response.prepare(request)
        if self.breaks:
            await response.write(content[begin : begin + self.breaks.pop(0)])
            assert request.transport is not None
            request.transport.close()
            return response
        if self.stalls_after is not None:
            await response.write(content[: self.stalls_after])
        while self.stalls_after is not None:
            await asyncio.sleep(0.01)
        for place in range(begin, len(content), PIECE):
            await response.write(content[place : place + PIECE])
        return response

    async def _delete(self, request: web.Request) -> web.Response:
        name = _known(request, self.files)
        del self.files[name]
        return web.json_response({"id": name, "object": "file", "deleted": True})

    async def _submit(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.asked.append(asked)
        key = request.headers["Idempotency-Key"]
        name = self._by_key.get(key)
        if name is None:
            lines = len(asked.get("documents", ()))
            name = self._by_key[key] = self.add(
                metadata=asked.get("metadata"),
                endpoint=asked["endpoint"],
                request_counts={"total": lines, "completed": 0, "failed": 0},
            )
        if self.loses_answers:
            self.loses_answers -= 1
            assert request.transport is not None
            request.transport.close()
        return web.json_response(self.batches[name])

    async def _batch(self, request: web.Request) -> web.Response:
        name = _known(request, self.batches)
        if self.steps:
            self.batches[name] |= self.steps.pop(0)
        return web.json_response(self.batches[name])

    async def _list(self, request: web.Request) -> web.Response:
        """Two batches a page."""
        names = list(reversed(self.batches))
        after = request.query.get("after")
        begin = names.index(after) + 1 if after else 0
        found = names[begin : begin + 2]
        return web.json_response(
            {
                "object": "list",
                "data": [self.batches[name] for name in found],
                "first_id": found[0] if found else None,
                "last_id": found[-1] if found else None,
                "has_more": begin + 2 < len(names),
            }
        )

    async def _cancel(self, request: web.Request) -> web.Response:
        name = _known(request, self.batches)
        self.batches[name]["status"] = "cancelling"
        return web.json_response(self.batches[name])


def _known(request: web.Request, things: dict[str, Any]) -> str:
    name = request.match_info["id"]
    if name not in things:
        body = {"type": "/problems/not-found", "title": "There is no such thing here"}
        raise web.HTTPNotFound(text=json.dumps(body), content_type="application/problem+json")
    return name
