"""An offer to change the protocol is ignored, and the request is served (RFC 9110, 7.8)."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from standin.valkey import start_valkey
from tests.integration.api.running import Running, running_api
from tests.integration.api.server.connection import Connect
from tests.programs import require_program

JOB = json.dumps({"task": "summarize", "input": {"text": "The water is off."}}).encode()
OFFER = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"
# Of a text so long, not all would be checked for secrecy markings.
PICTURE = b"\x89PNG\r\n\x1a\n"
JAVA = Path(__file__).with_name("Offers.java")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    valkey, url = start_valkey(tmp_path_factory.mktemp("valkey"))
    async with running_api(url, tmp_path_factory.mktemp("data")) as running:
        yield running
    valkey.kill()
    valkey.wait(10)


def head(api: Running, path: str, *fields: str, offer: str = OFFER, method: str = "POST") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: api", f"Authorization: Bearer {api.key}", *fields]
    return ("\r\n".join(lines) + "\r\n" + offer + "\r\n").encode()


def chunked(body: bytes, size: int = 7) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize("size", [1, 50, 10_000])
@pytest.mark.parametrize("coding", ["length", "chunked"])
async def test_the_body_is_read_however_it_arrives(
    api: Running, connect: Connect, coding: str, size: int
) -> None:
    if coding == "length":
        request = head(api, "/v1/jobs", f"Content-Length: {len(JOB)}") + JOB
    else:
        request = head(api, "/v1/jobs", "Transfer-Encoding: chunked") + chunked(JOB)
    connection = await connect(api)
    for _ in range(2):  # the connection stays usable
        for at in range(0, len(request), size):
            await connection.send(request[at : at + size])
        status, fields, job = await connection.answer()
        assert (status, job["status"]) == (202, "queued")
        assert "upgrade" not in fields
    await connection.send(head(api, "/healthz", method="GET"))
    assert (await connection.answer())[0] == 200


async def test_requests_in_one_piece_are_all_answered(api: Running, connect: Connect) -> None:
    one = head(api, "/v1/jobs", f"Content-Length: {len(JOB)}") + JOB
    connection = await connect(api)
    await connection.send(one + head(api, "/healthz", method="GET") + one)
    assert [(await connection.answer())[0] for _ in range(3)] == [202, 200, 202]


async def test_an_offer_before_twenty_megabytes_changes_nothing(
    api: Running, connect: Connect
) -> None:
    body = PICTURE + b"The water is off.\n" * 1_150_000
    connection = await connect(api)
    await connection.send(head(api, "/v1/documents", f"Content-Length: {len(body)}"))
    for at in range(0, len(body), 1_000_000):
        await connection.send(body[at : at + 1_000_000])
    status, _, document = await connection.answer()
    assert (status, document["bytes"]) == (201, len(body))


@pytest.mark.parametrize("protocol", ["websocket", "TLS/1.0, HTTP/1.1", "h2c"])
async def test_any_protocol_is_ignored(api: Running, connect: Connect, protocol: str) -> None:
    offer = f"Connection: Upgrade\r\nUpgrade: {protocol}\r\n"
    connection = await connect(api)
    await connection.send(head(api, "/healthz", offer=offer, method="GET"))
    assert (await connection.answer())[0] == 200


async def test_an_offer_does_not_hide_what_follows_from_the_bounds(
    api: Running, connect: Connect
) -> None:
    connection = await connect(api)
    fields = [f"X-{each}: a" for each in range(200)]
    await connection.send(head(api, "/healthz", *fields, method="GET"))
    assert (await connection.answer())[0] == 431


async def test_a_tunnel_is_not_opened(api: Running, connect: Connect) -> None:
    connection = await connect(api)
    await connection.send(
        b"CONNECT 10.0.0.1:80 HTTP/1.1\r\nHost: 10.0.0.1:80\r\n\r\nGET / HTTP/1.1\r\n"
    )
    received = await connection.end()
    assert received.split()[1] in (b"400", b"404", b"405")
    assert received.count(b"HTTP/1.1 4") == 1


async def test_javas_client_is_served_as_it_comes(api: Running) -> None:
    require_program("java")
    command = ("java", str(JAVA), api.url, api.key)
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    async with asyncio.timeout(120):
        output, _ = await process.communicate()
    assert output.decode().splitlines() == [
        "GET 200", "JSON 202", "JSON again 202", "chunks 202", "document 201",
    ]  # fmt: skip
