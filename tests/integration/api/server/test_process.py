"""`python -m api` as it runs: real sockets, long uploads, lost connections, a Redis that dies."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from httpx import Response
from pydantic import SecretStr

from documents.isolation.running_time import running_time
from jobs.ledger import Ledger
from jobs.process.settings import RedisSettings
from standin.ports import reserved_port
from standin.valkey import start_valkey
from tests.integration.api.conftest import problem_of
from tests.integration.api.running import Running, listens, running_api, started

MIB = 1024 * 1024
JOB = {"task": "summarize", "input": {"text": "The water is off."}}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server of the test's own, which it may kill."""
    folder = tmp_path / "redis"
    folder.mkdir()
    process, url = start_valkey(folder)
    yield process, url
    process.kill()
    process.wait(10)


@pytest.fixture
async def api(redis: tuple[subprocess.Popen[bytes], str], tmp_path: Path) -> AsyncIterator[Running]:
    limit = str(64 * MIB)
    async with running_api(redis[1], tmp_path, CHANCERY_MAX_DOCUMENT_BYTES=limit) as running:
        yield running


async def text(mib: int) -> AsyncIterator[bytes]:
    for _ in range(mib * 16):
        yield b"The water is off. " * 3640 + b"\n" * 16


async def picture(mib: int) -> AsyncIterator[bytes]:
    """A format that is not checked for secrecy markings at upload."""
    yield b"\x89PNG\r\n\x1a\n"
    async for piece in text(mib):
        yield piece


@pytest.mark.parametrize("form", ["raw", "multipart"])
async def test_a_large_upload_is_streamed(api: Running, form: str, tmp_path: Path) -> None:
    async with api.client() as http:
        await http.post("/v1/documents", content=b"warm")
        await http.get("/v1/tasks")  # imports all tasks, as the api does some time after its start
        before = api.resident_bytes()
        if form == "raw":
            answer = await http.post("/v1/documents", content=picture(48))
        else:
            answer = await http.post(
                "/v1/documents", content=_as_form(picture(48)),
                headers={"Content-Type": "multipart/form-data; boundary=XX"},
            )  # fmt: skip
    assert answer.status_code == 201, answer.text
    assert answer.json()["bytes"] > 47 * MIB
    assert api.resident_bytes() - before < 24 * MIB
    assert api.unfinished() == []


async def test_a_large_file_is_streamed_in_both_directions(api: Running) -> None:
    purpose = b'--XX\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'

    async def form() -> AsyncIterator[bytes]:
        yield purpose
        async for piece in _as_form(text(50)):
            yield piece

    async with api.client() as http:
        await http.post("/v1/documents", content=b"warm")
        await http.get("/v1/tasks")  # imports all tasks, as the api does some time after its start
        before = api.resident_bytes()
        headers = {"Content-Type": "multipart/form-data; boundary=XX"}
        made = await http.post("/v1/files", content=form(), headers=headers)
        assert made.status_code == 200, made.text
        size, received = made.json()["bytes"], 0
        assert size > 49 * MIB
        async with http.stream("GET", f"/v1/files/{made.json()['id']}/content") as answer:
            assert answer.headers["content-length"] == str(size)
            async for piece in answer.aiter_bytes():
                received += len(piece)
    assert received == size
    assert api.resident_bytes() - before < 24 * MIB
    assert api.unfinished() == []


async def test_a_download_that_is_broken_off_is_no_failure_of_the_api(api: Running) -> None:
    async with api.client() as http:
        headers = {"Content-Type": "multipart/form-data; boundary=XX"}
        purpose = b'--XX\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        form = purpose + b"".join([piece async for piece in _as_form(text(20))])
        made = (await http.post("/v1/files", content=form, headers=headers)).json()
        async with http.stream("GET", f"/v1/files/{made['id']}/content") as answer:
            await anext(answer.aiter_bytes())
            assert any("blobs" in one for one in api.open_files())
        async with asyncio.timeout(20):
            while any("blobs" in one for one in api.open_files()):
                await asyncio.sleep(0.01)
        assert (await http.get(f"/v1/files/{made['id']}")).json() == made


async def _as_form(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    async for piece in pieces:
        yield piece
    yield b"\r\n--XX--\r\n"


async def test_an_upload_over_the_limit_in_chunks_is_refused(api: Running) -> None:
    async with api.client() as http:
        answer = await http.post("/v1/documents", content=text(65))
    problem_of(answer, 413, "too-large")
    assert api.unfinished() == []


async def test_a_connection_lost_half_way_leaves_nothing(api: Running) -> None:
    host, port = api.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /v1/documents HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer {api.key}\r\n"
    writer.write(head.encode() + b"Content-Length: 1000000\r\n\r\n" + b"x" * 500_000)
    await writer.drain()
    async with asyncio.timeout(20):
        while not api.unfinished():
            await asyncio.sleep(0.01)
        writer.transport.abort()
        while api.unfinished():
            await asyncio.sleep(0.01)
    async with api.client() as http:
        assert (await http.get("/healthz")).status_code == 200
        seen = (await http.get("/metrics")).text
    assert 'route="/v1/documents",status_code="499"' in seen


async def test_redis_dies_and_comes_back(
    api: Running, redis: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    async with api.client() as http:
        kept = (await http.post("/v1/jobs", json=JOB)).json()
        redis[0].kill()
        redis[0].wait(10)
        for method, path in (("POST", "/v1/jobs"), ("GET", f"/v1/jobs/{kept['id']}")):
            answer = await http.request(method, path, json=JOB if method == "POST" else None)
            problem_of(answer, 503, "unavailable")
            assert int(answer.headers["retry-after"]) > 0
        upload = await http.post("/v1/documents", content=b"text")
        problem_of(upload, 503, "unavailable")
        assert (await http.get("/healthz")).status_code == 200
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()["checks"][0]["name"]) == (503, "redis")
        assert "chancery_ledger_up 0.0" in (await http.get("/metrics")).text

        port = int(redis[1].rsplit(":", 1)[1].split("/")[0])
        again, _ = start_valkey(tmp_path / "redis", port)
        try:
            async with asyncio.timeout(20):
                while (await http.get(f"/v1/jobs/{kept['id']}")).status_code != 200:
                    await asyncio.sleep(0.05)
            assert (await http.post("/v1/jobs", json=JOB)).status_code == 202
        finally:
            again.kill()
            again.wait(10)


async def test_a_redis_that_hangs_is_answered_503_within_five_seconds(
    api: Running, redis: tuple[subprocess.Popen[bytes], str]
) -> None:
    async with api.client() as http:
        job = (await http.post("/v1/jobs", json=JOB)).json()
        path = f"/v1/jobs/{job['id']}"
        redis[0].send_signal(signal.SIGSTOP)
        try:
            requests = (
                ("GET", path, None),
                ("GET", f"{path}?wait=20", None),
                ("GET", "/v1/jobs", None),
                ("POST", "/v1/jobs", JOB),
                ("POST", "/v1/documents", {"any": "bytes"}),
                ("GET", "/v1/batches", None),
                ("GET", "/v1/callbacks", None),
                ("GET", "/readyz", None),
                ("GET", "/metrics", None),
            )

            async def answered(method: str, target: str, body: object) -> Response:
                async with running_time(5):
                    return await http.request(method, target, json=body)

            # After the first one the api has forgotten the key: the others ask for it as well.
            first = await answered(*requests[0])
            others = await asyncio.gather(*(answered(*request) for request in requests[1:]))
            answers = [first, *others]
            for (_, target, _), answer in zip(requests, answers, strict=True):
                assert answer.status_code == (200 if target == "/metrics" else 503), target
            assert "chancery_ledger_up 0.0" in answers[-1].text
        finally:
            redis[0].send_signal(signal.SIGCONT)
        async with asyncio.timeout(20):
            while (await http.get(path)).status_code != 200:
                await asyncio.sleep(0.05)


async def test_it_stops_on_sigterm(api: Running) -> None:
    async with api.client() as http:
        await http.get("/healthz")
        api.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(api.process.wait, 20) in (0, -signal.SIGTERM)


async def test_the_default_quotas_are_set_when_redis_answers_at_last(
    tmp_path: Path,
) -> None:
    redis_port, port = reserved_port(), reserved_port()
    environment = {
        "CHANCERY_REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "CHANCERY_DATA_DIR": str(tmp_path),
        "CHANCERY_API_PORT": str(port),
        "CHANCERY_QUOTA_MAX_IN_FLIGHT": "7",
    }
    with started(environment) as process:
        try:
            await listens(Running(process, port, f"http://127.0.0.1:{port}", "none", tmp_path))
            (tmp_path / "redis").mkdir()
            redis, redis_url = start_valkey(tmp_path / "redis", redis_port)
            ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
            try:
                await ledger.departments.create("tax")
                async with asyncio.timeout(60):
                    while not (quotas := await ledger.departments.quotas("tax")):
                        await asyncio.sleep(0.05)
                assert 7 in [quota.limit for quota in quotas]
            finally:
                await ledger.close()
                redis.kill()
                redis.wait(10)
        finally:
            process.kill()
