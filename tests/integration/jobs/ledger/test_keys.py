"""API keys with scopes, networks and an end, as the ledger keeps them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from redis.asyncio import Redis

from jobs.ledger import Ledger
from jobs.ledger.keys import MOST_KEYS
from jobs.model.api_key import ALL_SCOPES, KeyRules, KeyState, NewKey, Scope
from jobs.model.problems import ProblemError

READER = KeyRules(
    scopes=frozenset({Scope.read}),
    networks=(ip_network("10.1.0.0/16"), ip_network("2001:db8::/32")),
    lifetime_ms=3_600_000,
    label="registry",
)


async def created(ledger: Ledger, rules: KeyRules = READER) -> NewKey:
    await ledger.departments.create("tax")
    key = await ledger.keys.create("tax", rules)
    assert key is not None
    return key


async def test_a_key_is_found_with_its_rules(ledger: Ledger) -> None:
    new = await created(ledger)
    caller = await ledger.keys.authenticate(new.text)
    assert caller is not None
    assert (caller.department.name, caller.key.state) == ("tax", KeyState.valid)
    assert (caller.key.scopes, caller.key.networks) == (READER.scopes, READER.networks)
    assert caller.key.until is not None
    assert abs(caller.key.until - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=5)


@pytest.mark.parametrize(
    "change", [lambda key: key + "x", lambda key: key[:-1], lambda key: "chy_" + key, lambda _: "é"]
)
async def test_a_key_that_differs_is_no_key(ledger: Ledger, change: object) -> None:
    new = await created(ledger)
    assert callable(change)
    assert await ledger.keys.authenticate(change(new.text)) is None


async def test_a_key_of_an_earlier_release_may_do_everything(
    ledger: Ledger, redis_url: str
) -> None:
    key = (await ledger.departments.create("tax")).api_key
    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        name = f"chancery:key:{key.split('_')[1]}"
        await redis.hdel(name, "created_at")
        assert set(await redis.hkeys(name)) == {"department", "sha256"}
        await redis.pexpire(name, 60_000)  # as a rotation left it
    caller = await ledger.keys.authenticate(key)
    assert caller is not None
    assert (caller.key.scopes, caller.key.networks) == (ALL_SCOPES, ())
    (listed,) = await ledger.keys.valid("tax")
    assert listed.until is not None


async def test_an_expired_key_is_known_as_expired(ledger: Ledger) -> None:
    new = await created(ledger, KeyRules(lifetime_ms=200))
    async with asyncio.timeout(30):
        while True:
            caller = await ledger.keys.authenticate(new.text)
            assert caller is not None
            if caller.key.state is KeyState.expired:
                break
            await asyncio.sleep(0.02)
    assert new.id not in [key.id for key in await ledger.keys.valid("tax")]
    assert new.id in [key.id for key in await ledger.keys.list("tax")]


async def test_a_revoked_key_stays_revoked_for_its_owner_and_is_removed_later(
    ledger: Ledger, redis_url: str
) -> None:
    new = await created(ledger)
    assert await ledger.keys.revoke("tax", new.id)
    caller = await ledger.keys.authenticate(new.text)
    assert caller is not None
    assert caller.key.state is KeyState.revoked
    async with Redis.from_url(redis_url) as redis:
        left_ms = await redis.pttl(f"chancery:key:{new.id}")
    assert timedelta(days=29) < timedelta(milliseconds=left_ms) <= timedelta(days=30)


async def test_a_rotated_key_hands_on_its_rules(ledger: Ledger) -> None:
    old = await created(ledger)
    new = await ledger.keys.rotate("tax", timedelta(), old.id)
    assert new is not None
    caller = await ledger.keys.authenticate(new.text)
    assert caller is not None
    key = caller.key
    assert (key.scopes, key.networks, key.label) == (READER.scopes, READER.networks, "registry")
    assert key.until is not None
    before = await ledger.keys.authenticate(old.text)
    assert before is not None
    assert before.key.state is KeyState.expired
    first = [key for key in await ledger.keys.valid("tax") if key.id != new.id]
    assert [key.until for key in first] == [None]  # the department's other key is not touched


async def test_what_is_not_there_is_neither_rotated_nor_revoked(ledger: Ledger) -> None:
    old = await created(ledger)
    await ledger.departments.create("parks")
    assert await ledger.keys.rotate("parks", timedelta(), old.id) is None
    assert not await ledger.keys.revoke("parks", old.id)
    await ledger.keys.revoke("tax", old.id)
    assert await ledger.keys.rotate("tax", timedelta(), old.id) is None
    assert await ledger.keys.create("water", READER) is None


async def test_a_department_has_a_limited_number_of_valid_keys(ledger: Ledger) -> None:
    first = await created(ledger)
    for _ in range(MOST_KEYS - 2):
        await ledger.keys.create("tax")
    with pytest.raises(ProblemError) as full:
        await ledger.keys.create("tax")
    assert full.value.problem.code == "too-many-keys"
    await ledger.keys.revoke("tax", first.id)
    assert await ledger.keys.create("tax") is not None


async def test_callers_with_one_key_share_a_lookup(ledger: Ledger, redis_url: str) -> None:
    new = await created(ledger)
    other = await ledger.keys.create("tax")
    assert other is not None
    await ledger.keys.authenticate(other.text)  # a server's first call of a script is two commands
    async with Redis.from_url(redis_url) as redis:
        await redis.config_resetstat()
        callers = await asyncio.gather(*(ledger.keys.authenticate(new.text) for _ in range(50)))
        calls = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]
    assert all(caller and caller.department.name == "tax" for caller in callers)
    assert calls == 1
