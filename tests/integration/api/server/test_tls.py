"""TLS of the api, with real clients."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path

import httpx
import pytest

from tests.certificates import Authority, Pair
from tests.integration.api.running import Running, running_api, started
from worker.supervise.checks import http_answers


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


def settings(pair: Pair, client_ca: Path | None = None) -> dict[str, str]:
    return {
        "CHANCERY_API_TLS_CERTIFICATE": str(pair.certificate),
        "CHANCERY_API_TLS_KEY": str(pair.key),
        "CHANCERY_API_TLS_CLIENT_CA": str(client_ca or ""),
    }


def client_context(authority: Authority, pair: Pair | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority.file)
    if pair is not None:
        context.load_cert_chain(pair.certificate, pair.key)
    return context


async def get(api: Running, context: ssl.SSLContext) -> httpx.Response:
    async with httpx.AsyncClient(verify=context, timeout=30) as http:
        return await http.get(
            f"https://127.0.0.1:{api.port}/v1/tasks", headers={"Authorization": f"Bearer {api.key}"}
        )


async def test_with_a_certificate_the_api_answers_https_only(
    redis_url: str, tmp_path: Path, authority: Authority
) -> None:
    async with running_api(redis_url, tmp_path, **settings(authority.issue("server"))) as api:
        assert (await get(api, client_context(authority))).status_code == 200
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            await get(api, ssl.create_default_context())
        old = client_context(authority)
        old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(httpx.ConnectError):
            await get(api, old)
        assert await http_answers(f"https://127.0.0.1:{api.port}/healthz")()
        assert not await http_answers(f"https://127.0.0.1:{api.port}/nothing")()
        async with httpx.AsyncClient(timeout=30) as http:
            with pytest.raises(httpx.TransportError):
                await http.get(f"http://127.0.0.1:{api.port}/healthz")


async def test_with_a_client_ca_clients_need_a_certificate_of_it(
    redis_url: str, tmp_path: Path, authority: Authority
) -> None:
    clients, others = Authority(tmp_path, "clients"), Authority(tmp_path, "others")
    server = settings(authority.issue("server"), clients.file)
    async with running_api(redis_url, tmp_path, **server) as api:
        department = client_context(authority, clients.issue("tax"))
        assert (await get(api, department)).status_code == 200
        assert await http_answers(f"https://127.0.0.1:{api.port}/healthz")()
        for context in (
            client_context(authority),
            client_context(authority, others.issue("stranger")),
        ):
            with pytest.raises(httpx.TransportError):
                await get(api, context)


async def test_a_handshake_that_is_not_finished_is_closed_within_ten_seconds(
    redis_url: str, tmp_path: Path, authority: Authority
) -> None:
    async with running_api(redis_url, tmp_path, **settings(authority.issue("server"))) as api:
        began = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
        writer.write(b"\x16\x03\x01")
        async with asyncio.timeout(40):  # the event loop's own limit is a minute
            await reader.read()
        writer.transport.abort()
        assert time.monotonic() - began > 5


async def test_over_tls_a_begun_head_ends_too(
    redis_url: str, tmp_path: Path, authority: Authority
) -> None:
    limits = {"CHANCERY_API_HEADER_TIMEOUT_SECONDS": "1"}
    environment = settings(authority.issue("server")) | limits
    async with running_api(redis_url, tmp_path, **environment) as api:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", api.port, ssl=client_context(authority)
        )
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: ")
        async with asyncio.timeout(40):
            received = await reader.read()
        writer.transport.abort()
        assert received.startswith(b"HTTP/1.1 408 ")


def test_wrong_files_end_the_process_with_one_line(
    redis_url: str, tmp_path: Path, authority: Authority, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.pem").write_text("no certificate")
    environment = settings(authority.issue("server"), tmp_path / "text.pem")
    environment |= {"CHANCERY_REDIS_URL": redis_url, "CHANCERY_DATA_DIR": str(tmp_path)}
    with started(environment) as process:
        assert process.wait(60) == 1
    (line,) = [each for each in capfd.readouterr().err.splitlines() if not each.startswith("{")]
    assert "CHANCERY_API_TLS_CLIENT_CA" in line
