"""Requests to an engine, over real HTTP."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import pytest_asyncio
from aiohttp import web

from standin.ports import reserved_port
from worker.engine.requests.http import ConnectionFailed, EngineHttp
from worker.http.connection import Response


async def _echo(request: web.Request) -> web.Response:
    return web.json_response({"path": request.path, "headers": dict(request.headers)})


async def _elsewhere(request: web.Request) -> web.Response:
    raise web.HTTPTemporaryRedirect("/echo")


async def _not_http(request: web.Request) -> web.Response:
    assert request.transport
    request.transport.write(b"HTTP/9 what\r\n\r\n")
    request.transport.close()
    return web.Response()


async def _endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    with suppress(ConnectionError):
        while True:
            await response.write(b"{" * 65_536)
    return response


async def _bomb(_: web.Request) -> web.Response:
    return web.Response(
        body=gzip.compress(b" " * 10_000_000, mtime=0), headers={"Content-Encoding": "gzip"}
    )


async def _long(_: web.Request) -> web.Response:
    return web.Response(body=b" " * 10_000_000)


@pytest_asyncio.fixture
async def address() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/engine/echo", _echo)
    app.router.add_route("*", "/engine/elsewhere", _elsewhere)
    app.router.add_route("*", "/engine/not-http", _not_http)
    app.router.add_route("*", "/engine/endless", _endless)
    app.router.add_route("*", "/engine/bomb", _bomb)
    app.router.add_route("*", "/engine/long", _long)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/engine/"
    await runner.cleanup()


@pytest_asyncio.fixture
async def http(address: str) -> AsyncIterator[EngineHttp]:
    http = EngineHttp(address, None, 4)
    yield http
    await http.close()


def _text(response: Response) -> str:
    assert response.status == 200
    return response.body.decode()


async def test_the_url_may_have_a_path(http: EngineHttp) -> None:
    assert '"path": "/engine/echo"' in _text(await http.get("/echo"))


@pytest.mark.parametrize("path", ["/endless", "/bomb", "/long"])
async def test_a_response_is_cut_at_the_limit(address: str, path: str) -> None:
    http = EngineHttp(address, None, 4, max_bytes=100_000)
    try:
        async with asyncio.timeout(20):
            response = await http.post(path, b"{}")
        assert (response.status, len(response.body)) == (200, 100_000)
        assert '"path": "/engine/echo"' in _text(await http.get("/echo"))
    finally:
        await http.close()


async def test_the_api_key_is_sent_with_every_request(address: str) -> None:
    http = EngineHttp(address, "one-key", 4)
    try:
        assert "Bearer one-key" in _text(await http.post("/echo", b'{"a":1}'))
    finally:
        await http.close()


async def test_redirects_are_not_followed(http: EngineHttp) -> None:
    assert (await http.post("/elsewhere", b"{}")).status == 307


async def test_a_response_that_is_not_http_is_a_failed_connection(http: EngineHttp) -> None:
    with pytest.raises(ConnectionFailed):
        await http.get("/not-http")


async def test_a_refused_connection_is_a_failed_connection() -> None:
    http = EngineHttp(f"http://127.0.0.1:{reserved_port()}", None, 4)
    try:
        with pytest.raises(ConnectionFailed):
            await http.get("/health")
    finally:
        await http.close()


class Raw:
    """A server that answers each request of a connection with the next of some bytes, and then
    closes the connection if `closes`. `connections` counts those that were opened.
    """

    def __init__(self, *answers: bytes, closes: bool = True) -> None:
        self.answers, self.closes = answers, closes
        self.connections = 0
        self.requests: list[bytes] = []
        self.ended = asyncio.Event()
        self._serving: set[asyncio.Task[object] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._serving.add(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            for answer in self.answers:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer)
                await writer.drain()
            if not self.closes:
                await reader.read()
        self.ended.set()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    @asynccontextmanager
    async def http(self) -> AsyncIterator[EngineHttp]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        http = EngineHttp(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", None, 4)
        try:
            yield http
        finally:
            await http.close()
            server.close()
            await asyncio.gather(*filter(None, self._serving))


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (OK + b"Content-Length: 2\r\n\r\nok", 200, b"ok"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", 200, b"ok"),
        (OK + b"\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok",
         200, b"ok"),
        (OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"ok", mtime=0), 200, b"ok"),
    ],
)  # fmt: skip
async def test_the_end_of_a_response_is_found(answer: bytes, status: int, body: bytes) -> None:
    async with Raw(answer).http() as http:
        response = await http.get("/health")
    assert (response.status, response.body) == (status, body)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        OK + b"Content-Length: 3\r\n\r\nok",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nok",
        OK + b"Content-Le",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
        OK + b"X-Long: " + b"x" * 1_000_000 + b"\r\nContent-Length: 2\r\n\r\nok",
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Long: " + b"x" * 1_000_000,
    ],
)
async def test_a_response_that_does_not_end_is_a_failed_connection(answer: bytes) -> None:
    async with Raw(answer).http() as http:
        with pytest.raises(ConnectionFailed, match=r"closed|HTTP|limit"):
            await http.get("/health")


async def test_a_connection_is_used_again_and_not_after_an_end_that_the_engine_announced() -> None:
    kept = OK + b"Content-Length: 2\r\n\r\nok"
    last = OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nok"
    raw = Raw(kept, kept, last)
    async with raw.http() as http:
        for connections in (1, 1, 1, 2):
            assert (await http.post("/x", b"")).body == b"ok"
            assert raw.connections == connections


@pytest.mark.parametrize("seconds", [0.0, 3_600.0])
async def test_an_idle_connection_is_used_for_a_time_only(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.http.client.KEEP_ALIVE_SECONDS", seconds)
    kept = OK + b"Content-Length: 2\r\n\r\nok"
    raw = Raw(kept, kept, closes=False)
    async with raw.http() as http:
        await http.get("/health")
        await asyncio.sleep(0.002)
        await http.get("/health")
    assert raw.connections == (1 if seconds else 2)


async def test_what_follows_a_response_is_not_taken_for_the_next_one() -> None:
    forged = OK + b"Content-Length: 6\r\n\r\nforged"
    kept = OK + b"Content-Length: 2\r\n\r\nok"
    raw = Raw(kept + forged, closes=False)
    async with raw.http() as http:
        for _ in range(2):
            assert (await http.get("/health")).body == b"ok"


async def test_a_request_that_is_cancelled_closes_its_connection() -> None:
    raw = Raw(b"", closes=False)
    async with raw.http() as http:
        request = asyncio.create_task(http.post("/x", b"{}"))
        async with asyncio.timeout(30):
            while not raw.requests:
                await asyncio.sleep(0.001)
            request.cancel()
            await raw.ended.wait()
        with pytest.raises(asyncio.CancelledError):
            await request


async def test_more_requests_than_connections_wait() -> None:
    raw = Raw(b"", closes=False)
    async with raw.http() as http:
        requests = [asyncio.create_task(http.get("/health")) for _ in range(6)]
        async with asyncio.timeout(30):
            while len(raw.requests) < 4:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        assert raw.connections == 4
        for request in requests:
            request.cancel()
        await asyncio.gather(*requests, return_exceptions=True)


async def test_a_server_without_tls_is_named_as_such(address: str) -> None:
    http = EngineHttp(address.replace("http:", "https:"), None, 1)
    with pytest.raises(ConnectionFailed, match=r"127.0.0.1:\d+ does not answer in TLS"):
        await http.get("/health")
    await http.close()


@pytest.mark.parametrize("key", ["a\r\nX-Forged: 1", "a\nb"])
def test_a_key_adds_no_header_field(key: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        EngineHttp("http://127.0.0.1:8000", key, 1)
