"""What one connection may cost the api: the time and size of a head, slow bodies, numbers."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import struct
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from api.server.protocol import MAX_PIPELINED, MAX_SMALL_CHUNKS
from standin.valkey import start_valkey
from tests.integration.api.running import Running, running_api
from tests.integration.api.server.connection import Connect, Connection

JOB = {"task": "summarize", "input": {"text": "a"}}
HEAD = b"POST /v1/documents HTTP/1.1\r\nHost: x\r\nX-a: "
KIB = 1024
# Long, because test machines stand still for seconds.
PATIENCE = 60.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One process for all tests: its start takes longer than most of them."""
    settings = {
        "CHANCERY_API_HEADER_TIMEOUT_SECONDS": "1",
        "CHANCERY_API_MAX_CONNECTIONS_PER_CLIENT": "70",
        "CHANCERY_API_WRITE_TIMEOUT_SECONDS": "1",
    }
    valkey, url = start_valkey(tmp_path_factory.mktemp("valkey"))
    async with running_api(url, tmp_path_factory.mktemp("data"), **settings) as running:
        yield running
    valkey.kill()
    valkey.wait(10)


async def test_no_head_takes_longer_than_its_time(api: Running, connect: Connect) -> None:
    began = time.monotonic()
    connections = [await connect(api) for _ in range(60)]

    async def drip(connection: Connection, *, sends: bool) -> tuple[int, float]:
        await connection.send(HEAD)
        reading = asyncio.create_task(connection.end())
        while sends and not reading.done():
            connection.writer.write(b"a")
            await asyncio.wait([reading], timeout=0.2)
        received = await reading
        return int(received.split()[1]), time.monotonic() - began

    async with asyncio.timeout(PATIENCE):
        ends = await asyncio.gather(
            *(drip(each, sends=number % 2 == 0) for number, each in enumerate(connections))
        )
    assert {status for status, _ in ends} == {408}
    assert min(seconds for _, seconds in ends) > 0.9


@pytest.mark.parametrize("sent", [b"", b"\r\n"])
async def test_a_connection_without_a_request_is_closed(
    api: Running, connect: Connect, sent: bytes
) -> None:
    connection = await connect(api)
    await connection.send(sent)
    async with asyncio.timeout(PATIENCE):
        assert await connection.end() == b""


async def test_the_head_of_a_second_request_has_the_same_time(
    api: Running, connect: Connect
) -> None:
    connection = await connect(api)
    await connection.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await connection.answer())[0] == 200
    await connection.send(HEAD)
    async with asyncio.timeout(PATIENCE):
        assert (await connection.answer())[0] == 408
        assert await connection.end() == b""


async def test_a_begun_second_request_does_not_cut_the_first(
    api: Running, connect: Connect
) -> None:
    async with api.client() as http:
        job = await http.post("/v1/jobs", json=JOB)
    path, key = f"/v1/jobs/{job.json()['id']}?wait=2", api.key
    connection = await connect(api)
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\nGET /hea"
    await connection.send(head.encode())
    async with asyncio.timeout(PATIENCE):
        status, _, body = await connection.answer()
        assert (status, body["status"]) == (200, "queued")
        assert await connection.end() == b""


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(HEAD, id="one field"),
        pytest.param(b"GET /" + b"a" * 100, id="target"),
        pytest.param(
            b"POST /v1/documents HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", id="chunk"
        ),
        pytest.param(b"", id="nothing"),
    ],
)
async def test_a_head_that_is_too_large_ends_before_a_mebibyte(
    api: Running, connect: Connect, begin: bytes
) -> None:
    before = api.resident_bytes()
    connection = await connect(api)
    await connection.send(begin)
    piece = b"a" * 64 * KIB if begin else b"\r\n" * 32 * KIB
    reading = asyncio.create_task(connection.end())
    async with asyncio.timeout(PATIENCE):
        while not reading.done():
            try:
                await connection.send(piece)
            except ConnectionError:
                break
            await asyncio.sleep(0)
    received = await reading
    assert not received or received.split()[1] in (b"431", b"401", b"400"), received
    assert api.resident_bytes() - before < 8 * 1024 * KIB


@pytest.mark.parametrize(
    ("count", "length"), [(101, 10), (2, 40_000)], ids=["many fields", "long fields"]
)
async def test_a_head_that_is_too_large_gets_431(
    api: Running, connect: Connect, count: int, length: int
) -> None:
    connection = await connect(api)
    fields = b"".join(b"X-%d: %s\r\n" % (each, b"a" * length) for each in range(count))
    await connection.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n")
    async with asyncio.timeout(PATIENCE):
        status, answer_fields, problem = await connection.answer()
        assert (status, problem["type"]) == (431, "/problems/headers-too-large")
        assert answer_fields["connection"] == "close"
        assert await connection.end() == b""


async def test_what_is_not_http_gets_400(api: Running, connect: Connect) -> None:
    connection = await connect(api)
    await connection.send(b"\x16\x03\x01\x02\x00\x01\x00 a client that expects TLS\r\n\r\n")
    status, _, problem = await connection.answer()
    assert (status, problem["type"]) == (400, "/problems/malformed-request")


async def test_one_client_has_a_limited_number_of_connections(
    api: Running, connect: Connect
) -> None:
    async with api.client() as http:
        job = (await http.post("/v1/jobs", json=JOB)).json()
    # Each has a request under way, or it would be closed after the second for a request's head.
    head = f"GET /v1/jobs/{job['id']}?wait=60 HTTP/1.1\r\nHost: x\r\n"
    waits = f"{head}Authorization: Bearer {api.key}\r\n\r\n".encode()
    connections = []
    for _ in range(70):
        connections.append(await connect(api))
        await connections[-1].send(waits)
    refused = await connect(api)
    status, fields, problem = await refused.answer()
    assert (status, problem["type"]) == (503, "/problems/too-many-connections")
    assert (fields["retry-after"], fields["connection"]) == ("1", "close")
    assert await refused.end() == b""
    connections[0].writer.close()
    async with asyncio.timeout(PATIENCE):
        while True:
            another = await connect(api)
            await another.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            if (await another.answer())[0] == 200:
                break


async def test_the_longest_idle_connection_makes_room_for_a_new_one(
    api: Running, connect: Connect
) -> None:
    async def used(connection: Connection) -> Connection:
        await connection.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await connection.answer())[0] == 200
        return connection

    connections = [await used(await connect(api)) for _ in range(70)]
    await used(connections[0])
    await used(await connect(api))
    async with asyncio.timeout(PATIENCE):
        assert await connections[1].end() == b""
    for connection in (connections[0], *connections[2:]):
        await used(connection)


async def test_a_trusted_proxy_has_no_limit_of_its_own(
    redis_url: str, tmp_path: Path, connect: Connect
) -> None:
    settings = {
        "CHANCERY_API_MAX_CONNECTIONS_PER_CLIENT": "2",
        "CHANCERY_API_TRUSTED_PROXIES": "127.0.0.1",
    }
    async with running_api(redis_url, tmp_path, **settings) as api:
        for connection in [await connect(api) for _ in range(5)]:
            await connection.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await connection.answer())[0] == 200


async def test_a_slow_body_ends_with_408(api: Running, connect: Connect) -> None:
    head = f"POST /v1/documents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\n"
    connection = await connect(api)
    await connection.send(head.encode() + b"Content-Length: 100000\r\n\r\n" + b"x" * 2_000)
    began = time.monotonic()
    answering = asyncio.create_task(connection.answer())
    async with asyncio.timeout(PATIENCE):
        while not answering.done():
            connection.writer.write(b"x")
            await asyncio.wait([answering], timeout=0.5)
    status, fields, problem = await answering
    assert (status, problem["type"]) == (408, "/problems/request-timeout")
    assert fields["connection"] == "close"
    assert time.monotonic() - began > 9
    assert await connection.end() == b""
    assert api.unfinished() == []


async def test_a_body_in_time_may_take_longer_than_ten_seconds(
    api: Running, connect: Connect
) -> None:
    head = f"POST /v1/documents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\n"
    connection = await connect(api)
    await connection.send(head.encode() + b"Content-Length: 24000\r\n\r\n")
    for _ in range(12):
        await connection.send(b"The water is off today.\n" * 83 + b"12345678")
        await asyncio.sleep(1)  # the rate is what is tested: 2 KB a second for 12 seconds
    assert (await connection.answer())[0] == 201


async def test_a_rest_that_never_comes_does_not_keep_a_connection(
    api: Running, connect: Connect
) -> None:
    connection = await connect(api)
    await connection.send(b"POST /v1/documents HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n")
    assert (await connection.answer())[0] == 401
    reading = asyncio.create_task(connection.end())
    async with asyncio.timeout(PATIENCE):
        while not reading.done():
            connection.writer.write(b"x")
            await asyncio.wait([reading], timeout=1)


async def test_a_client_that_does_not_read_is_disconnected(api: Running, connect: Connect) -> None:
    async with api.client() as http:
        picture = b"\x89PNG\r\n\x1a\n" + b"The water is off.\n" * 1_000_000
        uploaded = await http.post("/v1/documents", content=picture)
    connection = await connect(api)
    connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
    path = f"/v1/documents/{uploaded.json()['id']}/content"
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\n\r\n"
    await connection.send(head.encode())
    async with asyncio.timeout(PATIENCE):
        while not any("blobs" in one for one in api.open_files()):
            await asyncio.sleep(0.01)
        while any("blobs" in one for one in api.open_files()):
            await asyncio.sleep(0.05)


def chunked_request(api: Running, body: bytes, size: int) -> bytes:
    head = "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {api.key}\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head.encode() + chunks + b"0\r\n\r\n"


async def test_a_body_of_many_small_chunks_gets_400(api: Running, connect: Connect) -> None:
    connection = await connect(api)
    await connection.send(chunked_request(api, b" " * (MAX_SMALL_CHUNKS * 2), size=1))
    async with asyncio.timeout(PATIENCE):
        status, _, problem = await connection.answer()
        assert (status, problem["type"]) == (400, "/problems/malformed-request")
        assert "larger chunks" in problem["detail"]


@pytest.mark.parametrize(("times", "size"), [(9_000, 1), (400_000, 20)])
async def test_some_small_chunks_or_many_larger_ones_are_read(
    api: Running, connect: Connect, times: int, size: int
) -> None:
    connection = await connect(api)
    body = b'{"task": "summarize", "input": {"text": "a"}}' + b" " * times
    await connection.send(chunked_request(api, body, size))
    async with asyncio.timeout(PATIENCE):
        assert (await connection.answer())[0] == 202


async def test_requests_that_do_not_wait_for_responses_are_limited(
    api: Running, connect: Connect
) -> None:
    connection = await connect(api)
    await connection.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * (MAX_PIPELINED + 2))
    async with asyncio.timeout(PATIENCE):
        assert (await connection.end()).count(b"HTTP/1.1 200") <= 1


async def test_a_client_that_resets_its_connection_at_once_is_not_served_without_an_address(
    api: Running,
) -> None:
    """The process stands still while the client sends and resets, so that it accepts it dead."""
    body = b'{"task": "summarize", "input": {"text": "a"}, "metadata": {"reset": true}}'
    head = (
        "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {api.key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    api.process.send_signal(signal.SIGSTOP)
    try:
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", api.port)) as client:
                client.sendall(head.encode() + body)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    finally:
        api.process.send_signal(signal.SIGCONT)
    async with api.client() as http:
        # Accepted after those: they have been read when it is answered.
        for _ in range(3):
            assert (await http.get("/v1/usage")).status_code == 200
        jobs = (await http.get("/v1/jobs", params={"limit": 100})).json()["data"]
    assert [job["metadata"] for job in jobs if job["metadata"]] == []
    data_dir = api.incoming.parents[1]
    days = (data_dir / "audit").glob("*.jsonl")
    lines = [line for day in days for line in day.read_text().splitlines()]
    assert lines
    assert {json.loads(line)["source"] for line in lines} == {"127.0.0.1"}
