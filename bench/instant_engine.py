"""An engine with almost no cost of its own, for measuring the system in front of it.

    python -m bench.instant_engine [--port 0] [--latency 0.0] [--slots 0]

Implements the part of vLLM's HTTP interface that Chancery uses, with prepared answers. Each
completion takes `latency` seconds. `slots` bounds how many run at once, as vLLM's `--max-num-seqs`
does; the others wait by `priority`, then by arrival. Prints `ready URL` when it answers.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import json
import re
from dataclasses import dataclass, field
from itertools import count
from typing import cast

import httptools
import uvloop

from standin.schema_instances import instance

MODEL = "instant"
CONTEXT_TOKENS = 4096
BYTES_PER_TOKEN = 4
ANSWER = "The water supply in Mill Street is interrupted."
MOST_KNOWN_SHAPES = 1_000
_PRIORITY = re.compile(rb'"priority": ?(\d+)}$')
_SHAPE = b'"response_format"'


def _answer(status: bytes, body: bytes, kind: bytes = b"application/json") -> bytes:
    head = b"HTTP/1.1 %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n"
    return head % (status, kind, len(body)) + body


def _completion(content: str) -> bytes:
    """A chat completion as vLLM writes it, as a template for its token counts."""
    completion = json.dumps(
        {
            "id": "chatcmpl-0",
            "object": "chat.completion",
            "created": 0,
            "model": MODEL,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": content},
                    "finish_reason": "stop",
                }
            ],
        }
    ).encode()
    usage = b'{"prompt_tokens":%d,"completion_tokens":12,"total_tokens":%d}'
    return completion[:-1].replace(b"%", b"%%") + b', "usage": ' + usage + b"}"


@dataclass(slots=True)
class InstantEngine:
    """`finished` and `aborted` count since the start."""

    latency: float
    slots: int
    running: int = 0
    finished: int = 0
    aborted: int = 0
    waiting: list[tuple[int, int, Connection]] = field(default_factory=list)
    order: count[int] = field(default_factory=count)
    shapes: dict[bytes, bytes] = field(default_factory=dict)

    def begin(self, connection: Connection, priority: int) -> None:
        if self.slots and self.running >= self.slots:
            heapq.heappush(self.waiting, (priority, next(self.order), connection))
        elif self.latency:
            self._run(connection)
        else:
            self.finished += 1
            connection.complete()

    def _run(self, connection: Connection) -> None:
        self.running += 1
        loop = asyncio.get_running_loop()
        connection.timer = loop.call_later(self.latency, self._end, connection)

    def _end(self, connection: Connection) -> None:
        self.finished += 1
        connection.complete()
        self._free_slot()

    def _free_slot(self) -> None:
        self.running -= 1
        while self.waiting and (not self.slots or self.running < self.slots):
            _, _, connection = heapq.heappop(self.waiting)
            if not connection.lost:
                self._run(connection)

    def abort(self, connection: Connection) -> None:
        """The client closed the connection."""
        if connection.timer is not None:
            connection.timer.cancel()
            connection.timer = None
            self._free_slot()
        self.aborted += 1

    def completion(self, body: bytes) -> bytes:
        """The response to a request; with a `response_format`, an instance of its schema."""
        at = body.rfind(_SHAPE)
        shape = body[at:] if at >= 0 else b""
        template = self.shapes.get(shape)
        if template is None:
            if len(self.shapes) > MOST_KNOWN_SHAPES:
                self.shapes.clear()
            template = self.shapes[shape] = _completion(_content(body) if shape else ANSWER)
        tokens = len(body) // BYTES_PER_TOKEN
        return _answer(b"200 OK", template % (tokens, tokens + 12))

    def metrics(self) -> bytes:
        labels = f'{{engine="0",model_name="{MODEL}"}}'
        waiting = sum(not connection.lost for _, _, connection in self.waiting)
        full = self.running / self.slots if self.slots else 0.0
        return (
            f"vllm:num_requests_running{labels} {self.running}.0\n"
            f"vllm:num_requests_waiting{labels} {waiting}.0\n"
            f"vllm:kv_cache_usage_perc{labels} {0.8 * full:.3f}\n"
            f'vllm:request_success_total{{finished_reason="stop"}} {self.finished}.0\n'
        ).encode()


def _content(body: bytes) -> str:
    shape = json.loads(body)["response_format"]
    return json.dumps(instance(shape["json_schema"]["schema"], ANSWER))


class Connection(asyncio.Protocol):
    """A connection with one request at a time."""

    def __init__(self, engine: InstantEngine) -> None:
        self._engine = engine
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._url = b""
        self._body = b""
        self._asked = False
        self.timer: asyncio.TimerHandle | None = None
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop has a class of its own

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a protocol's
        self.lost = True
        if self._asked:
            self._engine.abort(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url, self._body = url, b""

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        match self._url:
            case b"/v1/chat/completions":
                self._asked = True
                found = _PRIORITY.search(self._body, max(0, len(self._body) - 40))
                self._engine.begin(self, int(found[1]) if found else 0)
            case b"/tokenize":
                tokens = len(self._body) // BYTES_PER_TOKEN
                answer = b'{"count":%d,"max_model_len":%d}' % (tokens, CONTEXT_TOKENS)
                self._write(_answer(b"200 OK", answer))
            case b"/metrics":
                self._write(_answer(b"200 OK", self._engine.metrics(), b"text/plain"))
            case b"/v1/models":
                self._write(_answer(b"200 OK", _MODELS))
            case b"/health":
                self._write(_answer(b"200 OK", b""))
            case _:
                self._write(_answer(b"404 Not Found", b"{}"))

    def complete(self) -> None:
        self._asked, self.timer = False, None
        self._write(self._engine.completion(self._body))

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self.lost:
            self._transport.write(answer)


_MODELS = json.dumps(
    {
        "object": "list",
        "data": [{"id": MODEL, "object": "model", "max_model_len": CONTEXT_TOKENS}],
    }
).encode()


async def serve(port: int, latency: float, slots: int) -> None:
    """Serve until cancelled."""
    engine = InstantEngine(latency, slots)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(engine), "127.0.0.1", port, backlog=1024
    )
    print(f"ready http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="An engine that answers at once.")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds per completion")
    parser.add_argument("--slots", type=int, default=0, help="completions at once; 0: unbounded")
    options = parser.parse_args()
    uvloop.run(serve(options.port, options.latency, options.slots))


if __name__ == "__main__":
    main()
