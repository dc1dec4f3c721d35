"""Requests to an engine, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from standin.engine_process import free_port
from worker.engine.http import Answer, EngineHttp, NoAnswer


async def _echo(request: web.Request) -> web.Response:
    return web.json_response({"path": request.path, "headers": dict(request.headers)})


async def _elsewhere(request: web.Request) -> web.Response:
    raise web.HTTPTemporaryRedirect("/echo")


async def _no_http(request: web.Request) -> web.Response:
    assert request.transport
    request.transport.write(b"HTTP/9 what\r\n\r\n")
    request.transport.close()
    return web.Response()


@pytest_asyncio.fixture
async def address() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/engine/echo", _echo)
    app.router.add_route("*", "/engine/elsewhere", _elsewhere)
    app.router.add_route("*", "/engine/no-http", _no_http)
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


def _said(answer: Answer) -> str:
    assert answer.status == 200
    return answer.body.decode()


async def test_an_address_may_have_a_path(http: EngineHttp) -> None:
    assert '"path": "/engine/echo"' in _said(await http.get("/echo"))


async def test_a_key_goes_with_every_request(address: str) -> None:
    http = EngineHttp(address, "one-key", 4)
    try:
        assert "Bearer one-key" in _said(await http.post("/echo", b'{"a":1}'))
    finally:
        await http.close()


async def test_no_redirect_is_followed(http: EngineHttp) -> None:
    assert (await http.post("/elsewhere", b"{}")).status == 307


async def test_what_is_no_http_is_no_answer(http: EngineHttp) -> None:
    with pytest.raises(NoAnswer):
        await http.get("/no-http")


async def test_where_nothing_listens_there_is_no_answer() -> None:
    http = EngineHttp(f"http://127.0.0.1:{free_port()}", None, 4)
    try:
        with pytest.raises(NoAnswer):
            await http.get("/health")
    finally:
        await http.close()
