"""Keys and secrets are changed without interruption, and can be revoked at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.ledger.server.connection import Connection
from jobs.model.api_key import KeyState
from jobs.process.settings import RedisSettings

DAY = timedelta(days=1)


async def opens(redis_url: str, key: str) -> bool:
    """Whether the key opens the system for a process that does not know it yet."""
    fresh = Ledger(RedisSettings(url=SecretStr(redis_url)))
    try:
        caller = await fresh.keys.authenticate(key)
        return caller is not None and caller.key.state is KeyState.valid
    finally:
        await fresh.close()


async def signing(ledger: Ledger, name: str = "tax") -> tuple[str, ...]:
    department = await ledger.departments.get(name)
    assert department is not None
    return department.callback_secrets


def in_a_day(until: datetime | None) -> bool:
    return until is not None and abs(until - datetime.now(UTC) - DAY) < timedelta(minutes=5)


async def test_a_new_secret_goes_first_and_the_old_one_signs_until_it_is_over(
    ledger: Ledger,
) -> None:
    made = await ledger.departments.create("tax")
    new = await ledger.credentials.rotate_secret("tax", DAY)
    assert await signing(ledger) == (new, made.callback_secret)
    first, second = await ledger.credentials.secrets("tax")
    assert first.until is None
    assert in_a_day(second.until)


async def test_an_old_secret_that_is_over_signs_no_more(ledger: Ledger) -> None:
    await ledger.departments.create("tax")
    new = await ledger.credentials.rotate_secret("tax", timedelta(seconds=5))
    assert len(await signing(ledger)) == 2
    async with asyncio.timeout(30):
        while await signing(ledger) != (new,):
            await asyncio.sleep(0.05)
    assert len(await ledger.credentials.secrets("tax")) == 1
    newer = await ledger.credentials.rotate_secret("tax", DAY)
    assert await signing(ledger) == (newer, new)


async def test_keeping_for_no_time_leaves_the_new_secret_alone(ledger: Ledger) -> None:
    await ledger.departments.create("tax")
    await ledger.credentials.rotate_secret("tax", DAY)
    last = await ledger.credentials.rotate_secret("tax", timedelta())
    assert await signing(ledger) == (last,)


async def test_a_later_change_makes_no_old_secret_last_longer(ledger: Ledger) -> None:
    await ledger.departments.create("tax")
    await ledger.credentials.rotate_secret("tax", DAY)
    await ledger.credentials.rotate_secret("tax", 7 * DAY)
    _, _, oldest = await ledger.credentials.secrets("tax")
    assert in_a_day(oldest.until)


async def test_a_new_key_opens_and_the_old_one_until_it_is_over(
    ledger: Ledger, redis_url: str
) -> None:
    old = (await ledger.departments.create("tax")).api_key
    theirs = (await ledger.departments.create("parks")).api_key
    new = await ledger.keys.rotate("tax", timedelta(seconds=5))
    assert new is not None
    assert await opens(redis_url, old)
    assert await opens(redis_url, new.text)
    newest, older = await ledger.keys.valid("tax")
    assert newest.until is None
    assert older.until is not None
    async with asyncio.timeout(30):
        while await opens(redis_url, old):
            await asyncio.sleep(0.05)
    assert await opens(redis_url, new.text)
    assert await opens(redis_url, theirs)
    assert [key.id for key in await ledger.keys.valid("tax")] == [newest.id]


async def test_keeping_for_no_time_ends_the_old_key(ledger: Ledger, redis_url: str) -> None:
    old = (await ledger.departments.create("tax")).api_key
    await ledger.keys.rotate("tax", timedelta())
    assert not await opens(redis_url, old)


async def test_a_later_change_makes_no_old_key_last_longer(ledger: Ledger) -> None:
    old = (await ledger.departments.create("tax")).api_key
    await ledger.keys.rotate("tax", DAY)
    await ledger.keys.rotate("tax", 7 * DAY)
    (until,) = [k.until for k in await ledger.keys.valid("tax") if str(k.id) in old]
    assert in_a_day(until)


async def test_a_key_is_ended_at_once_and_only_by_its_own_department(
    ledger: Ledger, redis_url: str
) -> None:
    key = (await ledger.departments.create("tax")).api_key
    await ledger.departments.create("parks")
    key_id = key.split("_")[1]
    assert not await ledger.keys.revoke("parks", key_id)
    assert await opens(redis_url, key)
    assert await ledger.keys.revoke("tax", key_id)
    assert not await opens(redis_url, key)
    assert await ledger.keys.valid("tax") == []
    assert await ledger.keys.revoke("tax", key_id)


@pytest.mark.parametrize("keep", [timedelta(), DAY])
async def test_a_department_that_is_not_there_gets_nothing(ledger: Ledger, keep: timedelta) -> None:
    assert await ledger.keys.rotate("tax", keep) is None
    assert await ledger.credentials.rotate_secret("tax", keep) is None
    assert await ledger.departments.get("tax") is None


async def test_a_change_whose_answer_was_lost_is_made_once(ledger: Ledger, redis_url: str) -> None:
    await ledger.departments.create("tax")
    connection = Connection.to(RedisSettings(url=SecretStr(redis_url)))
    for _ in range(2):  # redis-py repeats a command whose answer was lost
        assert (
            await connection.run("departments/rotate_secret", "tax", "whsec_" + "A" * 32, 1000) == 1
        )
        fields = '{"sha256": "", "scopes": "read"}'
        arguments = ("tax", "abc", fields, "*", 60_000, 100)
        assert await connection.run("departments/add_key", *arguments) == "added"
    await connection.close()
    assert len(await ledger.credentials.secrets("tax")) == 2
    assert len(await ledger.keys.valid("tax")) == 2
