"""/v1/files, with OpenAI's own client and with plain HTTP where it goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from redis.asyncio import Redis

from jobs.batches.file import FilePurpose
from jobs.ledger import Ledger
from jobs.process.settings import BatchSettings
from tests.integration.api.conftest import Api, Open, problem_of
from tests.integration.files import a_file

LINES = b'{"custom_id": "1"}\n{"custom_id": "2"}\n{"custom_id": "\xe4\xb8\x89"}'
HOUR = 3_600
FORM = {"Content-Type": "multipart/form-data; boundary=XX"}


@pytest.fixture
async def client(api: Api) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's client, as tax uses it."""
    async with _client(api, "tax") as client:
        yield client


def _client(api: Api, department: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        api_key=api.keys[department],
        base_url="http://chancery.test/v1",
        http_client=httpx2.AsyncClient(transport=httpx2.ASGITransport(api.app)),
        max_retries=0,
    )


async def upload(client: openai.AsyncOpenAI, content: bytes = LINES) -> openai.types.FileObject:
    return await client.files.create(file=("行.jsonl", content), purpose="batch")


def part(name: str, value: bytes, more: str = "") -> bytes:
    head = f'--XX\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + value + b"\r\n"


async def test_a_file_is_uploaded_listed_downloaded_and_deleted(
    api: Api, client: openai.AsyncOpenAI, ledger: Ledger
) -> None:
    made = await upload(client)
    assert (made.object, made.purpose, made.status) == ("file", "batch", "processed")
    assert (made.bytes, made.filename) == (len(LINES), "行.jsonl")
    assert made.expires_at is not None
    assert made.expires_at - made.created_at == 720 * HOUR
    kept = await ledger.files.get("tax", made.id)
    assert kept is not None
    assert kept.lines == 3
    assert await client.files.retrieve(made.id) == made
    content = await client.files.content(made.id)
    assert content.read() == LINES
    assert content.text == LINES.decode()
    deleted = await client.files.delete(made.id)
    assert (deleted.id, deleted.object, deleted.deleted) == (made.id, "file", True)
    assert api.files() == []
    with pytest.raises(openai.NotFoundError):
        await client.files.retrieve(made.id)


async def test_a_path_is_uploaded_with_its_name(client: openai.AsyncOpenAI, tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    path.write_bytes(LINES)
    assert (await client.files.create(file=path, purpose="batch")).filename == "notices.jsonl"


async def test_expires_after_can_shorten_the_retention_only(
    client: openai.AsyncOpenAI,
) -> None:
    soon = await client.files.create(
        file=LINES, purpose="batch", expires_after={"anchor": "created_at", "seconds": HOUR}
    )
    assert soon.expires_at == soon.created_at + HOUR
    late = await client.files.create(
        file=LINES, purpose="batch", expires_after={"anchor": "created_at", "seconds": 2_592_000}
    )
    assert late.expires_at == late.created_at + 720 * HOUR


async def test_the_client_pages_through_every_file_in_both_orders(
    client: openai.AsyncOpenAI, ledger: Ledger
) -> None:
    files = [a_file(made=n) for n in range(7)]
    files[3] = a_file(made=3, purpose=FilePurpose.batch_output)
    for file in files:
        await ledger.files.keep(file)
    ids = [file.id for file in files]
    assert [file.id async for file in client.files.list(limit=2)] == ids[::-1]
    assert [file.id async for file in client.files.list(limit=3, order="asc")] == ids
    inputs = [file.id async for file in client.files.list(limit=3, purpose="batch")]
    assert inputs == [*ids[:3], *ids[4:]][::-1]
    assert [file.id async for file in client.files.list(limit=10_000)] == ids[::-1]


async def test_a_page_says_where_it_begins_and_ends(api: Api, ledger: Ledger) -> None:
    empty = (await api.http.get("/v1/files")).json()
    assert empty == {
        "object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False,
    }  # fmt: skip
    files = [a_file(made=n) for n in range(3)]
    for file in files:
        await ledger.files.keep(file)
    page = (await api.http.get("/v1/files", params={"limit": 2})).json()
    assert (page["first_id"], page["last_id"]) == (files[2].id, files[1].id)
    assert page["has_more"]
    rest = (await api.http.get("/v1/files", params={"limit": 1, "after": files[1].id})).json()
    assert ([file["id"] for file in rest["data"]], rest["has_more"]) == ([files[0].id], False)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"purpose": "fine-tune"}, "#/query/purpose"),
        ({"limit": "0"}, "#/query/limit"),
        ({"order": "up"}, "#/query/order"),
        ({"after": "job_1"}, "#/query/after"),
    ],
)
async def test_a_list_with_invalid_parameters_is_refused(
    api: Api, query: dict[str, str], pointer: str
) -> None:
    answer = await api.http.get("/v1/files", params=query)
    problem = problem_of(answer, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_a_file_is_a_departments_own(api: Api, client: openai.AsyncOpenAI) -> None:
    made = await upload(client)
    where = f"/v1/files/{made.id}"
    for answer in (
        await api.other.get(where),
        await api.other.get(f"{where}/content"),
        await api.other.delete(where),
    ):
        problem_of(answer, 404, "not-found")
    assert (await api.other.get("/v1/files")).json()["data"] == []
    problem_of(await api.anonymous.get(where), 401, "unauthorized")
    assert (await client.files.content(made.id)).read() == LINES


async def test_the_parts_of_a_form_come_in_any_order(api: Api) -> None:
    body = part("file", LINES, '; filename="a.jsonl"') + part("purpose", b"batch") + b"--XX--\r\n"
    answer = await api.http.post("/v1/files", content=body, headers=FORM)
    assert answer.status_code == 200, answer.text
    assert answer.json()["bytes"] == len(LINES)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (part("file", LINES), "#/purpose"),
        (part("file", LINES) + part("purpose", b"fine-tune"), "#/purpose"),
        (part("file", LINES) + part("purpose", b"\xff"), "#/purpose"),
        (part("file", LINES) + part("purpose", b"x" * 300), "#/purpose"),
        (part("purpose", b"batch"), "#/file"),
        (part("purpose", b"batch") + part("file", b""), "#/file"),
        (part("purpose", b"batch") + part("file", LINES) + part("model", b"x"), "#/model"),
        (
            part("purpose", b"batch") + part("file", LINES)
            + part("expires_after[seconds]", b"60"),
            "#/expires_after[seconds]",
        ),
        (
            part("purpose", b"batch") + part("file", LINES)
            + part("expires_after[anchor]", b"last_active_at"),
            "#/expires_after[anchor]",
        ),
    ],
)  # fmt: skip
async def test_a_form_that_does_not_fit_is_refused_and_leaves_nothing(
    api: Api, body: bytes, pointer: str
) -> None:
    answer = await api.http.post("/v1/files", content=body + b"--XX--\r\n", headers=FORM)
    problem = problem_of(answer, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert api.files() == []


async def test_only_forms_are_taken(api: Api) -> None:
    problem_of(await api.http.post("/v1/files", json={}), 415, "unsupported-media-type")


async def test_a_file_over_the_limit_is_refused(open_api: Open) -> None:
    async with open_api(batches=BatchSettings(max_bytes=1_000)) as api:
        for size in (1_001, 200_000):
            answer = await api.http.post(
                "/v1/files", data={"purpose": "batch"}, files={"file": ("a", b"x" * size)}
            )
            assert problem_of(answer, 413, "too-large")["max_bytes"] >= 1_000
        assert api.files() == []
        async with _client(api, "tax") as client:
            with pytest.raises(openai.APIStatusError) as raised:
                await upload(client, b"x" * 1_001)
            assert raised.value.status_code == 413
            assert (await upload(client, b"x" * 1_000)).bytes == 1_000


async def test_the_same_key_gives_the_first_answer_again(api: Api) -> None:
    async def post(**form: Any) -> Any:
        return await api.http.post(
            "/v1/files",
            headers={"Idempotency-Key": "one"},
            **{"data": {"purpose": "batch"}, "files": {"file": ("a.jsonl", LINES)}, **form},
        )

    first, again = await post(), await post()
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(api.files()) == 1
    other = await post(files={"file": ("a.jsonl", LINES + b"\n")})
    problem_of(other, 422, "idempotency-mismatch")
    assert len(api.files()) == 1


async def test_an_output_file_is_read_while_it_grows(
    api: Api, client: openai.AsyncOpenAI, ledger: Ledger, redis_url: str
) -> None:
    store = api.app.state.services.store
    file = a_file(purpose=FilePurpose.batch_output, bytes=0, lines=0, blobs=())
    await ledger.files.keep(file)
    assert (await client.files.content(file.id)).read() == b""
    segments = [b'{"n": 1}\n', b'{"n": 2}\n{"n": 3}\n', b'{"n": 4}\n']
    async with Redis.from_url(redis_url) as redis:
        for segment in segments:
            blob = await store.put(segment, "tax", file.id)
            await redis.rpush(f"chancery:blobs:{file.id}", blob)
            await redis.hincrby(f"chancery:file:{file.id}", "bytes", len(segment))
    whole = b"".join(segments)
    where = f"/v1/files/{file.id}/content"
    answer = await api.http.get(where)
    assert answer.content == whole
    assert answer.headers["content-length"] == str(len(whole))
    assert answer.headers["content-type"] == "application/jsonl"
    assert (await client.files.retrieve(file.id)).bytes == len(whole)
    for start in range(len(whole)):
        rest = await api.http.get(where, headers={"Range": f"bytes={start}-"})
        assert (rest.status_code, rest.content) == (206, whole[start:])
        assert rest.headers["content-range"] == f"bytes {start}-{len(whole) - 1}/{len(whole)}"


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=5-9", 206, LINES[5:10]),
        ("bytes=0-0", 206, LINES[:1]),
        ("bytes=50-9999", 206, LINES[50:]),
        ("bytes=9-5", 200, LINES),
        ("bytes=-5", 200, LINES),
        ("bytes=0-1,3-4", 200, LINES),
        ("lines=0-1", 200, LINES),
    ],
)
async def test_a_range_is_sent_and_an_invalid_one_is_ignored(
    api: Api, client: openai.AsyncOpenAI, asked: str, status: int, content: bytes
) -> None:
    where = f"/v1/files/{(await upload(client)).id}/content"
    answer = await api.http.get(where, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, content)


async def test_a_range_beyond_the_end_is_said_to_be(api: Api, client: openai.AsyncOpenAI) -> None:
    where = f"/v1/files/{(await upload(client)).id}/content"
    answer = await api.http.get(where, headers={"Range": f"bytes={len(LINES)}-"})
    problem_of(answer, 416, "range-not-satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(LINES)}"


async def test_bytes_that_the_store_has_lost_are_said_to_be(
    api: Api, client: openai.AsyncOpenAI
) -> None:
    made = await upload(client)
    for name in api.files():
        (api.folder / "store" / name).unlink()
    problem_of(await api.http.get(f"/v1/files/{made.id}/content"), 404, "file-missing")


async def test_a_file_in_use_is_not_deleted(
    api: Api, client: openai.AsyncOpenAI, redis_url: str
) -> None:
    made = await upload(client)
    async with Redis.from_url(redis_url) as redis:
        await redis.hincrby(f"chancery:file:{made.id}", "uses", 1)
        with pytest.raises(openai.ConflictError):
            await client.files.delete(made.id)
        problem_of(await api.http.delete(f"/v1/files/{made.id}"), 409, "file-in-use")
        assert (await client.files.content(made.id)).read() == LINES
        await redis.hincrby(f"chancery:file:{made.id}", "uses", -1)
    await client.files.delete(made.id)
