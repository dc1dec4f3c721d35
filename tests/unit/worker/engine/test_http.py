"""Requests to an engine, over real HTTP."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio
from aiohttp import web

from standin.engine_process import free_port
from worker.engine.http import ConnectionFailed, EngineHttp, Response


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
    return web.Response(body=gzip.compress(b" " * 10_000_000), headers={"Content-Encoding": "gzip"})


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
    http = EngineHttp(f"http://127.0.0.1:{free_port()}", None, 4)
    try:
        with pytest.raises(ConnectionFailed):
            await http.get("/health")
    finally:
        await http.close()
