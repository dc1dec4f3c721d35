"""Requests and connections, with a key and without one."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import cache
from typing import Any

from tests.hostile.sender import Input, Sender, job, seconds_open

HEADER_SECONDS = 10
BEGUN = b"POST /v1/documents HTTP/1.1\r\nHost: x\r\nX-a: "


async def _begun_headers(sender: Sender) -> None:
    """Sixty connections; half of them send a byte every two seconds. All end in ten seconds."""

    async def hold(*, slow: bool) -> float:
        reader, writer = await sender.connect()
        writer.write(BEGUN)
        drip = asyncio.create_task(_drip(writer)) if slow else None
        seconds = await seconds_open(reader, writer, HEADER_SECONDS + 5)
        if drip:
            drip.cancel()
        return seconds

    held = await asyncio.gather(*(hold(slow=at % 2 == 0) for at in range(60)))
    assert max(held) < HEADER_SECONDS + 1.5, f"a begun request was held for {max(held):.1f} s"


async def _drip(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while True:
            await asyncio.sleep(2)
            writer.write(b"a")
            await writer.drain()


async def _endless_headers(sender: Sender) -> None:
    """Header lines until the connection is closed, which is before 1 MiB."""
    reader, writer = await sender.connect()
    writer.write(b"GET /v1/jobs HTTP/1.1\r\nHost: x\r\n")
    sent, line = 0, b"X: " + b"a" * 65_000 + b"\r\n"
    with suppress(OSError):
        while sent < 100 * 1024 * 1024:
            if reader.at_eof():
                break
            writer.write(line)
            async with asyncio.timeout(5):
                await writer.drain()
            sent += len(line)
            await asyncio.sleep(0.001)
    writer.close()
    # The kernel's buffers on both sides take several MiB that the api never reads.
    assert sent < 16 * 1024 * 1024, f"{sent} bytes of headers were taken"


async def _many_headers(sender: Sender) -> None:
    reader, writer = await sender.connect()
    lines = b"".join(b"X-%d: a\r\n" % at for at in range(100_000))
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n")
    with suppress(OSError):
        await writer.drain()
    assert await seconds_open(reader, writer, HEADER_SECONDS + 5) < HEADER_SECONDS + 1.5


async def _connections_without_a_request(sender: Sender) -> None:
    opened = await asyncio.gather(*(sender.connect() for _ in range(400)), return_exceptions=True)
    await asyncio.sleep(3)
    for connection in opened:
        if not isinstance(connection, BaseException):
            connection[1].close()


async def _slow_body(sender: Sender) -> None:
    async def send() -> None:
        reader, writer = await sender.connect()
        key = sender.http.headers["authorization"]
        writer.write(
            b"POST /v1/documents HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
            + f"Authorization: {key}\r\n\r\n".encode()
        )
        started = time.monotonic()
        drip = asyncio.create_task(_drip(writer))
        await seconds_open(reader, writer, 45)
        drip.cancel()
        assert time.monotonic() - started < 40, "a body of a byte every two seconds is received"

    await asyncio.gather(*(send() for _ in range(40)))


async def _pipelined(sender: Sender) -> None:
    reader, writer = await sender.connect()
    with suppress(OSError):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 20_000)
        await writer.drain()
    await seconds_open(reader, writer, 5)


async def _endless_chunks(sender: Sender) -> None:
    reader, writer = await sender.connect()
    key = sender.http.headers["authorization"]
    writer.write(
        b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        + f"Content-Type: application/json\r\nAuthorization: {key}\r\n\r\n".encode()
    )
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(10):
            while not reader.at_eof():
                writer.write(b"1\r\n \r\n" * 10_000)
                await writer.drain()
                await asyncio.sleep(0)
    writer.close()


async def _failed_keys(sender: Sender) -> None:
    for at in range(300):
        answer = await sender.http.get("/v1/jobs", headers={"Authorization": f"Bearer wrong{at}"})
        assert answer.status_code in {401, 429}, answer.status_code


@cache
def _compressed() -> bytes:
    return gzip.compress(b" " * 200_000_000)


async def _gzip_bomb(sender: Sender) -> None:
    body = _compressed()
    answer = await sender.request(
        "POST",
        "/v1/jobs",
        content=body,
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
    )
    assert answer.is_client_error


def _multipart(parts: bytes) -> Callable[[Sender], Coroutine[Any, Any, None]]:
    async def send(sender: Sender) -> None:
        answer = await sender.request(
            "POST",
            "/v1/documents",
            content=parts,
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )
        assert answer.is_client_error

    return send


async def _refused_again_and_again(sender: Sender) -> None:
    """Twenty connections send a request that is refused, each for six seconds."""
    body = {"task": "summarize", "input": {"text": "x"}, "callback_url": "http://nowhere.invalid/"}

    async def send() -> None:
        until = time.monotonic() + 6
        while time.monotonic() < until:
            answer = await sender.submit(body)
            if answer.status_code == 429:
                await asyncio.sleep(0.05)

    await asyncio.gather(*(send() for _ in range(20)))


def _keys() -> bytes:
    keys = ",".join(f'"k{at}":1' for at in range(300_000))
    return f'{{{keys},"task":"summarize"}}'.encode()


def _with_metadata(value: str) -> Callable[[], bytes]:
    request = f'{{"task":"summarize","input":{{"text":"x"}},"metadata":{value}}}'
    return request.encode


INPUTS = (
    Input("http: sixty headers begun", _begun_headers, short=True),
    Input("http: endless header lines", _endless_headers, short=True),
    Input("http: 100,000 headers", _many_headers),
    Input("http: 400 connections without a request", _connections_without_a_request),
    Input("http: forty slow bodies", _slow_body),
    Input("http: 20,000 requests at once on a connection", _pipelined),
    Input("http: endless chunks", _endless_chunks),
    Input("http: 300 wrong keys", _failed_keys),
    Input("http: a compressed body of 200 MB", _gzip_bomb, prepare=_compressed),
    Input(
        "http: 50,000 parts",
        _multipart(b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n' * 50_000),
    ),
    Input(
        "http: a part header without end",
        _multipart(b"--b\r\nContent-Disposition: " + b"a" * 5_000_000),
    ),
    Input("http: refused requests without pause", _refused_again_and_again, short=True),
    job("http: 300,000 keys", _keys, times=3, short=True),
    job("http: 100,000 levels", _with_metadata("[" * 100_000 + "]" * 100_000), times=3),
    job(
        "http: a number of 1,000,000 digits",
        _with_metadata('{"a":' + "9" * 1_000_000 + "}"),
        times=3,
    ),
    job("http: 500,000 items", _with_metadata("[" + "1," * 500_000 + "1]"), times=3),
    job("http: equal keys", _with_metadata("{" + '"a":1,' * 300_000 + '"a":1}'), times=3),
)
