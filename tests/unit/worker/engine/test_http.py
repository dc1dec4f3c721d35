"""Requests to an engine, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

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


@pytest_asyncio.fixture
async def address() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/engine/echo", _echo)
    app.router.add_route("*", "/engine/elsewhere", _elsewhere)
    app.router.add_route("*", "/engine/not-http", _not_http)
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
