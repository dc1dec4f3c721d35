"""Signing in to the console: sessions, forms, lock-out, the audit."""

from __future__ import annotations

import json

from redis.asyncio import Redis

from jobs.accounts.sign_ins import LIMITS
from jobs.ledger import Ledger
from tests.integration.api.conftest import Api, problem_of
from tests.integration.api.console.conftest import PASSWORD, ConsoleSystem, Visitor, audited


async def test_without_an_account_there_is_no_console(api: Api) -> None:
    answer = await api.anonymous.get("/console/sign-in")
    assert answer.status_code == 404
    assert "chancery account add" in answer.text


async def test_a_page_asks_for_the_sign_in_and_is_opened_after_it(stranger: Visitor) -> None:
    answer = await stranger.get("/account")
    assert answer.url.path == "/console/sign-in"
    answer = await stranger.post("/sign-in", name="zhang", password=PASSWORD, next="/account")
    assert answer.url.path == "/console/account"
    assert "zhang" in answer.text


async def test_only_pages_of_the_console_are_opened_after_the_sign_in(stranger: Visitor) -> None:
    for target in ("//evil.test", "https://evil.test", "/..//evil.test\\", "/\nx"):
        await stranger.get("/sign-in")
        answer = await stranger.post("/sign-in", name="zhang", password=PASSWORD, next=target)
        assert answer.url.host == "chancery.test"
        assert answer.url.path.startswith("/console/")


async def test_cookies_are_out_of_reach_of_scripts_other_sites_and_plain_http(
    stranger: Visitor,
) -> None:
    await stranger.get("/sign-in")
    data = {"csrf": stranger.token, "name": "zhang", "password": PASSWORD}
    answer = await stranger.http.post("/console/sign-in", data=data, follow_redirects=False)
    sent = answer.headers.get_list("set-cookie")
    (session,) = [cookie for cookie in sent if "chancery-session=" in cookie]
    assert session.startswith("__Host-")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(session.split("; "))
    assert PASSWORD not in str(sent)


async def test_pages_run_no_script_but_ours_and_are_not_stored(stranger: Visitor) -> None:
    answer = await stranger.get("/sign-in")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert "<style" not in answer.text
    assert " style=" not in answer.text


async def test_a_form_without_the_sessions_token_is_refused(zhang: Visitor) -> None:
    for token in ("", "guess", "é"):
        answer = await zhang.post("/sign-out", token=token)
        assert answer.status_code == 403, answer.text
    assert (await zhang.get("/account")).url.path == "/console/account"
    async_token = zhang.token
    await zhang.http.post("/console/sign-out", data={"csrf": async_token})
    assert (await zhang.get("/account")).url.path == "/console/sign-in"


async def test_the_form_of_the_sign_in_has_a_token_too(stranger: Visitor) -> None:
    await stranger.get("/sign-in")
    answer = await stranger.post("/sign-in", token="x", name="zhang", password=PASSWORD)
    assert answer.status_code == 403


async def test_sessions_are_stored_by_hash_and_end_with_the_account(
    zhang: Visitor, ledger: Ledger, redis_url: str
) -> None:
    token = next(value for name, value in zhang.http.cookies.items() if "session" in name)
    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        keys = [key async for key in redis.scan_iter("chancery:*")]
        values = [await redis.hgetall(key) for key in keys if key.startswith("chancery:session:")]
        assert len(values) == 1
        assert token not in str((keys, values))
        (session,) = [key for key in keys if key.startswith("chancery:session:")]
        assert 0 < await redis.pttl(session) <= 30 * 60_000
        expiring = [key for key in keys if key.split(":")[1] in ("session", "browser", "attempts")]
        assert len(expiring) >= 2
        for key in expiring:
            assert await redis.pttl(key) > 0, key
    await ledger.accounts.remove("zhang")
    assert (await zhang.get("/account")).url.path == "/console/sign-in"


async def test_a_session_ends_at_its_end_however_much_it_is_used(
    zhang: Visitor, redis_url: str
) -> None:
    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        (key,) = [key async for key in redis.scan_iter("chancery:session:*")]
        await redis.hset(key, "ends_at", 1)
    assert (await zhang.get("/account")).url.path == "/console/sign-in"


async def test_use_puts_off_the_end_for_idleness_but_not_beyond_the_end(
    zhang: Visitor, redis_url: str
) -> None:
    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        (key,) = [key async for key in redis.scan_iter("chancery:session:*")]
        await redis.pexpire(key, 5_000)
        await zhang.get("/account")
        assert await redis.pttl(key) <= 5_000  # used a moment ago
        await redis.hset(key, "seen_at", 1)
        await zhang.get("/account")
        assert await redis.pttl(key) > 60_000
        seconds, _ = await redis.time()
        await redis.hset(key, mapping={"seen_at": 1, "ends_at": (seconds + 9) * 1000})
        await zhang.get("/account")
        assert await redis.pttl(key) <= 9_000


async def test_after_five_wrong_passwords_the_address_waits(
    system: ConsoleSystem, stranger: Visitor
) -> None:
    for _ in range(5):
        assert (await stranger.sign_in("zhang", "wrong")).status_code == 401
    answer = await stranger.sign_in("zhang")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 30
    async with system.visitor("10.0.0.2") as elsewhere:
        assert (await elsewhere.sign_in("zhang")).status_code == 200
    assert (await stranger.sign_in("li")).status_code == 200


async def test_a_person_is_not_locked_out_of_a_known_browser_by_a_neighbour(
    system: ConsoleSystem, zhang: Visitor
) -> None:
    await zhang.get("/account")
    await zhang.post("/sign-out")
    async with system.visitor() as neighbour:  # the same address
        for _ in range(6):
            answer = await neighbour.sign_in("zhang", "wrong")
        assert answer.status_code == 429
    assert (await zhang.sign_in("zhang")).url.path == "/console/submit"


async def test_an_address_that_tries_many_accounts_waits(
    system: ConsoleSystem, ledger: Ledger, redis_url: str
) -> None:
    async with Redis.from_url(redis_url) as redis, system.visitor("10.9.9.9") as guesser:
        await redis.hset("chancery:attempts:address:10.9.9.9", "failures", 49)
        assert (await guesser.sign_in("nobody", "guess")).status_code == 401
        assert (await guesser.sign_in("anybody", "guess")).status_code == 429


async def test_people_behind_one_address_can_all_sign_in(
    system: ConsoleSystem, ledger: Ledger, redis_url: str
) -> None:
    """Sign-ins that succeed are not failures of the address; those that failed before stay."""
    key = "chancery:attempts:address:10.9.9.8"
    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        await redis.hset(key, "failures", 48)
        for _ in range(3):
            async with system.visitor("10.9.9.8") as person:
                assert (await person.sign_in("zhang")).status_code == 200
        assert await redis.hgetall(key) == {"failures": "48"}
        await redis.hset(key, "failures", 49)
        async with system.visitor("10.9.9.8") as person:
            assert (await person.sign_in("zhang")).status_code == 200
            assert await redis.hgetall(key) == {"failures": "49"}
            assert (await person.sign_in("nobody", "guess")).status_code == 401
        async with system.visitor("10.9.9.8") as person:
            assert (await person.sign_in("zhang")).status_code == 429


async def test_the_wait_doubles_up_to_a_quarter_of_an_hour(ledger: Ledger, redis_url: str) -> None:
    waits = []
    async with Redis.from_url(redis_url) as redis:
        for _ in range(8):
            assert await ledger.accounts.begin_attempt({"x": 1}, LIMITS) == 0
            waits.append(await ledger.accounts.begin_attempt({"x": 1}, LIMITS))
            await redis.hset("chancery:attempts:x", "blocked_until", 0)
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


async def test_a_changed_password_ends_the_other_sessions(
    system: ConsoleSystem, zhang: Visitor
) -> None:
    async with system.visitor("10.0.0.3") as other:
        await other.sign_in("zhang")
        await zhang.get("/account")
        new = "a better pass phrase"
        answer = await zhang.post("/account/password", current="wrong", new=new, again=new)
        assert answer.status_code == 401
        answer = await zhang.post("/account/password", current=PASSWORD, new="short", again="short")
        assert answer.status_code == 422
        answer = await zhang.post("/account/password", current=PASSWORD, new=new, again=new)
        assert answer.status_code == 200, answer.text
        assert (await zhang.get("/account")).url.path == "/console/account"
        assert (await other.get("/account")).url.path == "/console/sign-in"
        assert (await other.sign_in("zhang")).status_code == 401
        assert (await other.sign_in("zhang", new)).status_code == 200


async def test_what_people_do_is_in_the_audit_by_account(
    system: ConsoleSystem, zhang: Visitor
) -> None:
    async with system.visitor("10.0.0.7") as guesser:
        await guesser.sign_in("zhang", "hunter2hunter2")
        await guesser.sign_in("hunter2hunter2", "x")
    await zhang.get("/account")
    await zhang.post("/sign-out")
    found = audited(system.api)
    assert [(one["action"], one["status"]) for one in found] == [
        ("session.begin", 303), ("console.open", 303), ("task.list", 200),
        ("session.begin", 401), ("account.read", 200), ("session.end", 303),
    ]  # fmt: skip
    assert {one.get("account") for one in found} == {"zhang", None}
    assert found[3]["target"] == "zhang"
    assert found[3]["problem"] == "sign-in-failed"
    assert found[0]["department"] == "tax"
    assert "hunter2" not in json.dumps(found)


async def test_the_language_is_the_browsers_until_one_is_chosen(stranger: Visitor) -> None:
    answer = await stranger.get("/sign-in")
    assert 'lang="zh-CN"' in answer.text
    english = {"accept-language": "en-GB, en;q=0.8"}
    assert 'lang="en"' in (await stranger.get("/sign-in", headers=english)).text
    answer = await stranger.get("/language?to=zh&next=/sign-in", headers=english)
    assert 'lang="zh-CN"' in answer.text


async def test_v1_knows_no_sessions(zhang: Visitor) -> None:
    problem_of(await zhang.http.get("/v1/jobs"), 401, "unauthorized")
