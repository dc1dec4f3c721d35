"""Files: stored, read, pruned; their department, and the batches that use them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from jobs.batches.file import FilePurpose, LineCounter
from jobs.ledger import Ledger
from jobs.ledger.page import Order
from jobs.model.ids import is_batch_id, is_file_id, new_batch_id, new_file_id
from jobs.model.problems import ProblemError
from jobs.store import Blob
from tests.integration.files import a_file

PAST = datetime.now(UTC) - timedelta(seconds=1)


async def use(redis_url: str, file_id: str, by: int) -> None:
    """As a batch does that begins (1) or ends (-1)."""
    async with Redis.from_url(redis_url) as redis:
        await redis.hincrby(f"chancery:file:{file_id}", "uses", by)


async def keys(redis_url: str) -> set[str]:
    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        return {str(key) for key in await redis.keys("chancery:*")}


async def test_a_file_is_kept_once_with_times_by_the_servers_clock(
    ledger: Ledger, redis_url: str
) -> None:
    # An api whose clock is hours wrong.
    moment = datetime(2026, 11, 23, 9, 0, 0, 125_000, tzinfo=UTC)
    later = moment + timedelta(minutes=5)
    given = a_file(blobs=("tax/aa/1", "tax/bb/2"), created_at=moment, expires_at=later)
    file = await ledger.files.keep(given)
    assert await ledger.files.keep(given) == file
    async with Redis.from_url(redis_url) as redis:
        seconds, _ = await redis.time()
    assert abs(file.created_at.timestamp() - seconds) < 30
    assert file.expires_at - file.created_at == later - moment
    assert file == replace(given, created_at=file.created_at, expires_at=file.expires_at)
    assert await ledger.files.get("tax", file.id) == file
    assert (await ledger.files.list("tax")).items == [file]


async def test_a_file_is_its_departments_alone(ledger: Ledger) -> None:
    file = await ledger.files.keep(a_file())
    assert await ledger.files.get("health", file.id) is None
    assert (await ledger.files.list("health")).items == []
    assert await ledger.files.delete("health", file.id) is None
    assert await ledger.files.get("tax", file.id) == file


@pytest.mark.parametrize("name", ["", "file_", "job_01m858vwdrw07k0198937535dv", "../file"])
async def test_what_is_no_files_id_finds_nothing(ledger: Ledger, name: str) -> None:
    assert await ledger.files.get("tax", name) is None
    assert await ledger.files.delete("tax", name) is None
    with pytest.raises(ProblemError) as raised:
        await ledger.files.list("tax", after=name)
    assert raised.value.problem.code == "invalid-request"


async def test_a_page_is_full_while_there_is_more_whatever_the_purpose(ledger: Ledger) -> None:
    purposes = [FilePurpose.batch, FilePurpose.batch_output]
    files = [a_file(made=n, purpose=purposes[n % 2]) for n in range(1_200)]
    files = [await ledger.files.keep(file) for file in files]
    inputs = files[::2]
    first = await ledger.files.list("tax", purpose=FilePurpose.batch, limit=599, order=Order.asc)
    assert first.items == inputs[:599]
    assert first.next_cursor == inputs[598].id
    last = await ledger.files.list(
        "tax", purpose=FilePurpose.batch, limit=599, order=Order.asc, after=first.next_cursor
    )
    assert (last.items, last.next_cursor) == (inputs[599:], None)
    exactly = await ledger.files.list("tax", limit=1_200)
    assert (exactly.items, exactly.next_cursor) == (files[::-1], None)


async def test_a_place_in_the_list_stays_though_its_file_is_gone(ledger: Ledger) -> None:
    files = [a_file(made=n) for n in range(3)]
    files = [await ledger.files.keep(file) for file in files]
    await ledger.files.delete("tax", files[1].id)
    assert (await ledger.files.list("tax", after=files[1].id)).items == [files[0]]


async def test_a_deleted_file_leaves_its_blobs_to_be_deleted_and_nothing_else(
    ledger: Ledger, redis_url: str
) -> None:
    file = a_file(blobs=("tax/aa/1", "tax/bb/2"))
    await ledger.files.keep(file)
    assert await ledger.files.delete("tax", file.id) == ["tax/aa/1", "tax/bb/2"]
    assert await keys(redis_url) == {"chancery:rewrite"}
    assert await ledger.files.delete("tax", file.id) is None


async def test_a_file_that_a_batch_uses_is_neither_deleted_nor_pruned(
    ledger: Ledger, redis_url: str
) -> None:
    file = a_file(expires_at=PAST)
    await ledger.files.keep(file)
    await use(redis_url, file.id, 1)
    with pytest.raises(ProblemError) as raised:
        await ledger.files.delete("tax", file.id)
    assert raised.value.problem.code == "file-in-use"
    assert (await ledger.upkeep.prune()).files == 0
    assert await ledger.files.get("tax", file.id) is not None
    await use(redis_url, file.id, -1)
    assert await ledger.files.delete("tax", file.id) == list(file.blobs)


async def test_a_file_that_expired_in_use_is_looked_at_again_within_the_hour(
    ledger: Ledger, redis_url: str
) -> None:
    file = a_file(expires_at=PAST)
    await ledger.files.keep(file)
    await use(redis_url, file.id, 1)
    await ledger.upkeep.prune()
    async with Redis.from_url(redis_url) as redis:
        again = await redis.zscore("chancery:files", file.id)
        assert 3_500 < again / 1000 - datetime.now(UTC).timestamp() < 3_600.5
        await use(redis_url, file.id, -1)
        await redis.zadd("chancery:files", {file.id: 1})  # the hour is over
    assert (await ledger.upkeep.prune()).files == 1


async def test_files_are_pruned_at_their_expiry_with_their_blobs(
    ledger: Ledger, redis_url: str
) -> None:
    gone = a_file(expires_at=PAST, blobs=("tax/aa/1", "tax/bb/2"))
    kept = a_file(blobs=("tax/cc/3",))
    await ledger.files.keep(gone)
    kept = await ledger.files.keep(kept)
    pruned = await ledger.upkeep.prune()
    assert (pruned.files, list(pruned.blobs)) == (1, ["tax/aa/1", "tax/bb/2"])
    assert await ledger.files.get("tax", gone.id) is None
    assert (await ledger.files.list("tax")).items == [kept]
    assert not {key for key in await keys(redis_url) if gone.id in key}
    assert (await ledger.upkeep.prune()).files == 0


async def test_a_blob_of_a_file_is_referenced_while_the_files_list_has_it(ledger: Ledger) -> None:
    file = a_file()
    first, second, lost = (Blob(f"tax/aa/{file.id}-{n}", "tax", file.id) for n in range(3))
    await ledger.files.keep(a_file(id=file.id, blobs=(first.name, second.name)))
    assert await ledger.upkeep.unreferenced([first, second, lost]) == [lost]
    await ledger.files.delete("tax", file.id)
    assert await ledger.upkeep.unreferenced([first]) == [first]


def test_ids_are_told_apart() -> None:
    assert is_file_id(new_file_id())
    assert is_batch_id(new_batch_id())
    assert not is_file_id(new_batch_id())
    assert not is_batch_id(new_file_id())


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([], 0),
        ([b""], 0),
        ([b"a"], 1),
        ([b"a\n"], 1),
        ([b"a\n", b""], 1),
        ([b"a", b"\n", b"b"], 2),
        ([b"a\nb", b"\n\n"], 3),
    ],
)
def test_lines_are_counted_however_the_bytes_come(pieces: list[bytes], lines: int) -> None:
    counter = LineCounter()
    for piece in pieces:
        counter.read(piece)
    assert counter.lines == lines
