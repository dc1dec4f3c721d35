"""Signing in to the console at an identity provider: accounts, sessions, the audit, the health."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from jobs.accounts.oidc.attempt import Attempt
from jobs.health.report import HealthProblem, Severity
from jobs.ledger import Ledger
from jobs.model.account import Role
from jobs.process.settings import ApiSettings, ConsoleSettings, OidcSettings
from standin.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Behaviour,
    IdentityProvider,
    running_identity_provider,
)
from tests.integration.api.conftest import Api, Open
from tests.integration.api.console.conftest import PASSWORD, Visitor, hashed
from tests.integration.api.console.sign_in.test_sign_in import audited

PUBLIC = "https://chancery.test"
DISCOVERY = "/.well-known/openid-configuration"
MAPPED: dict[str, Any] = {
    "department_claim": "dept",
    "roles": {"ops": "operator", "reviewers": "reviewer"},
    "allowed_groups": ["oa"],
}


@pytest.fixture(scope="module")
def server() -> Iterator[IdentityProvider]:
    with running_identity_provider() as server:
        server.redirect_uri = f"{PUBLIC}/console/sign-in/callback"
        yield server


@pytest.fixture
def idp(server: IdentityProvider) -> Iterator[IdentityProvider]:
    server.people = {"chen": {"dept": "tax", "groups": ["oa"]}}
    server.automatic = "chen"
    yield server
    server.behaviour = Behaviour()


@asynccontextmanager
async def opened(
    open_api: Open, idp: IdentityProvider, *, local: bool = True, **oidc: Any
) -> AsyncIterator[Api]:
    settings = {
        "issuer": idp.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        **(oidc or MAPPED),
    }
    async with open_api(
        settings=ApiSettings(public_url=PUBLIC),
        console=ConsoleSettings(console_local_accounts=local),
        oidc=OidcSettings.model_validate(settings),
    ) as api:
        yield api


@asynccontextmanager
async def browser(
    api: Api, idp: IdentityProvider, address: str = "10.0.0.1"
) -> AsyncIterator[Visitor]:
    """A browser that reaches the api and, over the network, the provider."""
    transport = httpx.ASGITransport(api.app, client=(address, 1234))
    async with httpx.AsyncClient(
        transport=transport,
        mounts={idp.issuer: httpx.AsyncHTTPTransport()},
        base_url=PUBLIC,
        follow_redirects=True,
        timeout=30,
    ) as http:
        yield Visitor(http)


@pytest.fixture
async def api(open_api: Open, idp: IdentityProvider) -> AsyncIterator[Api]:
    async with opened(open_api, idp) as api:
        yield api


@pytest.fixture
async def chen(api: Api, idp: IdentityProvider) -> AsyncIterator[Visitor]:
    async with browser(api, idp) as visitor:
        yield visitor


async def test_a_person_signs_in_and_opens_the_page_that_was_asked_for(
    api: Api, chen: Visitor
) -> None:
    answer = await chen.get("/account")
    assert answer.url.path == "/console/sign-in"
    assert "/console/sign-in/provider?next=/account" in answer.text
    answer = await chen.get("/sign-in/provider?next=/account")
    assert answer.url.path == "/console/account"
    assert "chen" in answer.text
    assert "tax" in answer.text
    assert 'type="password"' not in answer.text
    cookies = answer.history[-1].headers.get_list("set-cookie")
    (session,) = [cookie for cookie in cookies if "chancery-session=" in cookie]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(session.split("; "))
    (attempt,) = [cookie for cookie in cookies if "chancery-provider=" in cookie]
    assert "Max-Age=0" in attempt
    records = audited(api)
    assert [(one["action"], one["status"], one.get("account")) for one in records] == [
        ("account.read", 303, None),
        ("session.redirect", 303, None),
        ("session.begin", 303, "chen"),
        ("account.read", 200, "chen"),
    ]
    assert records[2]["detail"] == {"by": "oidc"}


async def test_no_other_server_is_opened_after_the_sign_in(chen: Visitor) -> None:
    for target in ("//evil.test", "https://evil.test", "/..//evil.test\\", "/a" * 40):
        answer = await chen.get("/sign-in/provider", params={"next": target})
        assert answer.url.host == "chancery.test"
        assert answer.url.path == "/console/submit"


async def test_the_account_follows_the_claims_and_its_sessions_end_when_they_change(
    api: Api, idp: IdentityProvider, chen: Visitor, ledger: Ledger
) -> None:
    await chen.get("/sign-in/provider")
    async with browser(api, idp) as other:
        await other.get("/sign-in/provider")
        assert (await chen.get("/account")).url.path == "/console/account"  # nothing changed
        idp.people["chen"] = {"dept": "health", "groups": ["oa", "reviewers"]}
        answer = await other.get("/sign-in/provider")
        assert answer.url.path == "/console/records"
    account = await ledger.accounts.get("chen")
    assert account
    assert (account.department, account.role, account.password) == ("health", "reviewer", None)
    assert (await chen.get("/account")).url.path == "/console/sign-in"


@pytest.mark.parametrize(
    ("person", "refusal"),
    [
        ({"dept": "tax", "groups": []}, ("group", "用户组")),
        ({"groups": ["oa"]}, ("department", "所在的部门")),
        ({"dept": "fire", "groups": ["oa"]}, ("no-department", "尚未接入")),
        ({"preferred_username": "zhang", "dept": "tax", "groups": ["oa"]}, ("taken", "占用")),
        ({"sub": "another", "dept": "tax", "groups": ["oa"]}, ("taken", "占用")),
    ],
)
async def test_who_may_not_sign_in_is_told_why_and_the_audit_has_it(
    api: Api,
    idp: IdentityProvider,
    chen: Visitor,
    person: dict[str, Any],
    refusal: tuple[str, str],
) -> None:
    reason, text = refusal
    ledger = api.app.state.services.ledger
    await ledger.accounts.create("zhang", "tax", Role.staff, hashed())
    await chen.get("/sign-in/provider")
    chen.http.cookies.clear()
    idp.people["chen"] = person
    answer = await chen.get("/sign-in/provider")
    assert answer.status_code == 403
    assert text in answer.text
    assert (await chen.get("/account")).url.path == "/console/sign-in"
    (refused,) = [one for one in audited(api) if one["status"] == 403]
    assert refused["action"] == "session.begin"
    assert refused["problem"] == "sign-in-refused"
    assert refused["detail"] == {"by": "oidc", "reason": reason}
    assert refused["target"] == person.get("preferred_username", "chen")


async def test_a_hostile_answer_is_refused_and_is_in_the_audit(
    api: Api, idp: IdentityProvider, chen: Visitor
) -> None:
    idp.behaviour = Behaviour(claims={"nonce": "of another sign-in"})
    answer = await chen.get("/sign-in/provider")
    assert answer.status_code == 502
    assert "未通过校验" in answer.text
    assert audited(api)[-1]["detail"] == {"by": "oidc", "reason": "ID token: nonce"}
    assert (await chen.get("/account")).url.path == "/console/sign-in"


async def test_another_browser_cannot_end_a_sign_in(
    api: Api, idp: IdentityProvider, chen: Visitor
) -> None:
    begun = await chen.http.get("/console/sign-in/provider", follow_redirects=False)
    async with httpx.AsyncClient(timeout=30) as attacker:
        at_provider = await attacker.get(begun.headers["location"])
    async with browser(api, idp) as victim:
        for _ in range(2):
            answer = await victim.http.get(at_provider.headers["location"])
            assert answer.status_code == 403
            assert "本次登录已失效" in answer.text
            victim.http.cookies.set("__Host-chancery-provider", Attempt.begin("").cookie)
        assert (await victim.get("/account")).url.path == "/console/sign-in"
    assert (await chen.http.get(at_provider.headers["location"])).status_code == 200
    assert not any("code=" in json.dumps(one) for one in audited(api))


async def test_an_address_whose_sign_ins_fail_waits_and_one_that_succeeds_does_not(
    chen: Visitor, redis_url: str
) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.hset("chancery:attempts:provider:10.0.0.1", "failures", 48)
        await chen.get("/sign-in/provider")
        assert not await redis.exists("chancery:attempts:provider:10.0.0.1")
        await redis.hset("chancery:attempts:provider:10.0.0.1", "failures", 49)
        assert (await chen.get("/sign-in/callback?state=x")).status_code == 403
        assert (await chen.get("/sign-in/callback?state=x")).status_code == 429


async def test_the_sign_out_is_also_at_the_provider(chen: Visitor, idp: IdentityProvider) -> None:
    await chen.get("/sign-in/provider")
    answer = await chen.post("/sign-out")
    assert f'http-equiv="refresh" content="0; url={idp.issuer}/end?' in answer.text
    assert (await chen.get("/account")).url.path == "/console/sign-in"


async def test_while_the_provider_is_away_sessions_go_on_and_the_health_names_it(
    open_api: Open, idp: IdentityProvider, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.accounts.oidc.watch.EVERY_SECONDS", 0.05)
    monkeypatch.setattr("jobs.accounts.oidc.discovery.RETRY_SECONDS", 0.0)
    idp.behaviour = Behaviour(answers={DISCOVERY: (503, b"")})

    async def fault(api: Api, *, expected: bool) -> HealthProblem | None:
        async with asyncio.timeout(30):
            while True:
                health = await api.app.state.services.health.read()
                found = [one for one in health.problems if one.code == "provider-away"]
                if bool(found) is expected:
                    return found[0] if found else None
                await asyncio.sleep(0.05)

    async with opened(open_api, idp) as api, browser(api, idp) as visitor:
        await ledger.accounts.create("chen", "tax", Role.staff, None)
        account = await ledger.accounts.get("chen")
        assert account
        signed_in = await api.app.state.console.sign_ins.open(account)
        visitor.http.cookies.set("__Host-chancery-session", signed_in.session.token)
        answer = await visitor.get("/sign-in/provider")
        assert answer.status_code == 503
        assert "暂时无法访问" in answer.text
        assert (await visitor.get("/account")).url.path == "/console/account"
        found = await fault(api, expected=True)
        assert found
        assert (found.subject, found.severity) == (idp.issuer, Severity.warn)
        assert "HTTP 503" in found.detail
        assert found.since is not None
        (failed,) = [one for one in audited(api) if one["status"] == 503]
        assert failed["detail"] == {"by": "oidc", "reason": "HTTP 503"}
        idp.behaviour = Behaviour()
        assert await fault(api, expected=False) is None
        assert (await visitor.get("/sign-in/provider")).url.path == "/console/submit"


async def test_local_accounts_can_be_switched_off_and_their_sessions_end(
    open_api: Open, idp: IdentityProvider, ledger: Ledger
) -> None:
    async with opened(open_api, idp) as api, browser(api, idp) as visitor:
        await ledger.accounts.create("zhang", "tax", Role.staff, hashed())
        answer = await visitor.sign_in("zhang")
        assert answer.url.path == "/console/submit"
        sign_ins = api.app.state.console.sign_ins
        sign_ins.local = False
        assert (await visitor.get("/account")).url.path == "/console/sign-in"
        assert 'name="password"' not in (await visitor.get("/sign-in")).text
        token = visitor.http.cookies["__Host-chancery-form"]
        answer = await visitor.post("/sign-in", token, name="zhang", password=PASSWORD)
        assert answer.status_code == 403
        assert "已停用本地账号" in answer.text
        await visitor.get("/sign-in/provider")
        assert (await visitor.get("/account")).url.path == "/console/account"
        sign_ins.provider, provider = None, sign_ins.provider  # the settings name none any more
        assert (await visitor.get("/account")).url.path == "/console/sign-in"
        sign_ins.provider = provider


async def test_without_a_mapping_operators_create_the_accounts(
    open_api: Open, idp: IdentityProvider, ledger: Ledger
) -> None:
    async with (
        opened(open_api, idp, allowed_groups=["oa"]) as api,
        browser(api, idp) as visitor,
    ):
        answer = await visitor.get("/sign-in/provider")
        assert "还没有账号" in answer.text
        await ledger.accounts.create("chen", "tax", Role.reviewer, None)
        assert (await visitor.get("/sign-in/provider")).url.path == "/console/records"
        # The account is now that of this person: another one of the same name does not get it.
        idp.people["chen"] = {"sub": "another", "groups": ["oa"]}
        assert (await visitor.get("/sign-in/provider")).status_code == 403
        # Nobody signs in to it with a password, also not with an empty one.
        visitor.http.cookies.clear()
        for password in ("", "x"):
            assert (await visitor.sign_in("chen", password)).status_code == 401
        await ledger.accounts.set_password("chen", hashed())
        assert (await visitor.sign_in("chen")).url.path == "/console/records"
        idp.people["chen"] = {"groups": ["oa"]}
        assert "占用" in (await visitor.get("/sign-in/provider")).text


async def test_an_operator_of_the_provider_needs_no_department(
    chen: Visitor, idp: IdentityProvider
) -> None:
    idp.people["chen"] = {"groups": ["oa", "ops"]}
    assert (await chen.get("/sign-in/provider")).url.path == "/console/health"


async def test_without_a_provider_its_pages_are_not_found(open_api: Open, ledger: Ledger) -> None:
    async with open_api() as api:
        await ledger.accounts.create("zhang", "tax", Role.staff, hashed())
        for path in ("provider", "callback?state=x"):
            answer = await api.anonymous.get(f"/console/sign-in/{path}")
            assert answer.status_code == 404
